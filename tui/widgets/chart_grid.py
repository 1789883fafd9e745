"""Several charts in rows and columns, looked at the same way: one x axis, one cursor, one zoom for all of them.

show([Chart, ...])  ->  a page of curves, as many as there is room for;  large: the chosen one alone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from tui.text import one_line
from tui.widgets.curve import Curve
from tui.widgets.series import Mark, Series

LEAST_WIDTH, LEAST_HEIGHT = 46, 11
"""Cells that a chart needs to be worth looking at."""
MOST = 12
"""Charts on a page."""
_SHARED = ("log_y", "log_x", "guides", "smoothing", "x_kind", "cursor", "window", "live")


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()


class ChartGrid(Widget, can_focus=True):
    """Shows a page of charts. The chosen one is where keys go; its curve is `current`."""

    DEFAULT_CSS = """
    ChartGrid { layout: grid; height: 1fr; grid-gutter: 0 1; }
    ChartGrid > Curve { height: 1fr; width: 1fr; }
    """

    class Turned(Message):
        """Another chart was chosen, or another page: what is on it has to be drawn."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.names: tuple[str, ...] = ()
        """Of all charts there are, in order."""
        self.chosen = 0
        self.many = False
        """A page of charts, rather than the chosen one alone."""

    def compose(self) -> ComposeResult:
        yield Curve(id="curve")

    # --- which ----------------------------------------------------------------------------------

    @property
    def current(self) -> Curve:
        """The curve of the chosen chart."""
        return list(self.query(Curve))[self._on_page().index(self.chosen)] if self.names else self.query(Curve).first()

    @property
    def name_chosen(self) -> str:
        return self.names[self.chosen] if self.names else ""

    def shape(self) -> tuple[int, int]:
        """Rows and columns of a page."""
        if not self.many:
            return 1, 1
        width, height = self.content_size
        columns, rows = max(1, width // LEAST_WIDTH), max(1, height // LEAST_HEIGHT)
        columns = min(columns, max(1, len(self.names)), 4)
        rows = min(rows, -(-max(1, len(self.names)) // columns), MOST // columns)
        return rows, columns

    def _on_page(self) -> list[int]:
        """Indices of the charts on this page."""
        rows, columns = self.shape()
        size = rows * columns
        first = self.chosen // size * size
        return list(range(first, min(first + size, len(self.names))))

    def on_page(self) -> tuple[str, ...]:
        return tuple(self.names[index] for index in self._on_page())

    def page(self) -> tuple[int, int]:
        """Which page this is, and of how many; from 1."""
        rows, columns = self.shape()
        size = rows * columns
        return self.chosen // size + 1, -(-max(1, len(self.names)) // size)

    def choose(self, name: str) -> None:
        if name in self.names and name != self.name_chosen:
            self.chosen = self.names.index(name)
            self.post_message(self.Turned())

    def move(self, across: int, down: int) -> None:
        """To a neighbour; alone, to the chart before or after."""
        columns = self.shape()[1]
        self._go(self.chosen + across + down * columns)

    def turn(self, pages: int) -> None:
        """Other pages, round the ends; alone, other charts."""
        rows, columns = self.shape()
        size = rows * columns
        page, count = self.page()
        self._go((page - 1 + pages) % count * size)

    def _go(self, to: int) -> None:
        to = max(0, min(to, len(self.names) - 1))
        if to != self.chosen:
            self.chosen = to
            self.post_message(self.Turned())

    def set_names(self, names: Sequence[str]) -> None:
        """All charts that there are; the chosen one stays chosen when it still is."""
        kept = self.name_chosen
        self.names = tuple(names)
        self.chosen = self.names.index(kept) if kept in self.names else 0

    # --- what is on them ------------------------------------------------------------------------

    def show(self, charts: Sequence[Chart]) -> None:
        """Draw the charts of `on_page()`, in that order."""
        rows, columns = self.shape()
        wanted = max(1, len(charts))
        curves = list(self.query(Curve))
        if len(curves) < wanted:
            self.mount_all([Curve() for _ in range(wanted - len(curves))])
            curves = list(self.query(Curve))
            self._share(curves[0])
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        for curve in curves[wanted:]:
            curve.display = False
        for curve, chart in zip(curves, charts, strict=False):
            curve.display = True
            sign = "▸ " if self.many and chart.name == self.name_chosen else "  " if self.many else ""
            curve.title = f"{sign}{one_line(chart.title)}" if self.many else ""
            curve.set_series(chart.series, chart.marks)

    def each(self, **settings: object) -> None:
        """Look at all charts in another way: attributes of `Curve`."""
        for curve in self.query(Curve):
            for name, value in settings.items():
                setattr(curve, name, value)

    def forget_limits(self) -> None:
        for curve in self.query(Curve):
            curve.forget_limits()

    def _share(self, source: Curve) -> None:
        self.each(**{name: getattr(source, name) for name in _SHARED})

    @on(Curve.Zoomed)
    @on(Curve.Moved)
    def _together(self, event: Curve.Zoomed | Curve.Moved) -> None:
        """One window and one cursor for all."""
        if event.curve.display:
            self.each(window=event.curve.window, cursor=event.curve.cursor)

    @on(Curve.Clicked)
    def _clicked(self, event: Curve.Clicked) -> None:
        event.stop()
        self.focus()
        if self.many:
            self._go(self._on_page()[list(self.query(Curve)).index(event.curve)])
