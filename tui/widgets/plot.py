"""The plot's cells while they are painted: a character and a colour each, later paint on top.

    Layer (decimated once for its width, its dots kept for its limits)  ->  Plot.line  ->  Plot.rows()

Colours are numbers into a palette while painting, which makes 100 lines on 100 x 40 cells a matter of milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from tui import theme
from tui.widgets.braille import BLANK, codes, trace
from tui.widgets.decimate import Spans, decimate
from tui.widgets.scale import Scale
from tui.widgets.series import Mark, Series, View, nearest

Row = list[Segment]
MOST_WAYS = 4
"""Ways to look at a series whose drawings are kept: some 10 kB each on 120 columns."""
MOST_ALONG = 12
"""Up to so many lines carry markers along their way; more would hide each other."""


@lru_cache(maxsize=512)
def style(color: str, bold: bool = False) -> Style:
    return Style(color=color or None, bold=bold or None)


@dataclass(frozen=True)
class Layer:
    """A line to draw: of a series, either its values as they are or averaged."""

    series: Series
    color: str
    weight: float = 0.0
    marker: str = ""

    def extremes(self, view: View) -> tuple[float, float] | None:
        """Lowest and highest of what is to be seen, in the unit of the y axis; None: nothing is."""
        key = (view.x, view.log_y)
        kept = self.series.drawn.setdefault(f"ends {self.weight}", {})
        if kept.get("key") != key:
            x = self.series.array[:, 0]
            first, last = np.searchsorted(x, view.x.low), np.searchsorted(x, view.x.high, side="right")
            y = Scale(0, 1, view.log_y).place(self.series.smoothed(self.weight)[first:last])
            known = y[np.isfinite(y)]
            kept.clear()
            kept |= {"key": key, "ends": (float(known.min()), float(known.max())) if len(known) else None}
        found: tuple[float, float] | None = kept["ends"]
        return found

    def spans(self, view: View, columns: int) -> Spans:
        """Its values in the columns of the plot, in the unit of the y axis; kept for the next time."""
        return self._drawn(view, columns).spans

    def codes(self, view: View, low: float, high: float, width: int, height: int) -> NDArray[np.uint8]:
        """Its braille on this many cells, between these ends of the y axis; kept for the next time."""
        kept, key = self._drawn(view, width * 2), (low, high, height)
        if kept.limits != key:
            bars = trace(kept.spans, low, high, width * 2, height * 4)
            if self.series.dotted:
                bars = bars.kept(np.arange(width * 2) % 4 < 2)
            kept.limits, kept.codes = key, codes(bars, height)
        return kept.codes

    def _drawn(self, view: View, columns: int) -> _Drawn:
        """What was drawn of it when it was last looked at this way, so that going back and forth costs nothing."""
        ways: dict[object, _Drawn] = self.series.drawn.setdefault("ways", {})
        key = (self.weight, columns, view.x, view.log_y)
        found = ways.pop(key, None)
        if found is None:
            y = Scale(0, 1, view.log_y).place(self.series.smoothed(self.weight))
            found = _Drawn(decimate(view.x.place(self.series.array[:, 0]), y, *view.x.ends, columns))
        ways[key] = found
        if len(ways) > MOST_WAYS:
            del ways[next(iter(ways))]
        return found


@dataclass
class _Drawn:
    """A series in the columns of a plot, and its braille between some ends of the y axis and on so many rows."""

    spans: Spans
    limits: tuple[float, float, int] = (0.0, 0.0, 0)
    codes: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))


class Plot:
    """`height` x `width` cells over the axes `view.x` and `y`."""

    def __init__(self, width: int, height: int, view: View, y: Scale):
        self.width, self.height, self.view, self.x, self.y = width, height, view, view.x, y
        self.chars: NDArray[np.uint32] = np.full((height, width), ord(" "), np.uint32)
        self.inks: NDArray[np.int16] = np.zeros((height, width), np.int16)
        self.lined: NDArray[np.bool_] = np.zeros((height, width), np.bool_)
        self._colors = [theme.FAINT]

    def copy(self) -> Plot:
        """The same picture, to paint more on."""
        twin = Plot.__new__(Plot)
        twin.__dict__ |= self.__dict__
        twin.chars, twin.inks, twin._colors = self.chars.copy(), self.inks.copy(), list(self._colors)
        return twin

    def ink(self, color: str) -> int:
        """A colour's number."""
        if color not in self._colors:
            self._colors.append(color)
        return self._colors.index(color)

    def column(self, x: float) -> int:
        share = self.x.share(x)
        return max(0, min(self.width - 1, int(share * self.width))) if share == share else 0

    def row(self, y: float) -> int:
        """The row of a value in the unit that lines are drawn in."""
        low, high = self.y.ends
        dot = round((high - float(y)) / ((high - low) or 1.0) * (self.height * 4 - 1))
        return max(0, min(self.height - 1, dot // 4))

    def inside(self, y: float) -> bool:
        low, high = self.y.ends
        return low <= y <= high

    # --- paint, back to front -------------------------------------------------------------------

    def guides(self, rows: Sequence[int]) -> None:
        for row in rows:
            self.chars[row, ::2] = ord("·")
            self.inks[row, :] = self.ink(theme.dim(theme.FAINT, 0.35))

    def band(self, series: Series) -> None:
        """The room between the lowest and the highest of several runs, shaded."""
        if series.band is None or len(series.band) < 2:
            return
        x, low, high = self.x.place(series.band[:, 0]), *(self.y.place(series.band[:, i]) for i in (1, 2))
        first, last = self.x.ends
        centers = first + (np.arange(self.width) + 0.5) / self.width * (last - first)
        held = (centers >= x[0]) & (centers <= x[-1])
        bottom, top = np.interp(centers, x, low), np.interp(centers, x, high)
        ends = self.y.ends
        share = (ends[1] - np.stack([top, bottom])) / ((ends[1] - ends[0]) or 1.0)
        rows = np.nan_to_num(share * self.height, nan=-1.0)
        line = np.arange(self.height)[:, None]
        here = (line + 1 > rows[0]) & (line < rows[1]) & held & np.isfinite(share).all(axis=0)
        self.chars[here] = ord("░")
        self.inks[here] = self.ink(theme.dim(series.ink, 0.6))

    def events(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            if mark.line and self.x.holds(mark.x):
                self.chars[:, self.column(mark.x)] = ord("┊")
                self.inks[:, self.column(mark.x)] = self.ink(theme.dim(mark.color or theme.MUTED, 0.3))

    def line(self, layer: Layer) -> None:
        code = layer.codes(self.view, *self.y.ends, self.width, self.height)
        here = code > 0
        np.copyto(self.chars, code.astype(np.uint32) + BLANK, where=here)
        np.copyto(self.inks, self.ink(layer.color), where=here, casting="same_kind")
        self.lined |= here

    def markers(self, layers: Sequence[Layer]) -> None:
        """A marker at each line's newest point and, among several lines, a few along it where they do not collide."""
        along = 1 < len(layers) <= MOST_ALONG and self.width >= 40
        for index, layer in enumerate(layers):
            spans = layer.spans(self.view, self.width * 2)
            if not len(spans.at):
                continue
            spots = [len(spans.at) - 1]
            if along:  # at places that do not move while the line grows: then they cost nothing to keep
                wanted = [self.width * 2 * (third + (index + 1) / (len(layers) + 1)) / 3 for third in (0, 1, 2)]
                spots += [nearest(spans.at, w) for w in wanted if w < spans.at[-1]]
            for spot in spots:
                self._put(int(spans.at[spot]) // 2, float(spans.last[spot]), layer)

    def cursor(self, layers: Sequence[Layer]) -> None:
        """A line down at the cursor, and each series' marker where it crosses."""
        if self.view.cursor is None or not self.x.holds(self.view.cursor):
            return
        column = self.column(self.view.cursor)
        free = ~self.lined[:, column]
        self.chars[free, column] = ord("│")
        self.inks[:, column] = self.ink(theme.BRIGHT)
        for layer in layers:
            spans = layer.spans(self.view, self.width * 2)
            if len(spans.at):
                spot = nearest(spans.at, column * 2 + 0.5)
                if abs(int(spans.at[spot]) // 2 - column) <= 1:
                    self._put(column, float(spans.last[spot]), layer)

    def _put(self, column: int, y: float, layer: Layer) -> None:
        if self.inside(y):
            self.chars[self.row(y), column], self.inks[self.row(y), column] = ord(layer.marker), self.ink(layer.color)

    def words(self, marks: Sequence[Mark]) -> None:
        """Each event's word beside its line, in the top row that has room for it."""
        taken: list[tuple[int, int, int]] = []  # row, first, last column
        for mark in sorted((m for m in marks if m.word and self.x.holds(m.x)), key=lambda m: m.x):
            word, column = f"{mark.glyph} {mark.word}", self.column(mark.x)
            start = column + 1 if column + 1 + len(word) <= self.width else column - len(word)
            for row in range(min(4, self.height - 1)):
                span = self.lined[row, max(0, start) : start + len(word)]
                clash = any(r == row and first <= start + len(word) and start <= last + 1 for r, first, last in taken)
                if start >= 0 and not clash and not span.any():
                    self.chars[row, start : start + len(word)] = [ord(c) for c in word]
                    self.inks[row, start : start + len(word)] = self.ink(mark.color or theme.MUTED)
                    taken.append((row, start, start + len(word)))
                    break

    def rows(self) -> list[Row]:
        """Neighbouring cells of one colour as one segment."""
        styles = [style(color) for color in self._colors]
        text = self.chars.tobytes().decode("utf-32-le")
        begins = np.diff(self.inks, axis=1, prepend=-1) != 0
        starts = np.flatnonzero(begins)
        inks = self.inks.ravel()[starts].tolist()
        pieces = [
            Segment(text[a:b], styles[ink])
            for (a, b), ink in zip(pairwise([*starts.tolist(), len(text)]), inks, strict=True)
        ]
        ends = np.cumsum(begins.sum(axis=1)).tolist()
        return [pieces[a:b] for a, b in pairwise([0, *ends])]
