"""Lines as braille: each cell of the terminal holds 2 x 4 dots, so a plot is twice as fine across and four times down.

    decimated columns  ->  trace  ->  a bar of dots a column  ->  codes  ->  characters (U+2800 plus the code)

No dot is ever made by itself: how far a bar reaches into a cell says which of the cell's dots it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.widgets.decimate import Floats, Ints, Spans

BLANK = 0x2800
_LEFT, _RIGHT = (0, 1, 2, 6), (3, 4, 5, 7)
"""The bits of a cell's dots, down its left and its right column."""


def _table(bits: tuple[int, ...]) -> NDArray[np.uint8]:
    """Codes by how many of a column's dots are above a bar, and how many down to its end; at 5 * above + end."""
    reached = [sum(1 << bit for bit in bits[above:end]) for above in range(5) for end in range(5)]
    return np.array(reached, np.uint8)


_LEFT_CODES, _RIGHT_CODES = _table(_LEFT), _table(_RIGHT)


@dataclass(frozen=True)
class Bars:
    """The dots of each column: from row `top` down to row `bottom`, row 0 being the highest; `top` below: none."""

    top: Ints
    bottom: Ints

    def kept(self, columns: NDArray[np.bool_]) -> Bars:
        """Those of some columns only."""
        return Bars(self.top, np.where(columns, self.bottom, -1))


def trace(spans: Spans, low: float, high: float, columns: int, rows: int) -> Bars:
    """The line between `low`, the lowest of `rows`, and `high`. Columns between two joined points are bridged."""
    bars = Bars(np.full(columns, rows), np.full(columns, -1))
    if not len(spans.at) or high <= low:
        return bars
    values, shown, joined = _filled(spans)
    dots = np.clip(np.rint((high - values) / (high - low) * (rows - 1)), -rows, 2 * rows).astype(np.int64)
    enter, leave, top, bottom = dots
    _bridge(enter, leave, top, bottom, joined)
    where = slice(int(spans.at[0]), int(spans.at[-1]) + 1)
    bars.top[where], bars.bottom[where] = top, np.where(shown, bottom, -1)
    return bars


def _filled(spans: Spans) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each column from the first point on: first, last, highest and lowest value; is there a line; is it one with
    the column before, for all but the first.
    """
    values = np.stack([spans.first, spans.last, spans.high, spans.low])
    where = np.arange(spans.at[0], spans.at[-1] + 1)
    if len(where) == len(spans.at):
        return values, np.ones(len(where), np.bool_), spans.joined[1:]
    here = np.searchsorted(spans.at, where, side="right") - 1  # the newest span at or before each column
    held = spans.at[here] == where
    after = np.minimum(here + 1, len(spans.at) - 1)
    share = (where - spans.at[here]) / np.maximum(1, spans.at[after] - spans.at[here])
    between = spans.last[here] + (spans.first[after] - spans.last[here]) * share
    shown = held | spans.joined[after]
    joined = shown[:-1] & shown[1:] & np.where(held[1:], spans.joined[here[1:]], True)
    return np.where(held, values[:, here], between), shown, joined


def _bridge(enter: Ints, leave: Ints, top: Ints, bottom: Ints, joined: NDArray[np.bool_]) -> None:
    """Lengthen neighbouring columns towards each other by half of the rows missing between them, in place."""
    step = enter[1:] - leave[:-1]
    missing = np.where(joined, np.maximum(np.abs(step) - 1, 0), 0) * np.sign(step)
    mine = np.trunc(missing / 2).astype(np.int64)
    rest = missing - mine
    reach, meet = leave[:-1] + mine, enter[1:] - rest
    top[:-1], bottom[:-1] = np.minimum(top[:-1], reach), np.maximum(bottom[:-1], reach)
    top[1:], bottom[1:] = np.minimum(top[1:], meet), np.maximum(bottom[1:], meet)


def codes(bars: Bars, height: int) -> NDArray[np.uint8]:
    """One code a cell, (`height`, half of the columns): 0 where no dot is."""
    first = 4 * np.arange(height)[:, None]
    reach = 5 * np.clip(bars.top - first, 0, 4) + np.clip(bars.bottom + 1 - first, 0, 4)
    packed: NDArray[np.uint8] = _LEFT_CODES[reach[:, ::2]] | _RIGHT_CODES[reach[:, 1::2]]
    return packed
