"""Draw curves as rows of segments: a pure function of what is to be seen and of the room there is.

    ● tiny held-out 3.201  ○ train 3.188                    legend: marker, label, value (newest, or at the cursor)
   6 ┤ ⠑⢄      plateau ┊                                    plot: braille, front series over those behind
   4 ┤   ⠉⠒⠤⣀⣀⣀⡀      ┊  ●                                  the marker stands at each line's end (and along it)
     └──┬────────┬──▴───┴──                                 events that are points of time stand on the axis
  step  0       100    200

Colour repeats what markers say. Layers, back to front: guides, spread, event lines, raw lines, lines, markers, cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.segment import Segment

from tui import theme
from tui.text import fit
from tui.widgets import ticks
from tui.widgets.legend import legend
from tui.widgets.plot import Layer, Plot, Row, style
from tui.widgets.scale import Scale
from tui.widgets.series import HOLLOW, MARKERS, Mark, Series, View, marker_of, value_at

__all__ = ["HOLLOW", "MARKERS", "Mark", "Picture", "Row", "Series", "View", "draw", "layers", "value_at", "y_scale"]

_X_NAMES = {"time": "time", "flops": "FLOPs", "branch": "steps"}


def draw(series: Sequence[Series], marks: Sequence[Mark], view: View, width: int, height: int) -> list[Row]:
    """Exactly `height` rows of exactly `width` cells."""
    return Picture(series, marks, view, width, height).rows(view.cursor)


class Picture:
    """A drawing without its cursor, which can then stand anywhere at the price of one column."""

    def __init__(self, series: Sequence[Series], marks: Sequence[Mark], view: View, width: int, height: int):
        self.series, self.marks, self.view, self.width, self.height = series, marks, view, width, height
        self.gutter = 0
        """Cells left of the plot."""
        self.head = 0
        """Rows above it."""
        self._plot: Plot | None = None
        self._layers: list[Layer] = []
        self._labels: dict[int, str] = {}
        self._foot: list[Row] = []
        if width >= 12 and height >= 3:
            self._draw()

    @property
    def plot_width(self) -> int:
        return self._plot.width if self._plot else 0

    @property
    def y(self) -> Scale | None:
        """The y axis; None when nothing is drawn."""
        return self._plot.y if self._plot else None

    def _draw(self) -> None:
        view, width = self.view, self.width
        self._layers = layers(self.series, view)
        self.head = (1 if view.title else 0) + self._legend_rows()
        axis = 2 if self.height >= 5 else 0
        rows = self.height - self.head - axis
        y = y_scale(self._layers, view, self.series)
        if y is None:
            return
        y_ticks = (ticks.log if y.log else ticks.linear)(y.low, y.high, max(3, rows // 3 + 1))
        names = ticks.labels(y_ticks)
        self.gutter = max([cell_len(x_name(view)) + 1, *(len(n) + 2 for n in names)])
        plot = self._plot = Plot(width - self.gutter, rows, view, y)
        self._labels = {plot.row(y.place_of(v)): n for v, n in zip(y_ticks, names, strict=True)}
        self._paint(plot)
        self._foot = x_axis(self.marks, view, self.gutter, plot.width) if axis else []

    def _paint(self, plot: Plot) -> None:
        if self.view.guides:
            plot.guides(list(self._labels))
        for one in self.series:
            plot.band(one)
        plot.events(self.marks)
        for layer in self._layers:
            plot.line(layer)
        plot.markers([layer for layer in self._layers if layer.marker])

    def _legend_rows(self) -> int:
        return len(self._legend(self.view)) if self.height >= 6 else 0

    def _legend(self, view: View) -> list[Row]:
        return legend(self.series, view, self.width, max(1, self.height // 6)) if self.series else []

    def rows(self, cursor: float | None) -> list[Row]:
        """The whole picture, with the cursor at this x."""
        if self._plot is None:
            return _empty(self.width, self.height)
        view = replace(self.view, cursor=cursor)
        plot = self._plot.copy()
        plot.view = view
        plot.cursor([layer for layer in self._layers if layer.marker])
        plot.words(self.marks)
        body = [[*_y_label(self._labels.get(row), self.gutter), *line] for row, line in enumerate(plot.rows())]
        title = [[Segment(fit(view.title, self.width), style(theme.BRIGHT, bold=True))]] if view.title else []
        head = [*title, *(self._legend(view) if self.height >= 6 else [])][: self.head]
        head += [[Segment(" " * self.width)] for _ in range(self.head - len(head))]
        return head + body + self._foot


def layers(series: Sequence[Series], view: View) -> list[Layer]:
    """What is drawn, back to front: raw lines under their smooth ones, context under the rest."""
    raw: list[Layer] = []
    behind: list[Layer] = []
    front: list[Layer] = []
    for index, one in enumerate(series):
        weight = view.smoothing if one.noisy else 0.0
        if weight > 0:
            raw.append(Layer(one, theme.dim(one.color or theme.SERIES[0], 0.72)))
        (behind if one.behind else front).append(Layer(one, one.ink, weight, marker_of(series, index)))
    return raw + behind + front[::-1]


def y_scale(found: Sequence[Layer], view: View, series: Sequence[Series] = ()) -> Scale | None:
    """Limits on round numbers around all that is to be seen, or those that were typed in; None: nothing to see."""
    if view.y_low is not None and view.y_high is not None and (view.y_low > 0 or not view.log_y):
        return Scale(view.y_low, view.y_high, view.log_y)
    ends = [ends for layer in found if (ends := layer.extremes(view)) is not None]
    if not ends:
        return None
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if view.log_y:
        low, high = 10**low, 10**high
    for one in series:
        if one.band is not None and len(one.band) and (one.band[:, 1].min() > 0 or not view.log_y):
            low, high = min(low, float(one.band[:, 1].min())), max(high, float(one.band[:, 2].max()))
    return Scale(*ticks.snapped(low, high, logarithmic=view.log_y), view.log_y)


def x_name(view: View) -> str:
    return _X_NAMES.get(view.x_kind, view.x_kind)


def _empty(width: int, height: int) -> list[Row]:
    if width < 12 or height < 3:
        return [[Segment(" " * max(0, width))] for _ in range(max(0, height))]
    words = fit("no measurements yet".center(width), width)
    rows = [words if row == height // 2 else " " * width for row in range(height)]
    return [[Segment(row, style(theme.MUTED))] for row in rows]


def _y_label(name: str | None, gutter: int) -> Row:
    if name is None:
        return [Segment(" " * (gutter - 1) + "│", style(theme.FAINT))]
    return [Segment(f"{name:>{gutter - 2}} ", style(theme.MUTED)), Segment("┤", style(theme.FAINT))]


def x_axis(marks: Sequence[Mark], view: View, gutter: int, width: int) -> list[Row]:
    """The line with its ticks and point events, and the numbers below it."""
    scale = view.x
    find = {"time": ticks.clock, "flops": ticks.linear}.get(view.x_kind, ticks.whole)
    most = max(2, width // 11)
    places = ticks.log(scale.low, scale.high, most) if scale.log else find(scale.low, scale.high, most)
    names = [ticks.clock_label(v) for v in places] if view.x_kind == "time" else ticks.labels(places)
    line, colors = ["─"] * width, [theme.FAINT] * width
    text = [" "] * width
    free = 0
    for value, name in zip(places, names, strict=True):
        column = max(0, min(width - 1, int(scale.share(value) * width)))
        line[column] = "┬"
        start = max(0, min(width - len(name), column - len(name) // 2))
        if start >= free:
            text[start : start + len(name)] = name
            free = start + len(name) + 1
    for mark in marks:
        if scale.holds(mark.x):
            column = max(0, min(width - 1, int(scale.share(mark.x) * width)))
            line[column], colors[column] = mark.glyph, mark.color or theme.MUTED
    axis = [Segment(" " * (gutter - 1) + "└", style(theme.FAINT)), *_runs(line, colors)]
    return [axis, [Segment(fit(x_name(view), gutter), style(theme.FAINT)), Segment("".join(text), style(theme.MUTED))]]


def _runs(chars: Sequence[str], colors: Sequence[str]) -> Row:
    """Neighbouring cells of one colour as one segment."""
    segments: Row = []
    start = 0
    for end in range(1, len(chars) + 1):
        if end == len(chars) or colors[end] != colors[start]:
            segments.append(Segment("".join(chars[start:end]), style(colors[start])))
            start = end
    return segments
