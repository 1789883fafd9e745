"""Curves that stay live: several series overlaid, an axis that extends in jumps, a cursor that reads values.

The picture is drawn by `tui.widgets.chart` as whole rows; only cells that differ from the last picture are sent to
the terminal. That matters over SSH: a new point changes the row it is in and the legend, not the screen.

    wheel zooms about the pointer, dragging moves along, a click reads values
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui import theme
from tui.widgets import ticks
from tui.widgets.changes import changed, strips
from tui.widgets.chart import Mark, Picture, Series, View
from tui.widgets.decimate import Floats
from tui.widgets.scale import Scale
from tui.widgets.series import nearest

__all__ = ["SMOOTHING", "Curve", "Mark", "Series"]

SMOOTHING = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
ZOOM = 0.5
"""What is left of the axis after one step in."""
LEAST_ZOOM = 1e-6
"""Of the whole axis: further in there are no numbers to tell apart."""


class Curve(Widget, can_focus=False):
    """Shows what `set_series` and `set_marks` gave last. `live`: the axis keeps room for what comes."""

    DEFAULT_CSS = "Curve { height: 1fr; }"

    log_y: reactive[bool] = reactive(False, repaint=False)
    log_x: reactive[bool] = reactive(False, repaint=False)
    guides: reactive[bool] = reactive(True, repaint=False)
    smoothing: reactive[float] = reactive(0.0, repaint=False)
    x_kind: reactive[str] = reactive("step", repaint=False)
    cursor: reactive[float | None] = reactive(None, repaint=False)
    live: reactive[bool] = reactive(False, repaint=False)
    title: reactive[str] = reactive("", repaint=False)
    window: reactive[tuple[float, float] | None] = reactive(None, repaint=False)
    """The part of the x axis that is seen; None: all of it."""
    heights: reactive[tuple[float, float] | None] = reactive(None, repaint=False)
    """Limits of the y axis that were typed in."""

    class _About(Message):
        """Something about this curve, which the message carries."""

        def __init__(self, curve: Curve):
            super().__init__()
            self.curve = curve

        @property
        def control(self) -> Curve:
            return self.curve

    class Moved(_About):
        """The cursor stands at another x, or nowhere."""

    class Zoomed(_About):
        """Another part of the x axis is seen: finer points of it may be wanted."""

    class Clicked(_About):
        """The mouse chose this curve."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.series: tuple[Series, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.x_limit = 0.0
        self._picture: Picture | None = None
        self._seen: object = None
        self._strips: list[Strip] = []
        self._held: tuple[tuple[Series, ...], Floats] = ((), np.empty(0))
        """Every x that the series have a value at."""
        self._grip: tuple[int, Scale] | None = None
        self._dragged = False

    # --- what to show ---------------------------------------------------------------------------

    def set_series(self, series: Sequence[Series], marks: Sequence[Mark] | None = None) -> None:
        """Replace what is shown. Cells of the picture that stay the same are not sent again."""
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
        self.heights = None
        self.redraw()

    def watch_log_x(self) -> None:
        self.window = None
        self.redraw()

    def watch_guides(self) -> None:
        self.redraw()

    def watch_smoothing(self) -> None:
        self.redraw()

    def watch_heights(self) -> None:
        self.redraw()

    def watch_title(self) -> None:
        self.redraw()

    def watch_window(self) -> None:
        self.redraw()
        self.post_message(self.Zoomed(self))

    def watch_x_kind(self) -> None:
        self.cursor = self.window = None
        self.forget_limits()

    def watch_cursor(self) -> None:
        self.redraw()
        self.post_message(self.Moved(self))

    def watch_live(self) -> None:
        self.forget_limits()

    def on_resize(self) -> None:
        self._strips = []
        self.redraw()

    # --- drawing --------------------------------------------------------------------------------

    @property
    def x(self) -> Scale:
        """The x axis as it is seen."""
        whole = self.whole
        return Scale(*self.window, whole.log) if self.window else whole

    @property
    def y(self) -> Scale:
        """The y axis as it was last drawn."""
        return (self._picture.y if self._picture else None) or Scale(0.0, 1.0)

    @property
    def whole(self) -> Scale:
        """All of the x axis: from 0, or from where the first series begins, to where the last has come."""
        held = [one.array[:, 0] for one in self.series if len(one.array)]
        reached = max((float(x[-1]) for x in held), default=0.0) or 1.0
        self.x_limit = ticks.grown(reached, self.x_limit) if self.live and reached > 0 else reached
        low = min(0.0, min((float(x[0]) for x in held), default=0.0))
        if not self.log_x or self.x_limit <= 0:
            return Scale(low, self.x_limit)
        above = [float(x[np.searchsorted(x, 0.0, side="right")]) for x in held if x[-1] > 0]
        least = min(above)
        return Scale(least if least < self.x_limit else self.x_limit / 10, self.x_limit, True)

    @property
    def view(self) -> View:
        x = self.x
        low, high = self.heights or (None, None)
        return View(
            self.x_kind, x.high, self.log_y, self.smoothing, self.cursor, x.low, x.log, low, high, self.guides,
            self.title,
        )  # fmt: skip

    def redraw(self) -> None:
        """Draw anew and refresh what changed. The cursor alone costs a column, not the picture."""
        width, height = self.content_size
        if not width or not height:
            return
        view = self.view
        seen = (self.series, self.marks, replace(view, cursor=None), width, height, theme.THEME.name)
        if self._picture is None or seen != self._seen:
            self._picture, self._seen = Picture(self.series, self.marks, view, width, height), seen
        old = self._strips
        self._strips = strips(self._picture.rows(view.cursor), width, old)
        if len(old) != len(self._strips):
            self.refresh()
        elif regions := changed(old, self._strips):
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        width, base = self.content_size.width, self.visual_style.rich_style
        if y >= len(self._strips):
            return Strip([Segment(" " * width, base)], width)
        return self._strips[y].apply_style(base)

    # --- reading values -------------------------------------------------------------------------

    def move_cursor(self, by: int) -> None:
        """Go `by` columns along the points of all series; at least to the next point."""
        points = self._points()
        if not len(points):
            return
        if self.cursor is None:
            self.cursor = float(points[-1])
            return
        x = self.x
        share = x.share(self.cursor) + by / max(1, self._picture.plot_width if self._picture else 1)
        spot, now = nearest(points, x.value(share)), nearest(points, self.cursor)
        if spot == now:
            spot = max(0, min(len(points) - 1, now + (1 if by > 0 else -1)))
        self.cursor = float(points[spot])

    def _points(self) -> Floats:
        """Every x in sight that some series has a value at, ascending."""
        if self._held[0] is not self.series:
            found = [one.known for one in self.series]
            self._held = (self.series, np.unique(np.concatenate(found)) if found else np.empty(0))
        x, points = self.x, self._held[1]
        return points[(points >= x.low) & (points <= x.high)]

    # --- zoom, pan ------------------------------------------------------------------------------

    def zoom(self, by: int, about: float | None = None) -> None:
        """Nearer (`by` 1) or further (-1) about an x; without one about the cursor, else the newest point."""
        whole, x = self.whole, self.x
        about = self.cursor if about is None else about
        wanted = x.around(x.high if about is None else about, ZOOM if by > 0 else 1 / ZOOM)
        if (wanted.high - wanted.low) < LEAST_ZOOM * (whole.high - whole.low):
            return
        self._look_at(wanted, whole)

    def pan(self, share: float) -> None:
        """Along the axis by a share of what is seen."""
        if self.window is not None:
            self._look_at(self.x.moved(share), self.whole)

    def _look_at(self, wanted: Scale, whole: Scale) -> None:
        """Within the whole axis, keeping the length when an end is met."""
        low, high = whole.share(wanted.low), whole.share(wanted.high)
        length = high - low
        if length >= 1:
            self.window = None
            return
        low = min(max(0.0, low), 1.0 - length)
        self.window = (whole.value(low), whole.value(low + length))

    def reset(self) -> None:
        """See everything again."""
        self.window = self.heights = self.cursor = None

    # --- mouse ----------------------------------------------------------------------------------

    def _x_at(self, column: int) -> float:
        picture = self._picture
        gutter, width = (picture.gutter, picture.plot_width) if picture else (0, 0)
        return self.x.value((column - gutter + 0.5) / max(1, width))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.zoom(1, self._x_at(event.x))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.zoom(-1, self._x_at(event.x))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._grip, self._dragged = (event.x, self.x), False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._grip is None or not self._picture or event.x == self._grip[0]:
            return
        start, x = self._grip
        self._dragged = True
        if self.window is not None:
            self._look_at(x.moved((start - event.x) / max(1, self._picture.plot_width)), self.whole)

    def on_mouse_up(self) -> None:
        self._grip = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(self))
        points = self._points()
        if len(points) and not self._dragged:
            self.cursor = float(points[nearest(points, self._x_at(event.x))])
        self._dragged = False
