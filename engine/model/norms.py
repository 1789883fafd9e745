"""RMSNorm (Zhang and Sennrich 2019): x / rms(x) * gain, over the last dimension, and its gradient in six passes.

PyTorch has a fused kernel for GPUs alone: on a CPU it takes a dozen small operations and as many to differentiate them.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RMSNorm(nn.RMSNorm):
    """PyTorch's, with the gain in the input's type: a mixture of two would leave the fused kernel."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.weight is not None
        gain = self.weight.type_as(x)
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        if x.device.type != "cpu" or not torch.is_grad_enabled():
            return F.rms_norm(x, tuple(self.normalized_shape), gain, eps)
        out: Tensor = _RMSNorm.apply(x, gain, eps)  # type: ignore[no-untyped-call]
        return out


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
        scale = length.square_().div_(x.shape[-1]).add_(eps).rsqrt_().to(x.dtype)
        unit = x * scale
        ctx.save_for_backward(unit, scale, gain)
        out: Tensor = unit * gain
        return out

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, None]:
        """With u = x * scale: d/du = slope * gain, and what points along u is lost, since u has no length to change."""
        unit, scale, gain = ctx.saved_tensors
        (slope,) = slopes
        along = slope * unit
        grad_gain = along.flatten(0, -2).sum(0)
        lost = (along @ gain).unsqueeze(-1).div_(unit.shape[-1])
        grad = torch.addcmul(slope * gain, unit, lost, value=-1).mul_(scale)
        return grad, grad_gain, None
