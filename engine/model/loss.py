"""Cross entropy of a hidden state's next token, without ever holding all the logits.

Logits are the largest tensor of a small model by far (tokens x vocabulary), and writing, reading and keeping them for
the backward pass costs more than the matrix products. So rows go through in chunks that fit the cache, and each
chunk's gradients are taken at once, while its probabilities are at hand; backward only scales them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

IGNORED = -100
"""A target that does not count, as in `torch.nn.functional.cross_entropy`."""

_CHUNK_VALUES = {"cpu": 1 << 20, "cuda": 1 << 26}
"""Logits held at once: 4 MiB in fp32 stays in a CPU's cache; a GPU wants larger matrices."""


def token_loss(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """The sum of the cross entropies (nats, fp32) of `targets` (N,) under logits `hidden @ weight.T`.

    hidden: (N, width); weight: (vocabulary, width). A target of `IGNORED` does not count.
    """
    kind = hidden.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype
    total: Tensor = _TokenLoss.apply(hidden, weight, targets, dtype)  # type: ignore[no-untyped-call]
    return total


class _TokenLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, dtype: torch.dtype) -> Tensor:
        """Products run in `dtype`; sums and gradients are kept in the inputs' own."""
        wants_hidden, wants_weight = ctx.needs_input_grad[:2]
        grad_hidden = torch.empty_like(hidden) if wants_hidden else None
        grad_weight = torch.zeros_like(weight) if wants_weight else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        table = weight.to(dtype)
        rows = max(1, _CHUNK_VALUES.get(hidden.device.type, 1 << 24) // weight.shape[0])
        for start in range(0, hidden.shape[0], rows):
            part, wanted = hidden[start : start + rows].to(dtype), targets[start : start + rows, None]
            counts = (wanted != IGNORED).float()
            wanted = wanted.clamp(min=0)
            scores = torch.log_softmax((part @ table.T).float(), dim=1)
            total -= (scores.gather(1, wanted) * counts).sum()
            if grad_hidden is None and grad_weight is None:
                continue
            slope = scores.exp_()  # d loss / d logits = softmax - one-hot
            slope.scatter_add_(1, wanted, slope.new_full((1, 1), -1.0).expand(wanted.shape))
            slope = slope.mul_(counts).to(dtype)
            if grad_hidden is not None:
                grad_hidden[start : start + rows] = slope @ table
            if grad_weight is not None:
                grad_weight += slope.T @ part
        ctx.save_for_backward(grad_hidden, grad_weight)
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        (slope,) = slopes
        hidden, weight = ctx.saved_tensors
        return None if hidden is None else hidden * slope, None if weight is None else weight * slope, None, None
