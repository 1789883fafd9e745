"""The line at the top of every place: the places by number, the workspace, and what is running now."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine.store.rows import RunRow
from tui import theme
from tui.text import cut

PLACES = ("lineage", "runs", "monitor", "compare", "corpus", "play", "queue", "machine", "logs")


class PlaceBar(Static):
    """Static in one line; the places can be clicked."""

    DEFAULT_CSS = """
    PlaceBar { dock: top; height: 1; background: $panel; color: $muted; padding: 0 1; text-wrap: nowrap; }
    """

    runs: reactive[tuple[RunRow, ...]] = reactive((), layout=False)
    waiting: reactive[bool] = reactive(False)
    """The store has not answered yet, or does not answer any more."""

    def __init__(self, place: str, home: Path):
        super().__init__()
        self.place, self.home = place, home

    def render(self) -> Content:
        parts: list[tuple[str, str] | str] = [(self._mark(), f"bold {theme.GREEN}")]
        for number, place in enumerate(PLACES, 1):
            here = place == self.place
            parts.append((f"{number}", theme.AMBER if here else theme.FAINT))
            parts += [" ", (place, f"bold {theme.BRIGHT} underline" if here else theme.MUTED), "  "]
        left = Content.assemble(*parts)
        status = self._status()
        room = self.content_size.width - left.cell_length - status.cell_length - 3
        home = Content.styled(cut(_short(self.home), room), theme.FAINT) if room >= 12 else Content("")
        gap = self.content_size.width - left.cell_length - status.cell_length - home.cell_length
        return left + Content(" " * max(0, gap - 3)) + home + Content("   " if gap >= 3 else "") + status

    def _mark(self) -> str:
        return "◆ " if self.size.width < 100 else "◆ graftline   "

    def _status(self) -> Content:
        short = self.size.width < 100
        running = sum(run.state in ("running", "stopping") for run in self.runs)
        queued = sum(run.state == "queued" for run in self.runs)
        parts: list[tuple[str, str] | str] = []
        if self.waiting:
            parts.append(("… asking", theme.MUTED))
        elif running or queued:
            glyph, colour = theme.STATES["running" if running else "queued"]
            words = [f"{running} running"] * bool(running) + [f"{queued} queued"] * bool(queued)
            parts.append((f"{glyph} {running}+{queued}" if short else f"{glyph} {' · '.join(words)}", colour))
        else:
            parts.append(("at rest", theme.MUTED))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        at = event.x - self.styles.padding.left - len(self._mark())
        for place in PLACES:
            if 0 <= at < len(place) + 2:
                self.app.switch_mode(place)
                return
            at -= len(place) + 4


def _short(home: Path) -> str:
    """The workspace with `~` for the user's folder."""
    try:
        return f"~/{home.relative_to(Path.home())}"
    except ValueError:
        return str(home)
