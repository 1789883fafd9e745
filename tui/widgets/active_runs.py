"""What runs and what waits, one line each, with how far it has come: the home screen's glance at the present."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine import figures
from engine.store.rows import RunRow
from tui import theme
from tui.text import fit

MOST = 5
"""Lines; what is more is counted."""


class ActiveRuns(Static):
    """Hidden when nothing runs or waits."""

    DEFAULT_CSS = """
    ActiveRuns { height: auto; padding: 0 1; text-wrap: nowrap; }
    """

    runs: reactive[tuple[RunRow, ...]] = reactive(())

    def watch_runs(self, before: tuple[RunRow, ...], now: tuple[RunRow, ...]) -> None:
        self.display = bool(now)
        if len(before) != len(now):
            self.refresh(layout=True)

    def render(self) -> Content:
        lines = [_line(run, self.content_size.width) for run in self.runs[:MOST]]
        if len(self.runs) > MOST:
            lines.append(Content.styled(f"  and {len(self.runs) - MOST} more", theme.MUTED))
        return Content("\n").join(lines)


def active(runs: tuple[RunRow, ...]) -> tuple[RunRow, ...]:
    """What runs, then what waits, each oldest first."""
    rank = {"running": 0, "stopping": 0, "queued": 1}
    return tuple(sorted((r for r in runs if r.state in rank), key=lambda r: (rank[r.state], r.created)))


def _line(run: RunRow, width: int) -> Content:
    glyph, colour = theme.STATES[run.state]
    name = fit(run.name, min(24, width // 3))
    if run.state == "queued":
        return Content.assemble((f"{glyph} ", colour), name, (f" {run.kind}, waiting", theme.MUTED))
    done = f"{run.step:,}/{run.steps:,}" if run.steps else run.kind
    loss = f"  held-out {figures.loss(run.heldout_loss)}" if run.heldout_loss is not None and width >= 50 else ""
    tail = f" {done:>13}{loss}"
    room = max(0, width - len(name) - len(tail) - 4)
    full = round(room * min(1.0, run.step / run.steps)) if run.steps else 0
    return Content.assemble(
        (f"{glyph} ", colour), name + " ", ("━" * full, colour), ("─" * (room - full), theme.FAINT), (tail, theme.MUTED)
    )
