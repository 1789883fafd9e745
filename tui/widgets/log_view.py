"""Lines of a log: it follows the newest until the reader scrolls away, and shows where a search matched.

Lines go in and out at both ends, so it can be a window on a log of any size; at an end it says so (`AtEdge`). Long
lines are cut at the screen's edge, or broken when `wrap` is on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import keys, theme
from tui.text import one_line


class LogView(ScrollView, can_focus=True):
    """Draws only the lines on screen."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LOG_VIEW

    follow: reactive[bool] = reactive(True)
    query_text: reactive[str] = reactive("")
    wrap: reactive[bool] = reactive(False)

    class AtEdge(Message):
        """The reader stands at an end of the lines, or (`asked`) wants the end of the whole log."""

        def __init__(self, top: bool, asked: bool = False):
            super().__init__()
            self.top, self.asked = top, asked

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.lines: list[str] = []
        self.matches: list[int] = []
        """Line numbers that hold the search text, ascending."""
        self.match = -1
        """Index into `matches`; -1: none chosen."""
        self._rows: list[int] = []
        """Broken lines: the row at which each line begins."""
        self._wide = 0

    # --- lines ----------------------------------------------------------------------------------

    def clear(self) -> None:
        self.replace(())

    def replace(self, lines: Iterable[str]) -> None:
        """These lines and no others."""
        follow = self.follow
        self.lines, self.matches, self.match, self._wide = [], [], -1, 0
        self._insert(0, [_safe(line) for line in lines])
        self._measure()
        self.follow = follow

    def add(self, lines: Iterable[str], *, most: int = 0) -> None:
        """Append lines as they came; they are made safe here. `most`: keep so many of the newest; 0: all."""
        self._insert(len(self.lines), [_safe(line) for line in lines])
        if most and len(self.lines) > most:
            self.drop(first=len(self.lines) - most)
        self._measure()

    def prepend(self, lines: Iterable[str]) -> None:
        """Lines before the first; what is on screen stays where it is."""
        before = self._height()
        self._insert(0, [_safe(line) for line in lines])
        self._measure()
        self.scroll_to(y=self.scroll_offset.y + self._height() - before, animate=False, force=True, immediate=True)

    def drop(self, *, first: int = 0, last: int = 0) -> None:
        """Let lines go at the beginning or the end; what is on screen stays where it is."""
        before = self._height()
        del self.lines[:first]
        if last:
            del self.lines[-last:]
        self._search()
        self._break()
        self._measure()
        if first:
            self.scroll_to(y=self.scroll_offset.y + self._height() - before, animate=False, force=True, immediate=True)

    def _insert(self, at: int, lines: list[str]) -> None:
        self.lines[at:at] = lines
        self._wide = max([self._wide, *map(cell_len, lines)])
        needle = self.query_text.lower()
        found = [at + n for n, line in enumerate(lines) if needle in line.lower()] if needle else []
        before = bisect_right(self.matches, at - 1)
        later = [number + len(lines) for number in self.matches[before:]]
        if self.match >= before:
            self.match += len(found)
        self.matches = [*self.matches[:before], *found, *later]
        self._break()

    # --- rows -----------------------------------------------------------------------------------

    def _break(self) -> None:
        """Where each line begins when long ones are broken."""
        self._rows = []
        if not self.wrap:
            return
        width, row = max(1, self.scrollable_content_region.width), 0
        for line in self.lines:
            self._rows.append(row)
            row += len(_broken(line, width))
        self._rows.append(row)

    def _height(self) -> int:
        return self._rows[-1] if self._rows else len(self.lines)

    def _row_of(self, number: int) -> int:
        return self._rows[number] if self._rows else number

    def _measure(self) -> None:
        self.virtual_size = Size(0 if self.wrap else self._wide + 1, self._height())
        self.refresh()
        if self.follow:
            self.scroll_end(animate=False, x_axis=False, force=True)

    def watch_wrap(self) -> None:
        top = self.top_line
        self._break()
        self._measure()
        if not self.follow and top < len(self.lines):
            self.scroll_to(x=0, y=self._row_of(top), animate=False)

    def on_resize(self) -> None:
        if self.wrap:
            self._break()
            self._measure()

    @property
    def top_line(self) -> int:
        """The number of the first line on screen."""
        top = round(self.scroll_offset.y)
        return bisect_right(self._rows, top) - 1 if self._rows else top

    def on_screen(self) -> list[str]:
        """The lines that are to be seen, whole."""
        top = self.top_line
        return self.lines[top : top + self.scrollable_content_region.height]

    # --- following ------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) >= self.max_scroll_y:  # also when fewer lines than before left no room to stay away
            self.follow = self.follow or new_value > old_value
            self.post_message(self.AtEdge(False))
        elif new_value < old_value:
            self.follow = False
            if round(new_value) == 0:
                self.post_message(self.AtEdge(True))

    def watch_follow(self, follow: bool) -> None:
        if follow:
            self.scroll_end(animate=False, x_axis=False, force=True)

    def action_first(self) -> None:
        self.follow = False
        self.scroll_home(animate=False)
        self.post_message(self.AtEdge(True, asked=True))

    def action_newest(self) -> None:
        self.follow = True
        self.scroll_end(animate=False, x_axis=False, force=True)
        self.post_message(self.AtEdge(False, asked=True))

    # --- searching ------------------------------------------------------------------------------

    def watch_query_text(self) -> None:
        self._search()
        self.match = -1
        self.refresh()

    def _search(self) -> None:
        needle = self.query_text.lower()
        self.matches = [n for n, line in enumerate(self.lines) if needle in line.lower()] if needle else []
        self.match = min(self.match, len(self.matches) - 1)

    def to_match(self, by: int, *, round_ends: bool = True) -> bool:
        """Go to the next or the previous match; False when there is none further on in these lines."""
        if not self.matches:
            return False
        wanted = self.match + by if self.match >= 0 else self._from_here(by)
        if not round_ends and not 0 <= wanted < len(self.matches):
            return False
        self.match = wanted % len(self.matches)
        self._show(self.matches[self.match])
        return True

    def _from_here(self, by: int) -> int:
        """The first match after the top of the screen, or the last one before its end."""
        if by > 0:
            return bisect_right(self.matches, self.top_line - 1)
        return bisect_right(self.matches, self.top_line + self.size.height) - 1

    def to_line(self, number: int) -> None:
        """Show a line, and choose the match on it."""
        self.match = self.matches.index(number) if number in self.matches else -1
        self._show(number)

    def _show(self, number: int) -> None:
        self.follow = False
        middle = self.scrollable_content_region.height // 2
        self.scroll_to(y=max(0, self._row_of(number) - middle), animate=False, force=True)
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        x, row = round(self.scroll_offset.x), round(self.scroll_offset.y) + y
        number = bisect_right(self._rows, row) - 1 if self._rows else row
        base = self.rich_style
        if row >= self._height():
            return Strip.blank(width, base)
        line = self.lines[number]
        if self._rows:
            x, line = 0, _broken(line, max(1, width))[row - self._rows[number]]
        here = self.match >= 0 and self.matches[self.match] == number
        return Strip(_highlight(line, self.query_text, base, here)).crop_extend(x, x + width, base)


def _safe(line: str) -> str:
    return one_line(line.rstrip("\r").replace("\t", "    "))


def _broken(line: str, width: int) -> list[str]:
    """A line in rows of at most `width` cells; an empty one is one row."""
    if len(line) <= width and cell_len(line) <= width:
        return [line]
    return chop_cells(line, width)


def _highlight(line: str, needle: str, base: Style, here: bool) -> list[Segment]:
    """The line with every occurrence of the search text marked, by colour and underline."""
    found = base + Style(color=theme.GROUND, bgcolor=theme.AMBER if here else theme.BLUE, underline=True)
    plain = base + Style(color=theme.RED) if _is_error(line) else base
    if not needle:
        return [Segment(line, plain)]
    segments: list[Segment] = []
    lower, at = line.lower(), 0
    while (hit := lower.find(needle.lower(), at)) >= 0:
        segments += [Segment(line[at:hit], plain), Segment(line[hit : hit + len(needle)], found)]
        at = hit + len(needle)
    return [*segments, Segment(line[at:], plain)]


def _is_error(line: str) -> bool:
    return line.startswith(("Traceback (most recent call last)", "error:", "Error:"))
