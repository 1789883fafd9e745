"""What a task owes the training loop: its batches, their loss, and a look at held-out data."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from torch import Tensor

from engine.model.transformer import GraftModel


class Item(NamedTuple):
    """One training item as people can find it again."""

    place: int
    """In the training data, in the task's units."""
    tokens: tuple[int, ...]
    """As the model reads them, padding left out."""


class Task(Protocol):
    """What is learned, from what."""

    source: str
    """The training data: a corpus, or a file."""
    unit: Literal["token", "line"]
    """What places in it are counted in."""

    steps_per_epoch: float
    """Batches in one pass over the training data."""

    def batch(self, first: int, size: int) -> Any:
        """`size` training items, from the run's `first` on (0, size, 2 size ...; epochs follow each other).

        A pure function of the task's seed and `first`: so the data position IS the step.
        """

    def items(self, first: int, size: int) -> list[Item]:
        """The same items as `batch`, to be looked at."""

    def loss(self, model: GraftModel, batch: Any) -> tuple[Tensor, int]:
        """The SUM of the losses (nats) of a batch's targets, and how many targets there are (0: none)."""

    def tokens(self, batch: Any) -> int:
        """Tokens that the model reads in a batch, padding left out."""

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Held-out measurements, without gradients. Must hold `heldout_loss`: the mean per target in nats."""
