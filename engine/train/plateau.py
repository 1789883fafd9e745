"""When held-out loss is flat: `patience` looks in a row without enough gain over the best so far."""

from __future__ import annotations

from msgspec import Struct


class Plateau(Struct, kw_only=True):
    """The detector, which is also its own saved state."""

    patience: int
    """Looks without enough gain before the loss counts as flat; 0: it never does."""
    min_gain: float
    """Smallest fall, relative to the best, that counts. The best stays put until one comes, so that many small
    gains add up to one that counts."""
    best: float | None = None
    since: int = 0
    """Looks since the last gain."""

    def look(self, loss: float) -> bool:
        """Take in one held-out loss; True when it has flattened. Not-a-number is no gain."""
        if self.best is None or loss <= self.best - self.min_gain * abs(self.best):
            gained = loss == loss
        else:
            gained = False
        if gained:
            self.best, self.since = loss, 0
        else:
            self.since += 1
        return 0 < self.patience <= self.since
