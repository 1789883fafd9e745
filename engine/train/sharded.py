"""FSDP2: every weight lies split by rows over the ranks, with its gradient and its optimizer state.

    forward, backward    PyTorch fetches a block's rows before it is used, and lets them go after
    update               each rank updates its rows as plain tensors: AdamW looks at nothing but its own element
    Muon                 a matrix's direction is put together, orthogonalised, and each rank takes its rows of that
    checkpoint           put together on the CPU, so that its files are those of one device

One format for all makes a checkpoint one that any number of devices can go on from, that can be frozen, hashed and
exported as it is. What it asks is a host that holds the state once, 16 bytes a weight, which one machine that trains
such a model has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor

from engine.model.devices import Device
from engine.model.transformer import GraftModel
from engine.model.weights import fit
from engine.stage import StageContext
from engine.train.parallel import Whole
from engine.train.together import AsOne, Together

T = TypeVar("T")


class Sharded(Together):
    """A model in parts. Its parameters are `DTensor`s; `learned` are this rank's rows of them, in the same memory."""

    divided = True

    def __init__(self, context: StageContext, model: GraftModel, device: Device):
        super().__init__(context)
        self._device = device.torch_device
        self._mesh = init_device_mesh(device.torch_device.type, (self.size,))
        root = AsOne(model)
        for block in model.trunk.blocks:
            fully_shard(block, mesh=self._mesh)
        self._root: FSDPModule = fully_shard(root, mesh=self._mesh)
        self._split = {name: cast(DTensor, p) for name, p in model.named_parameters()}
        self.learned: dict[str, Tensor] = {
            n: nn.Parameter(p.to_local().detach()) for n, p in self._split.items() if p.requires_grad
        }

    def whole(self, work: Whole[T], *, last: bool = True) -> T:
        self._root.set_requires_gradient_sync(last)
        result: T = cast(Any, self._root)(work)
        if not torch.is_grad_enabled():  # the root keeps its own weights for a backward pass that will not come
            self._root.reshard()
        return result

    def gradients(self) -> None:
        for name, rows in self.learned.items():
            whole = self._split[name]
            rows.grad = None if whole.grad is None else cast(DTensor, whole.grad).to_local()
            whole.grad = None

    def clip(self, most: float) -> Tensor:
        own = torch.nn.utils.get_total_norm([r.grad for r in self.learned.values() if r.grad is not None])
        squares = own.square()
        dist.all_reduce(squares)
        norm = squares.sqrt()
        torch.nn.utils.clip_grads_with_norm_(self.learned.values(), most or math.inf, norm)
        return norm

    def weights(self) -> dict[str, Tensor]:
        return {name: self.gathered(name, p.to_local()) for name, p in self._split.items()}

    def take(self, weights: dict[str, Tensor], where: Path) -> None:
        fit(self._split, weights, where)
        with torch.no_grad():
            for name, p in self._split.items():
                p.to_local().copy_(self.part(name, weights[name]))

    def gathered(self, name: str, value: Tensor) -> Tensor:
        if not value.ndim:
            return value  # a counter, the same on all
        whole = self._together(name, value)
        return whole.cpu() if self.rank == 0 else value

    def part(self, name: str, value: Tensor) -> Tensor:
        if not value.ndim:
            return value
        rows = value.chunk(self.size)
        return rows[self.rank] if self.rank < len(rows) else value[:0]

    def through(self, name: str, value: Tensor, work: Callable[[Tensor], Tensor]) -> Tensor:
        return self.part(name, work(self._together(name, value)))

    def _together(self, name: str, value: Tensor) -> Tensor:
        """This rank's rows and the others'."""
        like = self._split[name]
        rows = DTensor.from_local(
            value.detach().to(self._device), self._mesh, like.placements, shape=like.shape, stride=like.stride()
        )
        return rows.full_tensor()
