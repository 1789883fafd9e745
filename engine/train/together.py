"""Several ranks that share each step: PyTorch's DDP, or FSDP2 with every weight split by rows.

    ddp    model on every rank     gradients averaged while backward goes on      every rank makes the same update
    fsdp   rows of every weight    weights fetched and let go block by block,     every rank updates its rows
           on every rank           gradients scattered back to their rows

Two channels: tensors on the devices go by NCCL (on the CPU by Gloo); counts, wishes and waiting always by Gloo, so that
no GPU has to be waited for. Loaded only in runs that have several ranks.
"""

from __future__ import annotations

import gc
import warnings
from contextlib import nullcontext
from datetime import timedelta
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from engine.config.schema import TrainConfig
from engine.errors import MachineError
from engine.model.devices import Device
from engine.model.transformer import GraftModel
from engine.stage import StageContext
from engine.train.parallel import Parallel, Undivided, Whole

T = TypeVar("T")
_PATIENCE = timedelta(hours=1)
"""A large checkpoint is written while the others wait. Nobody waits so long for the dead: torchrun ends the run."""


def together(context: StageContext, model: GraftModel, train: TrainConfig, device: Device) -> Parallel:
    """Join the other ranks. Raises `MachineError` when there is no device for this one."""
    kind = device.torch_device.type
    if kind == "cuda":
        if torch.cuda.device_count() < context.ranks:
            have = torch.cuda.device_count()
            problem = f"train.devices asks for {context.ranks} and {have} are here (lower it)"
            raise MachineError(f"{context.folder.config}: {problem}")
        torch.cuda.set_device(context.rank)
    if not dist.is_initialized():
        dist.init_process_group("cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo", timeout=_PATIENCE)
    if train.parallel == "fsdp":
        from engine.train.sharded import Sharded

        return Sharded(context, model, device)
    return Copies(context, model.to(device.torch_device))


class AsOne(nn.Module):
    """A model whose every use is a forward pass of one module: the wrappers gather weights and gradients around it."""

    def __init__(self, model: GraftModel):
        super().__init__()
        self.model = model

    def forward(self, work: Whole[T]) -> T:
        return work(self.model)


class Together:
    """What both ways share."""

    def __init__(self, context: StageContext):
        self._context = context
        self.rank, self.size = context.rank, context.ranks
        self.stop_asked = self.checkpoint_asked = False

    def sum(self, loss: Tensor, targets: int, tokens: int) -> tuple[Tensor, int, int]:
        """The wishes that signals left on some rank come along: all see them after the same step."""
        context = self._context
        counts = torch.tensor([targets, tokens, context.stop_asked, context.checkpoint_asked])
        dist.all_reduce(counts)
        dist.all_reduce(loss)
        targets, tokens, stop, checkpoint = (int(count) for count in counts)
        self.stop_asked, self.checkpoint_asked = stop > 0, checkpoint > 0
        return loss, targets, tokens

    def agree(self, sound: bool) -> bool:
        unsound = torch.tensor([not sound], dtype=torch.int64)
        dist.all_reduce(unsound)
        return int(unsound) == 0

    def same(self, values: dict[str, float]) -> dict[str, float]:
        numbers = torch.tensor(list(values.values()), dtype=torch.float64)
        dist.broadcast(numbers, 0)
        return dict(zip(values, numbers.tolist(), strict=True))

    def wait(self) -> None:
        dist.all_reduce(torch.zeros(1))  # on the CPU; a barrier would be a GPU's

    def leave(self) -> None:
        self.wait()
        dist.destroy_process_group()


class Copies(Together, Undivided):
    """DDP: the whole model on every rank."""

    def __init__(self, context: StageContext, model: GraftModel):
        Together.__init__(self, context)
        Undivided.__init__(self, model)
        # After its first step DDP lays its buckets out anew. Of three numbers or more the order of adding then changes,
        # and with it the last bits: a resumed run would differ. With this it keeps the first layout.
        steady = self.size > 2
        if steady:
            warnings.filterwarnings("ignore", message="find_unused_parameters=True was specified")
        self._wrapped = DistributedDataParallel(
            AsOne(model), forward_sync_buffers=False, gradient_as_bucket_view=True, find_unused_parameters=steady
        )

    def whole(self, work: Whole[T], *, last: bool = True) -> T:
        if not torch.is_grad_enabled():
            return work(self._model)
        with nullcontext() if last else self._wrapped.no_sync():
            return cast(T, self._wrapped(work))

    def leave(self) -> None:
        """The wrapper goes first. Were it the last to hold the group, its end would wait, with Python's lock in hand,
        for Gloo's thread, which needs that lock to let its last tensors go: now and then a finished run hung for ever.
        """
        self.wait()
        del self._wrapped
        gc.collect()
        dist.destroy_process_group()
