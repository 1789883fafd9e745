"""Draw curves as rows of segments: a pure function of what is to be seen and of the room there is.

    ● tiny held-out 3.201  ○ train 3.188                    legend: marker, label, value (newest, or at the cursor)
   6 ┤ ⠑⢄      plateau ┊                                    plot: braille, front series over those behind
   4 ┤   ⠉⠒⠤⣀⣀⣀⡀      ┊  ●                                  the marker stands at each line's end (and along it)
     └──┬────────┬──▴───┴──                                 events that are points of time stand on the axis
  step  0       100    200

Colour repeats what markers say. Layers, back to front: grid, event lines, raw lines, lines, markers, cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from engine import figures
from tui import theme
from tui.text import cut, fit
from tui.widgets import ticks
from tui.widgets.braille import BLANK, codes, trace
from tui.widgets.decimate import Floats, decimate, smooth

MARKERS = "●■▲◆▼★✚◉"
HOLLOW = "○□△◇▽☆✛◎"
Row = list[Segment]


@dataclass(frozen=True, eq=False)
class Series:
    """One line: points (x, y), x ascending, y None or NaN where nothing is known."""

    label: str
    points: Sequence[tuple[float, float | None]] | Floats = ()
    color: str = theme.GREEN
    marker: str = ""
    """Empty: the next of `MARKERS`."""
    behind: bool = False
    """Drawn dimmed and first: what is only context."""
    noisy: bool = True
    """Smoothing applies to it."""

    @cached_property
    def array(self) -> Floats:
        """The points as (n, 2)."""
        return np.asarray(self.points, dtype=np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class Mark:
    """Something that happened at one x."""

    x: float
    glyph: str
    word: str = ""
    """Shown at the top when there is room."""
    color: str = theme.MUTED
    line: bool = True
    """A dotted line down the plot; else only the glyph on the axis."""


@dataclass(frozen=True)
class View:
    """How to look at the series."""

    x_kind: str = "step"
    """step | tokens | time (seconds)"""
    x_limit: float = 1.0
    """The axis runs from 0 to here."""
    log_y: bool = False
    smoothing: float = 0.0
    """Weight of the past in the moving average; 0: none. The raw line stays behind, dimmed."""
    cursor: float | None = None
    """An x to read values at."""


@dataclass(frozen=True)
class _Layer:
    xy: tuple[Floats, Floats]
    color: str
    marker: str = ""


def draw(series: Sequence[Series], marks: Sequence[Mark], view: View, width: int, height: int) -> list[Row]:
    """Exactly `height` rows of exactly `width` cells."""
    if width < 12 or height < 3:
        return [[Segment(" " * max(0, width))] for _ in range(max(0, height))]
    layers = _layers(series, view)
    known = [y[np.isfinite(y)] for _, y in (layer.xy for layer in layers)]
    values = np.concatenate(known) if known else np.empty(0)
    if not len(values):
        return _empty(width, height)
    legend = _legend(series, view, width, max(1, height // 6)) if height >= 6 else []
    axis = 2 if height >= 5 else 0
    rows = height - len(legend) - axis
    low, high = ticks.snapped(
        *((10 ** float(values.min()), 10 ** float(values.max())) if view.log_y else (values.min(), values.max())),
        logarithmic=view.log_y,
    )
    y_ticks = (ticks.log if view.log_y else ticks.linear)(low, high, max(3, rows // 3 + 1))
    names = ticks.labels(y_ticks)
    gutter = max([cell_len(view.x_kind) + 1, *(len(n) + 2 for n in names)])
    plot = _Plot(width - gutter, rows, view, (np.log10(low), np.log10(high)) if view.log_y else (low, high))
    at = {plot.row(np.log10(v) if view.log_y else v): n for v, n in zip(y_ticks, names, strict=True)}
    plot.grid(at)
    plot.events(marks)
    for layer in layers:
        plot.line(layer)
    plot.markers([layer for layer in layers if layer.marker])
    plot.cursor([layer for layer in layers if layer.marker])
    plot.words(marks)
    body = [[*_y_label(at.get(row), gutter), *segments] for row, segments in enumerate(plot.rows())]
    return legend + body + (_x_axis(marks, view, gutter, width - gutter) if axis else [])


def marker_of(series: Sequence[Series], index: int) -> str:
    return series[index].marker or MARKERS[index % len(MARKERS)]


def value_at(series: Series, view: View) -> float | None:
    """The series' value (smoothed when the view is) at the cursor's nearest point, or its newest."""
    x, y = series.array[:, 0], smooth(series.array[:, 1], view.smoothing if series.noisy else 0.0)
    known = np.isfinite(y)
    x, y = x[known], y[known]
    if not len(x):
        return None
    if view.cursor is None:
        return float(y[-1])
    return float(y[np.abs(x - view.cursor).argmin()])


# --- parts ----------------------------------------------------------------------------------------


def _layers(series: Sequence[Series], view: View) -> list[_Layer]:
    """What is drawn, back to front: raw lines under their smooth ones, context under the rest."""
    raw: list[_Layer] = []
    behind: list[_Layer] = []
    front: list[_Layer] = []
    for index, one in enumerate(series):
        x, y = one.array[:, 0], one.array[:, 1]
        if view.log_y:
            y = np.log10(np.where(y > 0, y, np.nan))
        color = theme.dim(one.color, 0.3) if one.behind else one.color
        if view.smoothing > 0 and one.noisy:
            raw.append(_Layer((x, y), theme.dim(one.color, 0.72)))
            y = smooth(one.array[:, 1], view.smoothing)
            y = np.log10(np.where(y > 0, y, np.nan)) if view.log_y else y
        (behind if one.behind else front).append(_Layer((x, y), color, marker_of(series, index)))
    return raw + behind + front


def _empty(width: int, height: int) -> list[Row]:
    words = fit("no measurements yet".center(width), width)
    rows = [words if row == height // 2 else " " * width for row in range(height)]
    return [[Segment(row, _style(theme.MUTED))] for row in rows]


def _legend(series: Sequence[Series], view: View, width: int, most: int) -> list[Row]:
    """Marker, label and value of each series in at most `most` lines; what is only context gives way first."""
    items = [_legend_item(series, index, view, width) for index in range(len(series))]
    lines = _wrapped(items, width)
    if len(lines) > most:
        lines = _wrapped([item for item, one in zip(items, series, strict=True) if not one.behind], width)
    if len(lines) > most:
        last = _cut(lines[most - 1], width - len("and 99 more"))
        left = sum(len(line) for line in lines[most - 1 :]) - len(last)
        lines = [*lines[: most - 1], [*last, Segment(f"and {left // 3} more", _style(theme.AMBER))]]
    return [[*line, Segment(" " * (width - _width(line)))] for line in lines]


def _legend_item(series: Sequence[Series], index: int, view: View, width: int) -> Row:
    one = series[index]
    value = _value(value_at(one, view))
    color = theme.dim(one.color, 0.3) if one.behind else one.color
    return [
        Segment(f"{marker_of(series, index)} ", _style(color, bold=True)),
        Segment(cut(one.label, max(1, min(34, width - len(value) - 5))) + " ", _style(theme.MUTED)),
        Segment(f"{value}  ", _style(theme.BRIGHT)),
    ]


def _wrapped(items: Sequence[Row], width: int) -> list[Row]:
    lines: list[Row] = []
    for item in items:
        if lines and _width(lines[-1]) + _width(item) <= width:
            lines[-1] += item
        else:
            lines.append(list(item))
    return lines


def _cut(line: Row, width: int) -> Row:
    """The line without the items that do not fit."""
    while line and _width(line) > width:
        line = line[:-3]
    return line


def _width(line: Row) -> int:
    return sum(segment.cell_length for segment in line)


def _value(value: float | None) -> str:
    if value is None:
        return figures.UNKNOWN
    if abs(value) >= 10_000:
        return figures.count(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"


def _y_label(name: str | None, gutter: int) -> Row:
    if name is None:
        return [Segment(" " * (gutter - 1) + "│", _style(theme.FAINT))]
    return [Segment(f"{name:>{gutter - 2}} ", _style(theme.MUTED)), Segment("┤", _style(theme.FAINT))]


def _x_axis(marks: Sequence[Mark], view: View, gutter: int, width: int) -> list[Row]:
    """The line with its ticks and point events, and the numbers below it."""
    find = {"time": ticks.clock, "step": ticks.whole, "tokens": ticks.whole}.get(view.x_kind, ticks.linear)
    places = find(0.0, view.x_limit, max(2, width // 11))
    names = [ticks.clock_label(v) for v in places] if view.x_kind == "time" else ticks.labels(places)
    line, colors = ["─"] * width, [theme.FAINT] * width
    text = [" "] * width
    free = 0
    for value, name in zip(places, names, strict=True):
        column = min(width - 1, int(value / view.x_limit * width))
        line[column] = "┬"
        start = max(0, min(width - len(name), column - len(name) // 2))
        if start >= free:
            text[start : start + len(name)] = name
            free = start + len(name) + 1
    for mark in marks:
        if 0 <= mark.x <= view.x_limit:
            column = min(width - 1, int(mark.x / view.x_limit * width))
            line[column], colors[column] = mark.glyph, mark.color
    axis = [Segment(" " * (gutter - 1) + "└", _style(theme.FAINT)), *_runs(line, colors)]
    return [axis, [Segment(fit(view.x_kind, gutter), _style(theme.FAINT)), Segment("".join(text), _style(theme.MUTED))]]


class _Plot:
    """The plot's cells while they are painted: a character and a colour each, the later paint on top."""

    def __init__(self, width: int, height: int, view: View, limits: tuple[float, float]):
        self.width, self.height, self.view = width, height, view
        self.low, self.high = float(limits[0]), float(limits[1])
        self.chars: NDArray[np.str_] = np.full((height, width), " ", dtype="<U1")
        self.colors: NDArray[Any] = np.full((height, width), theme.FAINT, dtype=object)
        self.lined: NDArray[np.bool_] = np.zeros((height, width), np.bool_)

    def column(self, x: float) -> int:
        return max(0, min(self.width - 1, int(x / (self.view.x_limit or 1.0) * self.width)))

    def row(self, y: float) -> int:
        dot = round((self.high - float(y)) / ((self.high - self.low) or 1.0) * (self.height * 4 - 1))
        return max(0, min(self.height - 1, dot // 4))

    def grid(self, at: dict[int, str]) -> None:
        for row in at:
            self.chars[row, ::2] = "·"
            self.colors[row, :] = theme.dim(theme.FAINT, 0.35)

    def events(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            if mark.line and 0 <= mark.x <= self.view.x_limit:
                self.chars[:, self.column(mark.x)] = "┊"
                self.colors[:, self.column(mark.x)] = theme.dim(mark.color, 0.3)

    def line(self, layer: _Layer) -> None:
        x, y = layer.xy
        spans = decimate(x, y, 0.0, self.view.x_limit, self.width * 2)
        code = codes(trace(spans, self.low, self.high, self.width * 2, self.height * 4))
        here = code > 0
        self.chars[here] = (code[here].astype(np.uint32) + BLANK).view("<U1")
        self.colors[here] = layer.color
        self.lined |= here

    def markers(self, layers: list[_Layer]) -> None:
        """A marker at each line's newest point and, among several lines, a few along it where they do not collide."""
        for index, layer in enumerate(layers):
            x, y = layer.xy
            known = np.flatnonzero(np.isfinite(y) & (x <= self.view.x_limit))
            if not len(known):
                continue
            spots = [known[-1]]
            if len(layers) > 1 and self.width >= 40:
                limit = self.view.x_limit  # not what is reached: markers that stay where they are cost nothing to keep
                wanted = [limit * (third + (index + 1) / (len(layers) + 1)) / 3 for third in (0, 1, 2)]
                spots += [known[np.abs(x[known] - w).argmin()] for w in wanted if w < x[known[-1]]]
            for spot in spots:
                self._put(float(x[spot]), float(y[spot]), layer)

    def cursor(self, layers: list[_Layer]) -> None:
        """A line down at the cursor, and each series' marker where it crosses."""
        if self.view.cursor is None:
            return
        column = self.column(self.view.cursor)
        free = ~self.lined[:, column]
        self.chars[free, column] = "│"
        self.colors[:, column] = theme.BRIGHT
        for layer in layers:
            x, y = layer.xy
            known = np.flatnonzero(np.isfinite(y))
            if len(known):
                spot = known[np.abs(x[known] - self.view.cursor).argmin()]
                if abs(self.column(float(x[spot])) - column) <= 1:
                    self._put(self.view.cursor, float(y[spot]), layer)

    def _put(self, x: float, y: float, layer: _Layer) -> None:
        row, column = self.row(y), self.column(x)
        self.chars[row, column], self.colors[row, column] = layer.marker, layer.color

    def words(self, marks: Sequence[Mark]) -> None:
        """Each event's word beside its line, in the top row that has room for it."""
        taken: list[tuple[int, int, int]] = []  # row, first, last column
        for mark in sorted((m for m in marks if m.word and 0 <= m.x <= self.view.x_limit), key=lambda m: m.x):
            word, column = f"{mark.glyph} {mark.word}", self.column(mark.x)
            start = column + 1 if column + 1 + len(word) <= self.width else column - len(word)
            for row in range(min(4, self.height - 1)):
                span = self.lined[row, max(0, start) : start + len(word)]
                clash = any(r == row and first <= start + len(word) and start <= last + 1 for r, first, last in taken)
                if start >= 0 and not clash and not span.any():
                    self.chars[row, start : start + len(word)] = list(word)
                    self.colors[row, start : start + len(word)] = mark.color
                    taken.append((row, start, start + len(word)))
                    break

    def rows(self) -> list[Row]:
        return [_runs(list(chars), list(colors)) for chars, colors in zip(self.chars, self.colors, strict=True)]


def _runs(chars: Sequence[str], colors: Sequence[str]) -> Row:
    """Neighbouring cells of one colour as one segment."""
    segments: Row = []
    start = 0
    for end in range(1, len(chars) + 1):
        if end == len(chars) or colors[end] != colors[start]:
            segments.append(Segment("".join(chars[start:end]), _style(colors[start])))
            start = end
    return segments


@lru_cache(maxsize=512)
def _style(color: str, bold: bool = False) -> Style:
    return Style(color=color, bold=bold or None)
