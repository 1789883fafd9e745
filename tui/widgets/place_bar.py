"""The line at the top of every place: the places by number, the workspace, and what is running now.

What finds room is decided from the width alone, the richest first; the status at the right is never given up.

    120  ◆ graftline  1 lineage  2 runs  3 monitor ...                  ~/runs  ▶ 2 running · 1 queued
     80  ◆ 1 lineage 2 runs 3 mon 4 comp 5 corp 6 play 7 queue 8 mach 9 logs   ▶ 2+1
     45  ◆ 1 lineage 2 3 4 5 6 7 8 9           ▶ 2+1
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine.store.rows import RunRow
from tui import theme
from tui.frame import Frame
from tui.text import cut, short_path

PLACES = ("lineage", "runs", "monitor", "compare", "corpus", "play", "queue", "machine", "logs")

Form = Literal["full", "short", "number"]
_SHORT = {"monitor": "mon", "compare": "comp", "corpus": "corp", "machine": "mach"}


class _Layout(NamedTuple):
    mark: str
    between: str
    form: Form
    """How places are named; where one is, always in full."""
    short: bool
    """Whether the status is."""


_LAYOUTS = (
    _Layout("◆ graftline  ", "  ", "full", False),
    _Layout("◆ ", "  ", "full", False),
    _Layout("◆ ", "  ", "full", True),
    _Layout("◆ ", " ", "full", True),
    _Layout("◆ ", " ", "short", True),
    _Layout("◆ ", " ", "number", True),
)
"""The richest first."""
_APART = 2
"""Cells between what stands left and what stands right."""


class PlaceBar(Static):
    """Static in one line; the places can be clicked, and the status leads to the queue."""

    DEFAULT_CSS = """
    PlaceBar { dock: top; height: 1; background: $panel; color: $muted; padding: 0 1; text-wrap: nowrap; }
    """

    runs: reactive[tuple[RunRow, ...]] = reactive((), repaint=False)
    at_work: reactive[tuple[int, int]] = reactive((0, 0))
    """Of the runs: how many are running, and how many are queued."""
    waiting: reactive[bool] = reactive(False)
    """The store has not answered yet, or does not answer any more."""
    slow: reactive[bool] = reactive(False)
    """The line to the terminal is slow, and the app spares it."""

    def __init__(self, place: str, home: Path):
        super().__init__()
        self.place, self.home = place, home

    def watch_runs(self, runs: tuple[RunRow, ...]) -> None:
        states = Counter(run.state for run in runs)
        self.at_work = (states["running"] + states["stopping"], states["queued"])

    def render(self) -> Content:
        width = self.content_size.width
        _, left, status = self._fitting(width)
        room = width - left.cell_length - status.cell_length - 2 * _APART
        home = Content.styled(cut(short_path(self.home), room), theme.MUTED) if room >= 12 else Content("")
        right = Content.assemble(home, " " * _APART if home else "", status)
        return left + Content(" " * max(0, width - left.cell_length - right.cell_length)) + right

    def _fitting(self, width: int) -> tuple[_Layout, Content, Content]:
        """The richest form that the width allows, with its places and its status."""
        for layout in _LAYOUTS:
            left, status = self._places(layout), self._status(layout.short)
            if left.cell_length + _APART + status.cell_length <= width:
                break
        return layout, left, status

    def _places(self, layout: _Layout) -> Content:
        parts: list[tuple[str, str] | str] = [(layout.mark, f"bold {theme.GREEN}")]
        for number, (place, name) in enumerate(self._named(layout.form).items(), 1):
            here = place == self.place
            parts += ["" if number == 1 else layout.between, (f"{number}", theme.AMBER if here else theme.MUTED)]
            if name:
                parts += [" ", (name, f"bold {theme.BRIGHT} underline" if here else theme.MUTED)]
        return Content.assemble(*parts)

    def _named(self, form: Form) -> dict[str, str]:
        """What each place is called: where one is, always by its full name."""
        named = {place: place if form == "full" else _SHORT.get(place, place) for place in PLACES}
        if form == "number":
            named = dict.fromkeys(PLACES, "")
        return named | ({self.place: self.place} if self.place in named else {})

    def _status(self, short: bool) -> Content:
        running, queued = self.at_work
        slow = ("≈ " if short else "≈ slow line  ", theme.BLUE) if self.slow else ""
        if self.waiting:
            return Content.assemble(slow, ("… asking", theme.MUTED))
        if not running and not queued:
            return Content.assemble(slow, ("at rest", theme.MUTED))
        glyph, colour = theme.STATES["running" if running else "queued"]
        words = [f"{running} running"] * bool(running) + [f"{queued} queued"] * bool(queued)
        text = f"{running}+{queued}" if short else " · ".join(words)
        return Content.assemble(slow, (f"{glyph} {text}", colour))

    def place_at(self, x: int) -> str:
        """The place that stands at a column of the line; the queue for the status; empty for none."""
        width = self.content_size.width
        layout, _, status = self._fitting(width)
        if x >= width - status.cell_length:
            return "queue"
        at = x - len(layout.mark)
        for place, name in self._named(layout.form).items():
            wide = 1 + len(name) + bool(name)
            if 0 <= at < wide:
                return place
            at -= wide + len(layout.between)
        return ""

    def on_mount(self) -> None:
        if isinstance(self.app, Frame):
            self.watch(self.app, "slow", lambda slow: setattr(self, "slow", slow))

    def on_click(self, event: events.Click) -> None:
        if place := self.place_at(event.x - self.styles.padding.left):
            self.app.switch_mode(place)
