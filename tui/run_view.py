"""What the monitor knows of one run at one moment: folded from its journal's events, frozen, and drawn as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.journal import events
from engine.journal.events import Record
from tui.widgets.decimate import Floats

STEP, TOKENS, SECONDS, VALUE = range(4)
"""The columns of a curve's rows."""


@dataclass(frozen=True)
class RunView:
    """A run as of its newest journal line."""

    run_id: str
    name: str = ""
    kind: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    """`model:tiny@1`: what a branch grew from."""
    state: str = "queued"
    device: str = ""
    attempt: int = 0
    resumed: tuple[int, ...] = ()
    """The steps that later attempts started from."""
    started: float | None = None
    """Of the newest attempt, seconds since the epoch."""
    planned: events.Planned | None = None
    progress: events.Progress | None = None
    error: str = ""
    curves: dict[str, Floats] = field(default_factory=dict)
    decisions: tuple[events.Decision, ...] = ()
    checkpoints: tuple[events.Checkpoint, ...] = ()
    """Those still on disk."""
    log: tuple[str, ...] = ()
    """Its newest lines."""
    lines: int = 0
    """How many lines have been read of it."""

    def newest(self, name: str) -> float | None:
        """The last known value of a metric."""
        rows = self.curves.get(name)
        if rows is None:
            return None
        values = rows[np.isfinite(rows[:, 3]), 3]
        return float(values[-1]) if len(values) else None

    @property
    def reached(self) -> tuple[int, int, float]:
        """Step, tokens and seconds of the newest measurement."""
        last = max((rows[-1] for rows in self.curves.values() if len(rows)), key=lambda row: row[0], default=None)
        return (0, 0, 0.0) if last is None else (int(last[0]), int(last[1]), float(last[2]))

    @property
    def best(self) -> tuple[float, int] | None:
        """Lowest held-out loss and its step."""
        rows = self.curves.get("heldout_loss")
        if rows is None or not np.isfinite(rows[:, 3]).any():
            return None
        row = rows[int(np.nanargmin(rows[:, 3]))]
        return float(row[3]), int(row[0])

    def seconds_left(self) -> float | None:
        """At the pace of the last quarter of the steps, up to the step limit; None when it cannot be told."""
        rows = self.curves.get("train_loss")
        steps = self.planned.steps if self.planned else 0
        if rows is None or len(rows) < 2 or not steps:
            return None
        last = rows[-1]
        first = rows[min(int(np.searchsorted(rows[:, 0], last[0] * 0.75)), len(rows) - 2)]
        pace = (last[2] - first[2]) / max(1.0, last[0] - first[0])
        return float(max(0.0, steps - last[0]) * pace)

    def x_of(self, step: int, column: int) -> float:
        """Where a step stands in another column: between the measurements around it."""
        rows = max(self.curves.values(), key=len, default=None)
        if column == STEP or rows is None or not len(rows):
            return float(step)
        return float(np.interp(step, rows[:, STEP], rows[:, column]))


def restarted(view: RunView, event: events.Started, record: Record) -> RunView:
    """The view after the engine came up, without what an earlier attempt did after the step it starts from."""
    return replace(
        view,
        state="running",
        device=event.device or view.device,
        attempt=record.attempt,
        started=record.time,
        resumed=(*(s for s in view.resumed if s < event.from_step), event.from_step) if record.attempt > 1 else (),
        error="",
        decisions=tuple(d for d in view.decisions if d.step <= event.from_step),
        checkpoints=tuple(c for c in view.checkpoints if c.step <= event.from_step),
    )


def folded(view: RunView, event: events.Event) -> RunView:
    """The view after one more event that is neither a measurement nor a start."""
    match event:
        case events.Created():
            return replace(view, name=event.name, kind=event.kind, config=event.config, parents=event.parents)
        case events.Said() if event.text.startswith("device: ") and not view.device:
            return replace(view, device=event.text.removeprefix("device: "))
        case events.Planned():
            return replace(view, planned=event)
        case events.Progress():
            return replace(view, progress=event)
        case events.Decision():
            return replace(view, decisions=(*view.decisions, event))
        case events.Checkpoint():
            kept = tuple(c for c in view.checkpoints if c.step not in event.removed and c.step != event.step)
            return replace(view, checkpoints=(*kept, event))
        case events.Finished():
            return replace(view, state="finished")
        case events.Stopped():
            return replace(view, state="stopped")
        case events.Failed():
            return replace(view, state="failed", error=event.error)
        case events.Cancelled():
            return replace(view, state="cancelled")
    return view
