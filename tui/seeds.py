"""Runs that differ only in their seed, as one line: their mean, and how far they spread around it.

[(steps, values), ...]  ->  Spread(x, mean, low, high, count)    only where two runs or more have come
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from tui.widgets.decimate import Floats

MOST_PLACES = 600
"""Places on the x axis at which the mean is taken, when the runs were not measured at the same ones."""
KINDS = ("min-max", "±sd")


@dataclass(frozen=True)
class Spread:
    x: Floats
    mean: Floats
    low: Floats
    high: Floats


def recipe(config: dict[str, Any]) -> bytes:
    """The same for configurations that differ in nothing but their name and their seeds."""
    return msgspec.json.encode(_without_seeds({k: v for k, v in config.items() if k != "name"}), order="sorted")


def _without_seeds(config: dict[str, Any]) -> dict[str, Any]:
    return {k: _without_seeds(v) if isinstance(v, dict) else v for k, v in config.items() if k != "seed"}


def spread(curves: Sequence[tuple[Floats, Floats]], kind: str = KINDS[0]) -> Spread | None:
    """Mean and spread of several curves (x, values), x ascending; None where fewer than two overlap."""
    curves = [(x[known], y[known]) for x, y in curves if (known := np.isfinite(y)).any()]
    if len(curves) < 2:
        return None
    x = np.unique(np.concatenate([x for x, _ in curves]))
    if len(x) > MOST_PLACES:
        x = np.linspace(x[0], x[-1], MOST_PLACES)
    values = np.stack([np.interp(x, own, y, left=np.nan, right=np.nan) for own, y in curves])
    shared = np.isfinite(values).sum(axis=0) >= 2
    if not shared.any():
        return None
    x, values = x[shared], values[:, shared]
    mean = np.nanmean(values, axis=0)
    if kind == KINDS[0]:
        return Spread(x, mean, np.nanmin(values, axis=0), np.nanmax(values, axis=0))
    deviation = np.nanstd(values, axis=0, ddof=1)
    return Spread(x, mean, mean - deviation, mean + deviation)
