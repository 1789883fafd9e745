"""Which cells of a picture differ from the last one: over SSH only those are worth sending."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip


def strips(rows: Sequence[Sequence[Segment]], width: int, old: Sequence[Strip]) -> list[Strip]:
    """Rows of `width` cells as strips. A row that is as before stays the strip it was, with all that was made of it."""
    if len(old) != len(rows):
        return [Strip(row, width) for row in rows]
    return [was if list(was) == row else Strip(row, width) for row, was in zip(rows, old, strict=True)]


def changed(old: Sequence[Strip], new: Sequence[Strip]) -> list[Region]:
    """One region a row that differs, as narrow as it can be. Both pictures have as many rows."""
    found = []
    for y, (before, after) in enumerate(zip(old, new, strict=True)):
        if before is not after and before != after:
            left = _same(list(before), list(after))
            right = _same(list(before)[::-1], list(after)[::-1], backwards=True)
            width = max(before.cell_length, after.cell_length) - left - right
            if width > 0:
                found.append(Region(left, y, width, 1))
    return found


def _same(before: Sequence[Segment], after: Sequence[Segment], *, backwards: bool = False) -> int:
    """Cells that both begin with; `backwards`: that both end with, the segments given last first."""
    cells = 0
    for a, b in zip(before, after, strict=False):
        if a == b:
            cells += a.cell_length
            continue
        if a.style == b.style:
            one, other = (a.text[::-1], b.text[::-1]) if backwards else (a.text, b.text)
            alike = (n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y)
            cells += cell_len(one[: next(alike, min(len(one), len(other)))])
        break
    return cells
