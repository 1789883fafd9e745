"""PyTorch's Muon, made fit for processors that do not multiply in bf16.

`torch.optim.Muon` orthogonalises in bf16 whatever the device. Without bf16 instructions that is emulated: measured with
AVX2 on one core, 434 ms a step for 0.7 M matrix weights, twice what the rest of the step takes. In fp32 it is 24 ms.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engine.model.devices import multiplies_bf16

Work = Callable[[Tensor], Tensor]


class Muon(torch.optim.Muon):
    """Where a run's products are in bf16, and fast so, this is PyTorch's own step; else the same in fp32."""

    # Unwrapped: the wrapper would import torch._dynamo (1.3 s) only to mark the method for the compiler to skip.
    add_param_group: Any = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    in_bf16 = True
    """Whether the run's products are. In fp32 nobody wants rounding that makes the last bits of a gradient visible."""
    through: Callable[[Tensor, Tensor, Work], Tensor] | None = None
    """Where parameters are rows of matrices that lie elsewhere too: (parameter, rows, work) -> the same rows of
    work(matrix)."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            if self.through is None and self.is_fast(group["params"][0]):
                super().step()  # type: ignore[no-untyped-call]
                return
            self.step_in_full(group)

    def is_fast(self, matrix: Tensor) -> bool:
        return self.in_bf16 and multiplies_bf16(matrix.device)

    def step_in_full(self, group: dict[str, Any]) -> None:
        """One update of a group: momentum, orthogonalise, decay, move."""
        coefficients, iterations = group["ns_coefficients"], group["ns_steps"]

        def direction(matrix: Tensor) -> Tensor:
            found = orthogonal(matrix.bfloat16() if self.is_fast(matrix) else matrix, coefficients, iterations)
            return found.to(matrix.dtype) * float(max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5)

        for p in group["params"]:
            if p.grad is None:
                continue
            momentum = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
            momentum.lerp_(p.grad, 1 - group["momentum"])
            ahead = p.grad.lerp(momentum, group["momentum"])
            move = direction(ahead) if self.through is None else self.through(p, ahead, direction)
            p.mul_(1 - group["lr"] * group["weight_decay"])
            p.add_(move, alpha=-group["lr"])


def orthogonal(matrix: Tensor, coefficients: tuple[float, float, float], iterations: int) -> Tensor:
    """About the nearest matrix with singular values near 1, by Newton-Schulz (Jordan 2024); in the input's type."""
    a, b, c = coefficients
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp(min=1e-7)  # spectral norm at most 1, which the iteration needs
    for _ in range(iterations):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x
