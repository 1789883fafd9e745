"""What could not be read of a source: counted, the first of it kept to look at, and refused beyond a tolerance.

    reader finds a bad record -> Tally.skip -> Damage (for the report), or an InputError

A damaged record is one that holds no document: a line that is no JSON, a text that is no UTF-8, a row without the
field. A packed file that breaks off counts as one, and what came before the break is kept.
"""

from __future__ import annotations

from msgspec import Struct, field

from engine.errors import InputError

AGAIN = "fetch or write the file again"
"""What to do about a broken file."""
_SAMPLES = 20
_DENSER = 4
"""A source is refused before its end when even records so many times as dense in what is left could not make up for
the damage found so far."""


class BrokenFile(Exception):
    """A file's bytes cannot be had from here on: its packing is damaged, or it is cut off."""


class DamagedRecord(Struct, frozen=True):
    """One of the first that were skipped."""

    place: str
    """`FILE:LINE`, or the file."""
    problem: str


class Damage(Struct):
    """What was read of one source so far, and how much of it had to be skipped."""

    records: int = 0
    """All of them, damaged or not."""
    damaged: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    """Damaged records by what is wrong with them."""
    samples: list[DamagedRecord] = field(default_factory=list)
    """The first ones."""
    read: int = 0
    """Bytes of its files that are gone through, packed as they are."""


class Tally:
    """Keeps a source's `Damage` while it is read. Every reader of a file is given it."""

    def __init__(self, damage: Damage, tolerance: float, size: int, done: int = 0):
        """`size`: bytes of all the source's files, packed as they are; `done`: of those that are passed over."""
        self.damage, self.tolerance = damage, tolerance
        self._size, self._before = size, done
        damage.read = done
        self._fix = ""

    def consumed(self, size: int) -> None:
        """So many more bytes of a file, packed as they are, have been gone through."""
        self.damage.read += size

    def file_done(self, size: int) -> None:
        """A file of so many bytes is gone through, or given up."""
        self._before += size
        self.damage.read = self._before

    def skip(self, place: str, problem: str, *, fix: str, detail: str = "", records: int = 1) -> None:
        """Pass over damaged records. Raises `InputError` once it is certain that there are too many.

        `problem` names the kind, such as "not JSON"; `detail` says more about this one.
        """
        damage = self.damage
        damage.records += records
        damage.damaged += records
        damage.problems[problem] = damage.problems.get(problem, 0) + records
        self._fix = self._fix or fix
        if len(damage.samples) < _SAMPLES:
            damage.samples.append(DamagedRecord(place, f"{problem}: {detail}" if detail else problem))
        if not self.tolerance or damage.damaged > self.tolerance * self._most():
            self._refuse()

    def finish(self) -> None:
        """The source has ended. Raises `InputError` if too much of it was damaged."""
        if self.damage.damaged > self.tolerance * self.damage.records:
            self._refuse()

    def _most(self) -> float:
        """How many records the source can have, judged by those in the bytes read so far."""
        read = self.damage.read
        return _DENSER * self.damage.records * self._size / read if read else float("inf")

    def _refuse(self) -> None:
        damage, first = self.damage, self.damage.samples[0]
        problem, fix = first.problem, self._fix or "mend it"
        if self.tolerance:
            share = f"{damage.damaged:,} of {damage.records:,} records are damaged"
            problem += f"; {share}, more than the {self.tolerance * 100:.4g} % that is tolerated"
            fix += ", or raise this source's `tolerance`"
        raise InputError(problem, where=first.place, fix=fix)
