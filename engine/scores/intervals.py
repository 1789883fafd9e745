"""How sure a score is: 95 % intervals. No torch here.

Proportions get Wilson's interval (Wilson 1927), which behaves at 0, at 1 and with few items. What is no proportion
(macro F1, means, ratios) gets the percentile bootstrap over items (Efron 1979), seeded: the same items give the same
interval.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.journal.events import Score

Z = 1.959963984540054
"""The normal quantile of 0.975."""
RESAMPLES = 2000
_CELLS = 1 << 22
"""Resampled values held at once: 32 MiB."""

Floats = NDArray[np.float64]


def wilson(successes: int, n: int) -> tuple[float, float] | None:
    """The interval of a proportion; None for no items."""
    if n == 0:
        return None
    p, z2 = successes / n, Z * Z
    middle, half = p + z2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    # At the ends the interval touches 0 or 1 exactly; rounding would put it a hair off.
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)


def share(metric: str, successes: int, n: int) -> Score:
    """A proportion as a score; 0 without an interval when there is nothing to divide by."""
    low, high = wilson(successes, n) or (None, None)
    return Score(metric, successes / n if n else 0.0, low, high, n)


def mean(metric: str, values: list[float], seed: int) -> Score:
    """The mean over items, with a bootstrap interval."""
    data = np.asarray(values, dtype=np.float64)
    low, high = percentiles(_resampled_ratio(data, np.ones_like(data), seed))
    return Score(metric, float(data.mean()), low, high, len(values))


def ratio(metric: str, above: list[float], below: list[float], seed: int) -> Score:
    """The ratio of two sums over items, with a bootstrap interval over items: bits per byte over documents."""
    top, bottom = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    low, high = percentiles(_resampled_ratio(top, bottom, seed))
    return Score(metric, float(top.sum() / bottom.sum()), low, high, len(above))


def percentiles(values: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def _resampled_ratio(above: Floats, below: Floats, seed: int) -> Floats:
    """The ratio of sums in each of `RESAMPLES` samples of items, drawn with replacement."""
    rng: Any = np.random.default_rng(seed)
    out, n = np.empty(RESAMPLES), len(above)
    rows = max(1, _CELLS // n)
    for start in range(0, RESAMPLES, rows):
        drawn = rng.integers(0, n, size=(min(rows, RESAMPLES - start), n))
        out[start : start + len(drawn)] = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    return out
