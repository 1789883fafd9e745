"""Looking tokens up in a table that also scores the vocabulary: its gradient is there already when this one comes.

The head's gradient is of the whole table. The lookup's touches the rows of this step's tokens alone, so it is given as
those rows, which autograd adds into the head's in place; PyTorch's own would be a second whole table, mostly zeros.
Measured on one core at a vocabulary of 50,304 and width 384: 13 ms a step for 38.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def look_up(tokens: Tensor, table: Tensor) -> Tensor:
    """tokens (..) -> (.., width). The table's gradient must have another, dense part."""
    if table.device.type != "cpu" or not torch.is_grad_enabled():
        return F.embedding(tokens, table)
    out: Tensor = _LookUp.apply(tokens, table)  # type: ignore[no-untyped-call]
    return out


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tokens: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(tokens)
        ctx.shape = table.shape
        return F.embedding(tokens, table)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[None, Tensor]:
        (tokens,), (slope,) = ctx.saved_tensors, slopes
        rows, places = tokens.unique(return_inverse=True)
        values = slope.new_zeros(len(rows), slope.shape[-1]).index_add_(0, places.flatten(), slope.flatten(0, -2))
        return None, torch.sparse_coo_tensor(rows[None], values, ctx.shape, is_coalesced=True, check_invariants=False)
