"""One optimizer step: batch -> loss -> backward -> clip -> update.

A step is a pure function of the weights, the optimizers' state, the seed and its number; and nothing in it waits for
a GPU. Several ranks each take their share of its batch, and make the same update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.model.devices import Device
from engine.model.transformer import GraftModel
from engine.train.optim import Optimizers
from engine.train.parallel import Parallel
from engine.train.task import Task


@dataclass(frozen=True)
class Stepped:
    """What one step did. Tensors are still on the device."""

    loss: Tensor
    """Mean over the step's targets, nats; before the update."""
    norm: Tensor
    """Of the gradient, before clipping."""
    tokens: int
    """That the model read, padding left out."""


class Stepper:
    """What learns, what from, and what updates it."""

    def __init__(
        self, parallel: Parallel, model: GraftModel, task: Task, train: TrainConfig, seed: int, device: Device
    ):
        self.parallel, self.model, self.task, self.train = parallel, model, task, train
        self.seed, self.device = seed, device
        self.optimizers = Optimizers(parallel, train, device.dtype)

    def step(self, number: int, factor: float, allow: Callable[[Stepped], bool]) -> Stepped:
        """Step `number` (from 1), at `factor` times the peak learning rates; no update unless `allow` says so."""
        loss, tokens = self.gradients(number)
        stepped = Stepped(loss, self.parallel.clip(self.train.clip), tokens)
        if allow(stepped):
            self.optimizers.step(factor)
        self.optimizers.drop_gradients()
        return stepped

    def gradients(self, number: int) -> tuple[Tensor, int]:
        """Leave the gradient of the step's mean loss with what learns; the loss, and the tokens read for it."""
        share, size = self.train.share, self.train.rows
        first = (number - 1) * self.train.batch + self.parallel.rank * share
        at_once = size == self.train.batch
        total, targets, tokens = torch.zeros((), device=self.device.torch_device), 0, 0
        for at in range(first, first + share, size):
            # A micro-batch's randomness depends on seed and place alone: there is no generator to save, and it is the
            # same whichever rank it falls to.
            self.device.seed((self.seed << 32) + at)
            loss, count, read = self.forward(at, size, last=at + size == first + share)
            (loss / count if at_once else loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            targets, tokens = targets + count, tokens + read
        total, targets, tokens = self.parallel.sum(total, targets, tokens)
        self.parallel.gradients()
        if not at_once:
            for p in self.parallel.learned.values():
                if p.grad is not None:
                    p.grad.div_(targets / self.parallel.size)  # they are means over the ranks
        return total / targets, tokens

    def forward(self, first: int, size: int, *, last: bool) -> tuple[Tensor, int, int]:
        """The summed loss of so many sequences, how many targets they have, and how many tokens were read."""
        batch = self.task.batch(first, size)
        with self.device.autocast():
            loss, count = self.parallel.whole(lambda model: self.task.loss(model, batch), last=last)
        return loss, count, self.task.tokens(batch)

    def look(self) -> dict[str, float]:
        """Held-out measurements, the same on all ranks."""
        with torch.no_grad(), self.device.autocast():
            return self.parallel.same(self.parallel.whole(self.task.heldout))

    def is_sound(self) -> bool:
        """Whether every learned weight is a number."""
        return self.parallel.agree(all(bool(p.isfinite().all()) for p in self.parallel.learned.values()))
