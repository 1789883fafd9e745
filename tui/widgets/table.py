"""A table of any length that makes only the lines on screen, and sends only those that came out differently.

    order (row keys) + columns + cell(key, column)  ->  render_line  ->  lines compared with what stands there

Subclasses say what a cell holds (`cell`), and may draw whole rows themselves (`heading`: groups, notes). The cursor
stays with its row, whatever comes or goes above it. What does not fit is left out from the columns with the highest
`rank` down; left and right shift through those. Cost does not depend on the number of rows, but for `lay`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import keys, theme
from tui.text import cut, fit

GAP = 2
"""Cells between two columns."""
GUTTER = 2
"""Cells before the first: the mark's place."""


@dataclass(frozen=True)
class Column:
    key: str
    title: str
    width: int
    """Cells, at least."""
    grows: bool = False
    """Takes a share of the room that is left."""
    right: bool = False
    rank: int = 0
    """0: always shown; else the higher, the sooner it gives way."""


Cell = tuple[str, str]
"""Text as it came, and a style: a colour, or nothing for the usual."""


class Table(ScrollView, can_focus=True):
    """Give it columns and an order with `lay`; `renew` when cells may hold something else."""

    BINDINGS: ClassVar[list[BindingType]] = keys.TABLE
    DEFAULT_CSS = """
    Table { background: $background; scrollbar-size-horizontal: 0; overflow-x: hidden; }
    """

    at: reactive[int] = reactive(-1)
    """The cursor's row; -1: there are none."""

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        table: Table
        key: str

    @dataclass
    class Opened(Message):
        """Enter, or a second click."""

        table: Table
        key: str

    @dataclass
    class HeaderClicked(Message):
        table: Table
        column: str

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.order: Sequence[str] = ()
        self.columns: Sequence[Column] = ()
        self.marked: set[str] = set()
        self.pinned: Sequence[str] = ()
        self.sorted_by, self.turned = "", False
        self.shifted = 0
        """Columns that can give way and are scrolled out at the left."""
        self.nothing = ""
        """Said in the middle when there is no row."""
        self.sent = 0
        """Lines made anew by the last `lay` or `renew`: what a test, or a slow line, wants to know."""
        self._drawn: dict[int, Strip] = {}
        self._laid: tuple[tuple[Column, int], ...] = ()

    # --- for subclasses ---------------------------------------------------------------------------

    def cell(self, key: str, column: Column) -> Cell:
        """What stands in a row's column."""
        return "", ""

    def heading(self, key: str) -> Cell | None:
        """For a row that is one text from edge to edge: that; None for a row of cells."""
        return None

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def key(self) -> str | None:
        """The row under the cursor."""
        return self.order[self.at] if 0 <= self.at < len(self.order) else None

    def lay(self, order: Sequence[str], columns: Sequence[Column] | None = None) -> None:
        """Show these rows in this order. The cursor stays with its row, or where that was."""
        before, found = self.key, -1
        if before is not None and order is not self.order:
            found = order.index(before) if before in order else min(self.at, len(order) - 1)
        elif order:
            found = max(self.at, 0)
        self.order = order
        if columns is not None:
            self.columns = columns
        self._lay_out()
        self._measure()
        if found != self.at:
            self.at = found
        elif self.key is not None and self.key != before:
            self.post_message(self.Moved(self, self.key))
        self.renew()

    def renew(self, lines: Iterable[int] | None = None) -> None:
        """Send the lines on screen that are not what they were; `lines`: look at these alone."""
        self.sent = 0
        for y in range(self.size.height) if lines is None else lines:
            if self._drawn.get(y) != (line := self._line(y)):
                self._drawn[y] = line
                self.sent += 1
                self.refresh(Region(0, y, self.size.width, 1))

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self.order:
            self._put(self.order.index(key))

    def shown(self) -> list[str]:
        """Keys of the columns that there is room for."""
        return [column.key for column, _ in self._laid]

    def on_resize(self) -> None:
        self._lay_out()
        self._measure()
        self._reveal()

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _measure(self) -> None:
        self.virtual_size = Size(self._width, len(self.order) + 1)

    def _lay_out(self) -> None:
        """Which columns there is room for, and how wide each is."""
        room = self._width - GUTTER
        giving = [column for column in self.columns if column.rank]
        self.shifted = max(0, min(self.shifted, len(giving) - 1))
        gone = {column.key for column in giving[: self.shifted]}
        kept = [column for column in self.columns if column.key not in gone]
        while len(kept) > 1 and sum(column.width + GAP for column in kept) > room + GAP:
            last = max(kept, key=lambda column: (column.rank, kept.index(column)))
            if not last.rank:
                break
            kept.remove(last)
        left = max(0, room + GAP - sum(column.width + GAP for column in kept))
        growing = [column for column in kept if column.grows]
        share = left // len(growing) if growing else 0
        self._laid = tuple((column, column.width + (share if column.grows else 0)) for column in kept)

    # --- moving -----------------------------------------------------------------------------------

    def _put(self, row: int) -> None:
        self.at = max(-1, min(row, len(self.order) - 1))

    def watch_at(self, old: int, new: int) -> None:
        top = round(self.scroll_offset.y)
        self._reveal()
        if top == round(self.scroll_offset.y):  # else all lines are made anyway
            self.renew(range(1, self.size.height) if old < 0 else (old - top + 1, new - top + 1))
        if self.key is not None:
            self.post_message(self.Moved(self, self.key))

    def _reveal(self) -> None:
        """Scroll so far that the cursor's row is on screen."""
        top, rows = round(self.scroll_offset.y), max(1, self.size.height - 1)
        if self.at < top:
            self.scroll_to(y=max(0, self.at), animate=False)
        elif self.at >= top + rows:
            self.scroll_to(y=self.at - rows + 1, animate=False)

    def watch_has_focus(self, focus: bool) -> None:
        super().watch_has_focus(focus)
        self.renew()

    def action_cursor_down(self) -> None:
        self._put(self.at + 1)

    def action_cursor_up(self) -> None:
        self._put(max(0, self.at - 1))

    def action_page_down(self) -> None:
        self._put(self.at + max(1, self.size.height - 2))

    def action_page_up(self) -> None:
        self._put(max(0, self.at - max(1, self.size.height - 2)))

    def action_first(self) -> None:
        self._put(0)

    def action_last(self) -> None:
        self._put(len(self.order) - 1)

    def action_shift(self, by: int) -> None:
        """Show columns further to the right, or to the left again."""
        everything = {column.key for column in self.columns} == {column.key for column, _ in self._laid}
        if by < 0 or not everything:
            self.shifted += by
            self._lay_out()
            self.renew()

    def action_select(self) -> None:
        if self.key is not None:
            self.post_message(self.Opened(self, self.key))

    # --- marks ------------------------------------------------------------------------------------

    def mark(self, keys: set[str]) -> None:
        """Mark exactly these."""
        self.marked = keys
        self.renew()

    # --- mouse ------------------------------------------------------------------------------------

    async def _on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y == 0:
            if column := self._column_at(event.x):
                self.post_message(self.HeaderClicked(self, column.key))
            return
        row = round(self.scroll_offset.y) + event.y - 1
        if row < len(self.order):
            self._put(row)
            if event.chain == 2:
                self.action_select()

    def _column_at(self, x: int) -> Column | None:
        left = GUTTER
        for column, width in self._laid:
            if left <= x < left + width + GAP:
                return column
            left += width + GAP
        return None

    # --- drawing ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        self._drawn[y] = line = self._line(y)
        return line

    def _line(self, y: int) -> Strip:
        width = self._width
        row = round(self.scroll_offset.y) + y - 1
        base = Style(bgcolor=theme.GROUND, color=theme.TEXT)
        if y == 0:
            return self._header(base).adjust_cell_length(width, base)
        if row >= len(self.order):
            says = self.nothing if not self.order and y == self.size.height // 2 else ""
            return Strip([Segment(cut(says, width).center(width), base + Style(color=theme.MUTED))])
        if row == self.at:
            ground = theme.CURSOR if self.has_focus else theme.PALETTE.panel
            base = Style(bgcolor=ground, color=theme.BRIGHT, bold=self.has_focus)
        return Strip(self._row(self.order[row], base)).adjust_cell_length(width, base)

    def _header(self, base: Style) -> Strip:
        base += Style(color=theme.MUTED)
        segments = [Segment("‹ " if self.shifted else " " * GUTTER, base)]
        for column, width in self._laid:
            arrow = ("▴" if self.turned else "▾") if column.key == self.sorted_by else ""
            style = base + Style(color=theme.BRIGHT) if arrow else base
            segments.append(Segment(fit(column.title + arrow, width, right=column.right) + " " * GAP, style))
        more = len(self.columns) - len(self._laid) - self.shifted
        line = Strip(segments)
        if more > 0 and line.cell_length < self._width:
            line = Strip([*segments, Segment("›", base)])
        return line

    def _row(self, key: str, base: Style) -> list[Segment]:
        gutter = "● " if key in self.marked else "↑ " if key in self.pinned else " " * GUTTER
        segments = [Segment(gutter, base + Style(color=theme.AMBER))]
        if (text := self.heading(key)) is not None:
            return [*segments, Segment(fit(text[0], self._width - GUTTER), _styled(base, text[1]))]
        for column, width in self._laid:
            words, style = self.cell(key, column)
            segments.append(Segment(fit(words, width, right=column.right) + " " * GAP, _styled(base, style)))
        return segments


def _styled(base: Style, colour: str) -> Style:
    return base + Style(color=colour) if colour else base
