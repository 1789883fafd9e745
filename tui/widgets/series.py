"""What a chart is made of: lines, events, and how to look at them. Markers tell lines apart without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tui import theme
from tui.widgets.decimate import Floats, Ints, smooth
from tui.widgets.scale import Scale

MARKERS = "●■▲◆▼★✚◉"
HOLLOW = "○□△◇▽☆✛◎"
NEAR = 0.02
"""A cursor this share of the axis beyond a line's end still reads it."""


@dataclass(frozen=True, eq=False)
class Series:
    """One line: points (x, y), x ascending, y None or NaN where nothing is known."""

    label: str
    points: Sequence[tuple[float, float | None]] | Floats = ()
    color: str = ""
    """Empty: the first of the theme's."""
    marker: str = ""
    """Empty: the next of `MARKERS`."""
    behind: bool = False
    """Drawn dimmed and first: what is only context."""
    noisy: bool = True
    """Smoothing applies to it."""
    dotted: bool = False
    """Drawn with gaps: what is expected, not measured."""
    band: Floats | None = None
    """Rows (x, low, high) to shade: how far runs of other seeds spread."""
    drawn: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    """What was last drawn of it, so that a line that did not change costs nothing when others did."""

    @cached_property
    def array(self) -> Floats:
        """The points as (n, 2)."""
        return np.asarray(self.points, dtype=np.float64).reshape(-1, 2)

    @property
    def ink(self) -> str:
        """Its colour in the theme of this moment; dimmed when it is only context."""
        color = self.color or theme.SERIES[0]
        return theme.dim(color, 0.3) if self.behind else color

    def smoothed(self, weight: float) -> Floats:
        """Its values, averaged with this weight of the past when it is noisy."""
        if weight <= 0 or not self.noisy:
            return self.array[:, 1]
        if self.drawn.get("weight") != weight:
            self.drawn.update(weight=weight, smooth=smooth(self.array[:, 1], weight))
        found: Floats = self.drawn["smooth"]
        return found

    @cached_property
    def known(self) -> Floats:
        """Every x at which it has a value, ascending."""
        found: Floats = self.array[np.isfinite(self.array[:, 1]), 0]
        return found


@dataclass(frozen=True)
class Mark:
    """Something that happened at one x."""

    x: float
    glyph: str
    word: str = ""
    """Shown at the top when there is room."""
    color: str = ""
    """Empty: muted."""
    line: bool = True
    """A dotted line down the plot; else only the glyph on the axis."""


@dataclass(frozen=True)
class View:
    """How to look at the series."""

    x_kind: str = "step"
    """step | tokens | time (seconds) | flops | branch (steps since the branch point)"""
    x_limit: float = 1.0
    """The axis runs from `x_low` to here."""
    log_y: bool = False
    smoothing: float = 0.0
    """Weight of the past in the moving average; 0: none. The raw line stays behind, dimmed."""
    cursor: float | None = None
    """An x to read values at."""
    x_low: float = 0.0
    log_x: bool = False
    y_low: float | None = None
    """With `y_high`: limits that were typed in. None: whatever holds what is to be seen."""
    y_high: float | None = None
    guides: bool = True
    """Dotted lines across at the ticks."""
    title: str = ""
    """A row of its own above the legend."""

    @property
    def x(self) -> Scale:
        return Scale(self.x_low, self.x_limit, self.log_x)


def marker_of(series: Sequence[Series], index: int) -> str:
    return series[index].marker or MARKERS[index % len(MARKERS)]


def value_at(series: Series, view: View) -> float | None:
    """The series' value (smoothed when the view is) at the cursor's nearest point, or its newest.

    None when it has none, or when the cursor stands where the series has not been.
    """
    known = series.known
    if not len(known):
        return None
    values = series.smoothed(view.smoothing)[np.isfinite(series.array[:, 1])]
    if view.cursor is None:
        return float(values[-1])
    near = NEAR * abs(view.x_limit - view.x_low)
    if not known[0] - near <= view.cursor <= known[-1] + near:
        return None
    return float(values[nearest(known, view.cursor)])


def nearest(ascending: Floats | Ints, x: float) -> int:
    """Index of the value nearest to x."""
    after = int(np.searchsorted(ascending, x))
    if after == 0 or after == len(ascending):
        return min(after, len(ascending) - 1)
    return after if ascending[after] - x < x - ascending[after - 1] else after - 1
