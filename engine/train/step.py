"""One optimizer step: batch -> loss -> backward -> clip -> update.

A step is a pure function of the weights, the optimizers' state, the seed and its number; and nothing in it waits for
a GPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.model.devices import Device
from engine.model.transformer import GraftModel
from engine.train.optim import Optimizers
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
    """A model, what it learns, and what updates it."""

    def __init__(self, model: GraftModel, task: Task, train: TrainConfig, seed: int, device: Device):
        self.model, self.task, self.train = model, task, train
        self.seed, self.device = seed, device
        self.optimizers = Optimizers(model, train)
        self.learned = [p for p in model.parameters() if p.requires_grad]

    def step(self, number: int, factor: float, allow: Callable[[Stepped], bool]) -> Stepped:
        """Step `number` (from 1), at `factor` times the peak learning rates; no update unless `allow` says so."""
        # A step's randomness depends on seed and step alone, so there is no generator to save.
        self.device.seed((self.seed << 32) + number)
        loss, tokens = self.gradients(number)
        # Without clipping the norm is still taken, against infinity: it is worth seeing, and costs 1 % of a step.
        norm = torch.nn.utils.clip_grad_norm_(self.learned, self.train.clip or math.inf)
        stepped = Stepped(loss, norm, tokens)
        if allow(stepped):
            self.optimizers.step(factor)
        self.optimizers.drop_gradients()
        return stepped

    def gradients(self, number: int) -> tuple[Tensor, int]:
        """Leave the gradient of the step's mean loss in the parameters; the loss, and the tokens read for it."""
        size = self.train.rows
        parts = self.train.batch // size
        total, targets, tokens = torch.zeros((), device=self.device.torch_device), 0, 0
        for part in range(parts):
            batch = self.task.batch((number - 1) * self.train.batch + part * size, size)
            with self.device.autocast():
                loss, count = self.task.loss(self.model, batch)
            (loss / count if parts == 1 else loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            targets += count
            tokens += self.task.tokens(batch)
        if parts > 1:
            for p in self.learned:
                if p.grad is not None:
                    p.grad.div_(targets)
        return total / targets, tokens

    def is_sound(self) -> bool:
        """Whether every learned weight is a number."""
        return all(bool(p.isfinite().all()) for p in self.learned)
