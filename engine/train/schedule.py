"""The learning rate: warmup, then constant, then a decay that begins when somebody says so.

    1 |    ______________________
      |   /                      \\
      |  /                        \\
      | /                          \\
    0 |/____________________________\\___
       warmup      constant        decay

The decay begins at the plateau, or early enough to end at the step limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.schema import TrainConfig


@dataclass(frozen=True)
class Schedule:
    """Steps count from 1: `factor(s)` is for the update that ends step s."""

    warmup: int
    decay: float
    """Length of the decay, as a share of the steps before it."""
    final: float
    limit: int
    """The step limit."""

    @classmethod
    def of(cls, train: TrainConfig, limit: int) -> Schedule:
        return cls(train.warmup, train.decay, train.final_lr, limit)

    @property
    def latest_start(self) -> int:
        """The step after which the decay must begin to end at the limit."""
        return max(1, round(self.limit / (1 + self.decay))) if self.decay else self.limit

    def end(self, decay_start: int | None) -> int:
        """The last step of a run whose decay begins after `decay_start` (None: not yet decided)."""
        if decay_start is None or decay_start >= self.latest_start:
            return self.limit
        return decay_start + round(self.decay * decay_start)

    def factor(self, step: int, decay_start: int | None) -> float:
        """The share of the peak learning rate at `step`."""
        warm = min(1.0, step / self.warmup) if self.warmup else 1.0
        if decay_start is None or step <= decay_start:
            return warm
        length = self.end(decay_start) - decay_start
        progress = min(1.0, (step - decay_start) / (length + 1))
        return warm * (1.0 - (1.0 - self.final) * progress)
