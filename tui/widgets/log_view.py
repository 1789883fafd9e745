"""Lines of a log: it follows the newest until the reader scrolls away, and shows where a search matched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui import keys, theme
from tui.text import one_line

MOST_LINES = 50_000


class LogView(ScrollView, can_focus=True):
    """Keeps at most `MOST_LINES`; draws only those on screen."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LOG_VIEW

    follow: reactive[bool] = reactive(True)
    query_text: reactive[str] = reactive("")

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.lines: list[str] = []
        self.matches: list[int] = []
        """Line numbers that hold the search text, ascending."""
        self.match = -1
        """Index into `matches`; -1: none chosen."""
        self._wide = 0

    def clear(self) -> None:
        self.lines, self.matches, self.match, self._wide = [], [], -1, 0
        self._measure()

    def add(self, lines: Iterable[str]) -> None:
        """Append lines as they came; they are made safe here."""
        before = len(self.lines)
        self.lines += [one_line(line.rstrip("\r").replace("\t", "    ")) for line in lines]
        if len(self.lines) > MOST_LINES:
            del self.lines[: len(self.lines) - MOST_LINES]
            before = 0
            self._search()
        needle = self.query_text.lower()
        for number in range(before, len(self.lines)):
            self._wide = max(self._wide, cell_len(self.lines[number]))
            if needle and before and needle in self.lines[number].lower():
                self.matches.append(number)
        if needle and not before:
            self._search()
        self._measure()

    def _measure(self) -> None:
        self.virtual_size = Size(self._wide + 1, len(self.lines))
        self.refresh()
        if self.follow:
            self.scroll_end(animate=False, x_axis=False)

    # --- following ------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self.follow = False
        elif round(new_value) >= self.max_scroll_y:
            self.follow = True

    def watch_follow(self, follow: bool) -> None:
        if follow:
            self.scroll_end(animate=False, x_axis=False)

    def action_first(self) -> None:
        self.scroll_home(animate=False)

    def action_newest(self) -> None:
        self.follow = True
        self.scroll_end(animate=False, x_axis=False)

    # --- searching ------------------------------------------------------------------------------

    def watch_query_text(self) -> None:
        self._search()
        self.match = -1
        self.refresh()

    def _search(self) -> None:
        needle = self.query_text.lower()
        self.matches = [n for n, line in enumerate(self.lines) if needle in line.lower()] if needle else []

    def to_match(self, by: int) -> None:
        """Go to the next or the previous match, round the ends."""
        if not self.matches:
            return
        first = 0 if by > 0 else len(self.matches) - 1
        self.match = (self.match + by) % len(self.matches) if self.match >= 0 else first
        self.follow = False
        middle = self.scrollable_content_region.height // 2
        self.scroll_to(y=max(0, self.matches[self.match] - middle), animate=False)
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        x, top = round(self.scroll_offset.x), round(self.scroll_offset.y)
        number = top + y
        base = self.rich_style
        if number >= len(self.lines):
            return Strip.blank(width, base)
        here = self.match >= 0 and self.matches[self.match] == number
        segments = _highlight(self.lines[number], self.query_text, base, here)
        return Strip(segments).crop_extend(x, x + width, base)


def _highlight(line: str, needle: str, base: Style, here: bool) -> list[Segment]:
    """The line with every occurrence of the search text marked, by colour and underline."""
    found = base + Style(color=theme.GROUND, bgcolor=theme.AMBER if here else theme.BLUE, underline=True)
    if not needle:
        return [Segment(line, base + Style(color=theme.RED) if _is_error(line) else base)]
    segments: list[Segment] = []
    lower, at = line.lower(), 0
    while (hit := lower.find(needle.lower(), at)) >= 0:
        segments += [Segment(line[at:hit], base), Segment(line[hit : hit + len(needle)], found)]
        at = hit + len(needle)
    return [*segments, Segment(line[at:], base)]


def _is_error(line: str) -> bool:
    return line.startswith(("Traceback (most recent call last)", "error:", "Error:"))
