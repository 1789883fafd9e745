"""Curves that stay live: several series overlaid, an axis that extends in jumps, a cursor that reads values.

The picture is drawn by `tui.widgets.chart` as whole rows; only rows that differ from the last picture are sent to
the terminal. That matters over SSH: a new point changes the row it is in and the legend, not the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets import ticks
from tui.widgets.chart import Mark, Series, View, draw

__all__ = ["Curve", "Mark", "Series"]

SMOOTHING = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


class Curve(Widget, can_focus=False):
    """Shows what `set_series` and `set_marks` gave last. `live`: the axis keeps room for what comes."""

    DEFAULT_CSS = "Curve { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "cursor(1)", "read right", show=False, id="curve.right", tooltip="Read values: later"),
        Binding("left", "cursor(-1)", "read left", show=False, id="curve.left", tooltip="Read values: earlier"),
        Binding("shift+right", "cursor(10)", "far right", show=False, id="curve.far_right"),
        Binding("shift+left", "cursor(-10)", "far left", show=False, id="curve.far_left"),
        Binding("escape", "no_cursor", "cursor off", show=False, id="curve.off", tooltip="Put the cursor away"),
    ]

    log_y: reactive[bool] = reactive(False, repaint=False)
    smoothing: reactive[float] = reactive(0.0, repaint=False)
    x_kind: reactive[str] = reactive("step", repaint=False)
    cursor: reactive[float | None] = reactive(None, repaint=False)
    live: reactive[bool] = reactive(False, repaint=False)

    class Moved(Message):
        """The cursor stands at another x, or nowhere."""

        def __init__(self, x: float | None):
            super().__init__()
            self.x = x

    def __init__(self, *, id: str | None = None, focusable: bool = False):
        super().__init__(id=id)
        self.can_focus = focusable
        self.series: tuple[Series, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.x_limit = 0.0
        self._strips: list[Strip] = []

    # --- what to show ---------------------------------------------------------------------------

    def set_series(self, series: Sequence[Series], marks: Sequence[Mark] | None = None) -> None:
        """Replace what is shown. Rows of the picture that stay the same are not sent again."""
        self.series = tuple(series)
        if marks is not None:
            self.marks = tuple(marks)
        self.set_class(not any(len(one.array) for one in self.series), "-empty")
        self.redraw()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        self.marks = tuple(marks)
        self.redraw()

    def forget_limits(self) -> None:
        """Let the axis shrink again: something else is about to be shown."""
        self.x_limit = 0.0

    def watch_log_y(self) -> None:
        self.redraw()

    def watch_smoothing(self) -> None:
        self.redraw()

    def watch_x_kind(self) -> None:
        self.cursor = None
        self.forget_limits()

    def watch_cursor(self, cursor: float | None) -> None:
        self.post_message(self.Moved(cursor))
        self.redraw()

    def watch_live(self) -> None:
        self.forget_limits()

    def on_resize(self) -> None:
        self._strips = []
        self.redraw()

    # --- drawing --------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        reached = max((float(one.array[-1, 0]) for one in self.series if len(one.array)), default=0.0) or 1.0
        self.x_limit = ticks.grown(reached, self.x_limit) if self.live else reached
        return View(self.x_kind, self.x_limit, self.log_y, self.smoothing, self.cursor)

    def redraw(self) -> None:
        """Draw anew and refresh the rows that changed."""
        width, height = self.content_size
        if not width or not height:
            return
        old = self._strips
        self._strips = [Strip(row, width) for row in draw(self.series, self.marks, self.view, width, height)]
        if len(old) != len(self._strips):
            self.refresh()
            return
        changed = [y for y, (a, b) in enumerate(zip(old, self._strips, strict=True)) if a != b]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        width, base = self.content_size.width, self.rich_style
        if y >= len(self._strips):
            return Strip([Segment(" " * width, base)], width)
        return self._strips[y].apply_style(base)

    # --- reading values -------------------------------------------------------------------------

    def action_cursor(self, by: int) -> None:
        """Go `by` columns along the front series' points; at least to the next point."""
        points = self._front()
        if not len(points):
            return
        if self.cursor is None:
            self.cursor = float(points[-1])
            return
        wanted = self.cursor + by * self.x_limit / max(1, self.content_size.width)
        spot = int(np.abs(points - wanted).argmin())
        now = int(np.abs(points - self.cursor).argmin())
        if spot == now:
            spot = max(0, min(len(points) - 1, now + (1 if by > 0 else -1)))
        self.cursor = float(points[spot])

    def action_no_cursor(self) -> None:
        self.cursor = None

    def _front(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Every x that some series has a value at, ascending."""
        found = [one.array[np.isfinite(one.array[:, 1]), 0] for one in self.series]
        return np.unique(np.concatenate(found)) if found else np.empty(0)

    def on_click(self, event: events.Click) -> None:
        points = self._front()
        if not len(points):
            return
        gutter = self.content_size.width - self._plot_width()
        share = (event.x - gutter) / max(1, self._plot_width())
        self.cursor = float(points[np.abs(points - share * self.x_limit).argmin()])

    def _plot_width(self) -> int:
        """Cells right of the axis, read off the picture: the axis row begins with the gutter."""
        for strip in reversed(self._strips):
            for segment in strip:
                if segment.text.endswith("└"):
                    return self.content_size.width - len(segment.text)
        return self.content_size.width
