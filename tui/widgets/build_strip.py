"""A corpus that is being built, or whose building stopped, in two lines above the report of those that are built.

▶ web-mix  reading and measuring  12,304 of ~40,000 documents            ━━━━━━━━━━━──────────── 31 %
  documents/s 1.2K   MB/s 5.1   ETA 2m10s   read 61 MB   memory 312 MB               S stop   l log
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from engine.journal.events import Progress
from engine.journal.pace import pace
from engine.store.rows import RunRow
from tui import theme
from tui.text import cut, words
from tui.widgets.pressable import pressed
from tui.widgets.sized import Sized

_BAR = 40


@dataclass(frozen=True)
class Building:
    """A run that builds a corpus."""

    run: RunRow
    progress: Progress | None = None

    @property
    def going(self) -> bool:
        return self.run.state in ("queued", "running", "stopping")


class BuildStrip(Sized):
    """Hidden while nothing is built."""

    DEFAULT_CSS = "BuildStrip { height: 2; padding: 0 1; background: $surface; text-wrap: nowrap; }"

    def on_mount(self) -> None:
        self.auto_links = False
        self.display = False

    def tell(self, building: Building | None) -> None:
        self.display = building is not None
        if building is not None:
            self.show(lambda width, height: strip(building, width))


def strip(building: Building, width: int) -> Content:
    """Two lines of at most so many cells."""
    run, progress = building.run, building.progress
    glyph, colour = theme.STATES.get(run.state, ("?", theme.MUTED))
    phase, share = _phase(building)
    left = Content.assemble(
        (f"{glyph} ", colour), (cut(run.name, 24), f"bold {theme.BRIGHT}"), (f"  {phase}", theme.MUTED)
    )
    bar = _bar(share, min(_BAR, width - left.cell_length - 7), colour) if share is not None else Content("")
    gap = " " * max(1, width - left.cell_length - bar.cell_length)
    below = Content("  ")
    for label, value in pace(progress) if progress is not None and building.going else []:
        item = Content.assemble((f"{label} ", theme.MUTED), (f"{value}   ", theme.BRIGHT))
        if below.cell_length + item.cell_length > width - 16:
            break
        below += item
    if not building.going and run.error:
        below += words(cut(run.error, width - 20), theme.RED)
    keys = _keys(building)
    below += Content(" " * max(1, width - below.cell_length - keys.cell_length)) + keys
    return Content("\n").join([left + Content(gap) + bar, below])


def _phase(building: Building) -> tuple[str, float | None]:
    """What it does now, and the share that is done of that."""
    run, progress = building.run, building.progress
    if progress is None or run.state in ("queued", "failed", "stopped"):
        return run.state, None
    total = f" of ~{progress.total:,}" if progress.total else ""
    doing = "stopping" if run.state == "stopping" else cut(progress.phase, 32)
    return f"{doing}  {progress.done:,}{total} documents", progress.done / progress.total if progress.total else None


def _bar(share: float, width: int, colour: str) -> Content:
    if width < 8:
        return Content.styled(f"{share:.0%}", theme.BRIGHT)
    full = round(width * min(1.0, share))
    return Content.assemble(("━" * full, colour), ("─" * (width - full), theme.FAINT), (f" {share:4.0%}", theme.BRIGHT))


def _keys(building: Building) -> Content:
    """What can be done about it, to press or to click."""
    key, action = ("S", "stop") if building.going else ("R", "resume")
    made = Content.assemble((key, f"bold {theme.AMBER}"), (f" {action}", theme.MUTED))
    return pressed(made, f"screen.{action}")
