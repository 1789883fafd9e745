"""What one run says of itself, in three lines: how it stands, what it grew from, what went wrong or was noted."""

from __future__ import annotations

from textual.content import Content

from engine import figures
from engine.store.rows import RunRow
from tui import theme
from tui.text import cut, one_line, words
from tui.widgets.sized import Sized


class RunFacts(Sized):
    """Empty while no run is chosen."""

    DEFAULT_CSS = "RunFacts { text-wrap: nowrap; text-overflow: ellipsis; }"

    def show_run(self, run: RunRow | None, now: float) -> None:
        """Draw this run as it stands now."""
        self.show(lambda width, height: _facts(run, now, width) if run else Content(""))


def _facts(run: RunRow, now: float, width: int) -> Content:
    from_ = ", ".join(parent.partition(":")[2] or parent for parent in run.parents)
    lines = [
        " · ".join(part for part in (run.id, *_standing(run, now)) if part),
        " · ".join(part for part in (f"from {from_}" if from_ else "from nothing but its sources", run.device) if part),
    ]
    last = words(cut(run.error, width), theme.RED) if run.error else _labels(run, width)
    return Content("\n").join([*(words(cut(line, width), theme.MUTED) for line in lines), last])


def _standing(run: RunRow, now: float) -> tuple[str, ...]:
    done = f"step {run.step:,} of {run.steps:,}" if run.steps else ""
    took = f"took {figures.duration(run.cost.seconds)}" if run.cost.seconds else ""
    best = f"best {figures.loss(run.best_heldout_loss)}" if run.best_heldout_loss is not None else ""
    attempt = f"attempt {run.attempt}" if run.attempt > 1 else ""
    money = f"cost {run.cost.money:.2f}" if run.cost.money else ""
    return done, best, took, money, attempt, f"plan {run.expectation}" if run.expectation else ""


def _labels(run: RunRow, width: int) -> Content:
    tags = " ".join(f"#{one_line(tag)}" for tag in run.tags)
    return Content(" ").join(
        part for part in (words(cut(tags, width), theme.BLUE), words(cut(run.note, width), theme.FAINT)) if part.plain
    )
