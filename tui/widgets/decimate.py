"""Many points into few columns without losing a spike, and a smooth line through noise.

    x, y (100,000 points)  ->  decimate  ->  per column: lowest, highest, first and last value  ->  braille

A column keeps the extremes of all points that fall into it, so one odd step in a million still shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
_LEAST = 1e-200
"""Weights of one block of the moving average stay above this, so that their inverses fit a float."""


@dataclass(frozen=True)
class Spans:
    """What falls into each column that holds a point; all arrays are equally long."""

    at: Ints
    """Column numbers, ascending."""
    low: Floats
    high: Floats
    first: Floats
    last: Floats
    joined: NDArray[np.bool_]
    """The line goes on from the column before, rather than beginning anew after a gap."""


def decimate(x: Floats, y: Floats, low: float, high: float, columns: int) -> Spans:
    """Spread points over `columns` equal parts of [low, high]. `x` ascends; NaN in `y` is a gap in the line."""
    known = np.isfinite(y) & np.isfinite(x)
    stretch: Ints = np.zeros(len(y), np.int64)
    if not known.all():
        stretch = np.cumsum((~known).astype(np.int64))[known]  # counts gaps: two points of one stretch are joined
        x, y = x[known], y[known]
    x, y, stretch = _within(x, y, stretch, low, high)
    if not len(x):
        empty: Floats = np.empty(0)
        return Spans(np.empty(0, np.int64), empty, empty, empty, empty, np.empty(0, np.bool_))
    share = (x - low) / ((high - low) or 1.0)
    column = np.minimum((share * columns).astype(np.int64), columns - 1)
    begin = np.flatnonzero(np.diff(column, prepend=-1))
    end = np.append(begin[1:], len(column)) - 1
    return Spans(
        at=column[begin],
        low=np.minimum.reduceat(y, begin),
        high=np.maximum.reduceat(y, begin),
        first=y[begin],
        last=y[end],
        joined=np.append(False, stretch[end[:-1]] == stretch[begin[1:]]),
    )


def _within(x: Floats, y: Floats, stretch: Ints, low: float, high: float) -> tuple[Floats, Floats, Ints]:
    """The points inside; where a line runs on beyond an end, that end is a point too."""
    first, last = int(np.searchsorted(x, low)), int(np.searchsorted(x, high, side="right"))
    inner = slice(first, last)
    at, values, stretches = [x[inner]], [y[inner]], [stretch[inner]]
    for edge, before in ((low, first - 1), (high, last - 1)):
        if 0 <= before < len(x) - 1 and stretch[before] == stretch[before + 1] and x[before] < edge < x[before + 1]:
            share = (edge - x[before]) / (x[before + 1] - x[before])
            place = 0 if edge == low else len(at)
            at.insert(place, np.array([edge]))
            values.insert(place, np.array([y[before] + share * (y[before + 1] - y[before])]))
            stretches.insert(place, stretch[before : before + 1])
    return np.concatenate(at), np.concatenate(values), np.concatenate(stretches)


def thin(rows: Floats, columns: int) -> Floats:
    """Rows (x, ..., y) with x ascending, fewer of them: the first, lowest, highest and last of each of `columns` parts.

    Of the rows without a value (NaN) the first of each part stays, so that gaps stay gaps. At most 5 * `columns` rows
    are left; a row that was an extreme of its neighbourhood is one of them, however often they are thinned again.
    """
    if len(rows) <= 4 * columns:
        return rows
    x, y = rows[:, 0], rows[:, -1]
    share = (x - x[0]) / ((x[-1] - x[0]) or 1.0)
    part = np.minimum((share * columns).astype(np.int64), columns - 1)
    begin = np.flatnonzero(np.diff(part, prepend=-1))
    end = np.append(begin[1:], len(part)) - 1
    missing = np.isnan(y)
    lowest = np.lexsort((np.where(missing, np.inf, y), part))[begin]
    highest = np.lexsort((np.where(missing, -np.inf, y), part))[end]
    gaps = np.flatnonzero(missing)
    first_gaps = gaps[np.unique(part[gaps], return_index=True)[1]]
    kept: Floats = rows[np.unique(np.concatenate([begin, end, lowest, highest, first_gaps]))]
    return kept


def smooth(y: Floats, weight: float) -> Floats:
    """Exponential moving average, free of the pull towards its start (as Adam corrects its moments).

    s_t = sum of weight^(t-i) y_i / sum of weight^(t-i). NaN stays NaN and weighs nothing. 0 <= weight < 1.
    """
    known = np.isfinite(y)
    result: Floats = np.full(len(y), np.nan)
    if weight <= 0.0 or not known.any():
        result[:] = y
        return result
    values = y[known]
    block = max(1, int(np.log(_LEAST) / np.log(weight)))
    averages = np.empty_like(values)
    total = norm = 0.0  # carried from block to block
    for start in range(0, len(values), block):
        part = values[start : start + block]
        shrink = weight ** np.arange(1, len(part) + 1)
        sums = shrink * (total + np.cumsum(part / shrink))
        norms = shrink * (norm + np.cumsum(1.0 / shrink))
        averages[start : start + block] = sums / norms
        total, norm = float(sums[-1]), float(norms[-1])
    result[known] = averages
    return result
