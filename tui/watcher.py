"""What happened to runs between two snapshots that somebody who is not looking would want to be told.

    snapshot before, snapshot after  ->  endings: who finished, failed or stopped
    events of a run that runs        ->  flattened: its held-out loss has stopped falling

Pure: telling is `tui.tell`'s. Cancelled runs are no news: somebody just did that, here or at the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine import figures
from engine.store.rows import EventRow, RunRow
from tui.messages import Snapshot

ACTIVE = ("queued", "running", "stopping")
ENDED = ("finished", "failed", "stopped")


@dataclass(frozen=True)
class News:
    """One thing that happened to one run. `why` and `name` are foreign text."""

    run_id: str
    name: str
    kind: str
    what: str
    """finished | failed | stopped | flattened"""
    why: str = ""

    @property
    def sentence(self) -> str:
        what = "has flattened" if self.what == "flattened" else self.what
        return f"{self.name} {what}: {self.why}" if self.why else f"{self.name} {what}"


def endings(before: Snapshot | None, after: Snapshot, since: float) -> list[News]:
    """The runs that ended between the two. What ended before `since` (epoch seconds) is old news, however new here."""
    if before is None or before.runs is after.runs:
        return []
    known = {run.id: run.state for run in before.runs}
    return [
        News(run.id, run.name, run.kind, run.state, _why(run))
        for run in after.runs
        if run.state in ENDED and (known.get(run.id) in ACTIVE or (run.id not in known and (run.ended or 0.0) >= since))
    ]


def _why(run: RunRow) -> str:
    if run.error:
        return run.error
    loss = run.best_heldout_loss
    parts = [f"held-out {figures.loss(loss)}"] if loss is not None else []
    return ", ".join([*parts, figures.duration(run.cost.seconds)] if run.cost.seconds else parts)


def flattened(run: RunRow, events: Iterable[EventRow], since: float) -> News | None:
    """That a run's held-out loss has flattened, if its events say so. `since`: as in `endings`."""
    for event in events:
        if event.type == "decision" and event.text.startswith("plateau ") and event.time >= since:
            return News(run.id, run.name, run.kind, "flattened", event.text.partition(": ")[2])
    return None
