"""Lines as braille: each cell of the terminal holds 2 x 4 dots, so a plot is twice as fine across and four times down.

`trace` turns decimated columns into dots, `codes` packs dots into characters (U+2800 plus the code).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tui.widgets.decimate import Floats, Ints, Spans

BLANK = 0x2800
_BITS = [0, 1, 2, 4, 5, 6, 3, 7]
"""Dots of a cell, down the left column and then the right, in the order of their bits in the code."""


def trace(spans: Spans, low: float, high: float, columns: int, rows: int) -> NDArray[np.bool_]:
    """Dots (rows, columns), row 0 at the top and at `high`. Columns between two joined points are bridged."""
    dots = np.zeros((rows, columns), np.bool_)
    if not len(spans.at) or high <= low:
        return dots
    where = np.arange(spans.at[0], spans.at[-1] + 1)
    here = np.searchsorted(spans.at, where, side="right") - 1  # the newest span at or before each column
    held = spans.at[here] == where
    after = np.minimum(here + 1, len(spans.at) - 1)
    share = (where - spans.at[here]) / np.maximum(1, spans.at[after] - spans.at[here])
    between = spans.last[here] + (spans.first[after] - spans.last[here]) * share
    shown = held | spans.joined[after]

    def row(y: Floats) -> Ints:
        found: Ints = np.clip(np.rint((high - y) / (high - low) * (rows - 1)), -rows, 2 * rows).astype(np.int64)
        return found

    enter, leave = row(np.where(held, spans.first[here], between)), row(np.where(held, spans.last[here], between))
    top, bottom = row(np.where(held, spans.high[here], between)), row(np.where(held, spans.low[here], between))
    joined = shown[:-1] & shown[1:] & np.where(held[1:], spans.joined[here[1:]], True)
    _bridge(enter, leave, top, bottom, joined)
    line = np.arange(rows)[:, None]
    dots[:, where] = (line >= top) & (line <= bottom) & shown
    return dots


def _bridge(enter: Ints, leave: Ints, top: Ints, bottom: Ints, joined: NDArray[np.bool_]) -> None:
    """Lengthen neighbouring columns towards each other by half of the rows missing between them, in place."""
    step = enter[1:] - leave[:-1]
    missing = np.where(joined, np.maximum(np.abs(step) - 1, 0), 0) * np.sign(step)
    mine = np.trunc(missing / 2).astype(np.int64)
    rest = missing - mine
    reach, meet = leave[:-1] + mine, enter[1:] - rest
    top[:-1], bottom[:-1] = np.minimum(top[:-1], reach), np.maximum(bottom[:-1], reach)
    top[1:], bottom[1:] = np.minimum(top[1:], meet), np.maximum(bottom[1:], meet)


def codes(dots: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Dots (4 rows, 2 columns per cell) as one code a cell: 0 where no dot is."""
    rows, columns = dots.shape
    cells = dots.reshape(rows // 4, 4, columns // 2, 2).transpose(0, 2, 3, 1).reshape(rows // 4, columns // 2, 8)
    packed: NDArray[np.uint8] = np.packbits(cells[:, :, _BITS], axis=2, bitorder="little")[:, :, 0]
    return packed
