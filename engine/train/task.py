"""What a task owes the training loop: its batches, their loss, and a look at held-out data."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from engine.model.transformer import GraftModel


class Task(Protocol):
    """What is learned, from what."""

    steps_per_epoch: float
    """Batches in one pass over the training data."""

    def batch(self, first: int, size: int) -> Any:
        """`size` training items, from the run's `first` on (0, size, 2 size ...; epochs follow each other).

        A pure function of the task's seed and `first`: so the data position IS the step.
        """

    def loss(self, model: GraftModel, batch: Any) -> tuple[Tensor, int]:
        """The SUM of the losses (nats) of a batch's targets, and how many targets there are (0: none)."""

    def tokens(self, batch: Any) -> int:
        """Tokens that the model reads in a batch, padding left out."""

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Held-out measurements, without gradients. Must hold `heldout_loss`: the mean per target in nats."""
