"""The optimizers: Muon for the matrices inside the blocks, AdamW for all else; or AdamW alone.

PyTorch's own optimizers do the arithmetic. The first one that is built would import `torch._dynamo` (1.3 s, for
nothing here: it only marks methods for the compiler to skip), so the marked methods are taken unwrapped.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.train.muon import Muon
from engine.train.parallel import Held

_add_group: Any = inspect.unwrap(torch.optim.Optimizer.add_param_group)


class _AdamW(torch.optim.AdamW):
    add_param_group = _add_group
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


class Optimizers:
    """What updates a model's trainable weights, as one thing with one state."""

    def __init__(self, held: Held, train: TrainConfig, dtype: torch.dtype = torch.float32):
        """`dtype`: of the run's products."""
        self._held, learned = held, held.learned
        muon = {n: p for n, p in learned.items() if train.optimizer == "muon" and p.ndim == 2 and ".blocks." in n}
        rest = {n: p for n, p in learned.items() if n not in muon}
        # Norm gains and biases are not decayed: pulling them to zero says nothing about complexity.
        groups = [
            {"params": [p for p in rest.values() if p.ndim >= 2], "weight_decay": train.weight_decay},
            {"params": [p for p in rest.values() if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.names: dict[Tensor, str] = {p: n for n, p in learned.items()}
        self.parts: list[tuple[torch.optim.Optimizer, float]] = []
        if groups := [g for g in groups if g["params"]]:
            fused = all(p.device.type in ("cpu", "cuda", "mps") for p in rest.values())
            adamw = _AdamW(groups, lr=train.lr, betas=(train.beta1, train.beta2), eps=1e-10, fused=fused)
            self.parts.append((adamw, train.lr))
        self.has_muon = bool(muon)
        if muon:
            matrices = Muon(muon.values(), lr=train.muon_lr, momentum=0.95, weight_decay=train.weight_decay)
            matrices.in_bf16 = dtype == torch.bfloat16
            if held.divided:
                matrices.through = lambda p, matrix, work: held.through(self.names[p], matrix, work)
            self.parts.append((matrices, train.muon_lr))

    def rates(self, train: TrainConfig, factor: float) -> dict[str, float]:
        """The learning rates at `factor` times their peaks, by the names that they have in a journal."""
        peaks = {"lr": train.lr, "muon_lr": train.muon_lr if self.has_muon else 0.0}
        return {name: peak * factor for name, peak in peaks.items() if peak}

    def step(self, factor: float) -> None:
        """Update the weights at `factor` times the peak learning rates."""
        for optimizer, peak in self.parts:
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
            optimizer.step()

    def drop_gradients(self) -> None:
        for p in self.names:
            p.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """The whole state, by `<parameter>/<what>`."""
        gathered = self._held.gathered
        return {f"{self.names[p]}/{what}": gathered(self.names[p], value) for p, what, value in self._state()}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take the state that `tensors` gave."""
        for optimizer, _ in self.parts:
            for group in optimizer.param_groups:
                for p in group["params"]:
                    own = f"{self.names[p]}/"
                    state = {n.removeprefix(own): t for n, t in tensors.items() if n.startswith(own)}
                    # AdamW's step counter stays where fused kernels want it: with the parameter.
                    part = {n: self._held.part(self.names[p], t) for n, t in state.items()}
                    optimizer.state[p] = {n: t.to(p.device, copy=True) for n, t in part.items()}

    def _state(self) -> Iterator[tuple[Tensor, str, Tensor]]:
        for optimizer, _ in self.parts:
            for p, values in optimizer.state.items():
                for what, value in values.items():
                    yield p, what, value
