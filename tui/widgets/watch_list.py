"""The runs beside the curves: which are drawn, with which marker, and where each stands.

▌● tiny            3.201 ✓        drawn: its marker in its colour      ▲ pinned: stays foremost
  areas            0.412 ▶        not drawn
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import keys, theme
from tui.text import fit


@dataclass(frozen=True)
class Watchable:
    """A run that can be drawn."""

    id: str
    name: str
    state: str
    value: str = ""
    marker: str = ""
    """Empty: it is not drawn."""
    color: str = ""
    pinned: bool = False


class WatchList(ScrollView, can_focus=True):
    """Shows what `show` gave last; says what is wanted and changes nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = keys.WATCH_LIST

    class Wanted(Message):
        """`what`: toggle, pin, only. About one run."""

        def __init__(self, what: str, run_id: str):
            super().__init__()
            self.what, self.run_id = what, run_id

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.items: tuple[Watchable, ...] = ()
        self.at = 0

    def show(self, items: Sequence[Watchable]) -> None:
        """Draw anew when anything changed; the cursor stays on its run."""
        if tuple(items) == self.items:
            return
        here = self.here
        self.items = tuple(items)
        ids = [item.id for item in self.items]
        self.at = ids.index(here) if here in ids else min(self.at, max(0, len(ids) - 1))
        self.virtual_size = Size(0, len(self.items))
        self.refresh()

    @property
    def here(self) -> str:
        """The run under the cursor."""
        return self.items[self.at].id if self.at < len(self.items) else ""

    def go_to(self, run_id: str) -> None:
        """Put the cursor on a run, if it is listed."""
        found = next((index for index, item in enumerate(self.items) if item.id == run_id), None)
        if found is not None:
            self._to(found)

    # --- keys and mouse -------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        self._to(self.at + by)

    def action_page(self, by: int) -> None:
        self._to(self.at + by * max(1, self.size.height - 1))

    def action_edge(self, last: bool) -> None:
        self._to(len(self.items) - 1 if last else 0)

    def action_want(self, what: str) -> None:
        if self.here:
            self.post_message(self.Wanted(what, self.here))

    def _to(self, index: int) -> None:
        self.at = max(0, min(index, len(self.items) - 1))
        top, height = round(self.scroll_offset.y), max(1, self.size.height)
        if not top <= self.at < top + height:
            self.scroll_to(y=self.at if self.at < top else self.at - height + 1, animate=False)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        row = event.y + round(self.scroll_offset.y)
        if row < len(self.items):
            self._to(row)
            self.action_want("toggle")

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        index = y + round(self.scroll_offset.y)
        if index >= len(self.items):
            return Strip.blank(width, base)
        return Strip(_line(self.items[index], width, base, index == self.at and self.has_focus), width)


def _line(item: Watchable, width: int, base: Style, here: bool) -> list[Segment]:
    glyph, colour = theme.STATES.get(item.state, (" ", theme.MUTED))
    room = max(1, width - 6 - (len(item.value) + 1 if width >= 24 else 0))
    name = Style(color=theme.BRIGHT if item.marker else theme.MUTED, bold=bool(item.marker) or None)
    segments = [
        Segment("▌" if here else " ", base + Style(color=theme.AMBER)),
        Segment(f"{item.marker or ' '} ", base + Style(color=item.color or theme.FAINT, bold=True)),
        Segment(("▲" if item.pinned else "") + fit(item.name, room - (1 if item.pinned else 0)), base + name),
        Segment(f" {item.value}" if width >= 24 else "", base + Style(color=theme.MUTED)),
        Segment(f" {glyph} ", base + Style(color=colour)),
    ]
    ground = Style(bgcolor=theme.CURSOR) if here else Style()
    return [Segment(segment.text, (segment.style or base) + ground) for segment in segments]
