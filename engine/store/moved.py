"""What ingest has changed since somebody last looked: by these ids alone, what is kept in memory is brought level."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Moved:
    runs: set[str] = field(default_factory=set)
    """Run ids: new, changed or gone."""
    labels: set[str] = field(default_factory=set)
    """What was noted or tagged."""
    scored: set[str] = field(default_factory=set)
    """Models that were evaluated."""
    made: bool = True
    """Models or corpora came, went or changed."""
    everything: bool = True
    """Nothing is known of what changed: after opening, and after a transaction that was rolled back."""

    def __bool__(self) -> bool:
        return bool(self.runs or self.labels or self.scored or self.made or self.everything)

    def settle(self) -> None:
        """Forget it: somebody has looked."""
        self.runs, self.labels, self.scored = set(), set(), set()
        self.made = self.everything = False
