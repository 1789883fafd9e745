"""What the monitor knows of one run, followed through its journal and log without the database.

    RunFeed.poll()   on a worker thread: reads what is new      ->  RunView   frozen, drawn on the app's thread

A view's arrays are slices of buffers that only ever grow at their end, so handing one over copies nothing and no
later poll changes it. What a resumed attempt takes back is cut away, as `journal.reader.superseding` does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from engine.journal import events
from engine.journal.events import Record
from engine.journal.reader import Tail
from tui.log_tail import LogTail
from tui.widgets.decimate import Floats

AXES = ("step", "tokens", "time")
"""The first three columns of a curve's array; the fourth is the value."""
LOG_LINES = 200


class Track:
    """Rows (step, tokens, seconds, value), appended one by one."""

    def __init__(self) -> None:
        self._rows: Floats = np.empty((256, 4))
        self._count = 0

    def add(self, step: int, tokens: int, seconds: float, value: float | None) -> None:
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._count] = (step, tokens, seconds, np.nan if value is None else value)
        self._count += 1

    def cut(self, step: int) -> None:
        """Forget what was measured after `step`, in a new buffer: views of the old one stay as they are."""
        kept = int(np.searchsorted(self._rows[: self._count, 0], step, side="right"))
        self._rows, self._count = self._rows.copy(), kept

    @property
    def rows(self) -> Floats:
        return self._rows[: self._count]


@dataclass(frozen=True)
class RunView:
    """A run as of its newest journal line."""

    run_id: str
    name: str = ""
    kind: str = ""
    state: str = "queued"
    device: str = ""
    attempt: int = 0
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

    def x_of(self, step: int, axis: str) -> float:
        """Where a step stands on another axis: between the measurements around it."""
        column = AXES.index(axis)
        rows = max(self.curves.values(), key=len, default=None)
        if column == 0 or rows is None or not len(rows):
            return float(step)
        return float(np.interp(step, rows[:, 0], rows[:, column]))


class RunFeed:
    """Follows one run. Only ever used by one worker at a time."""

    def __init__(self, run_id: str, journal: Tail, log: LogTail):
        self._journal, self._log_tail = journal, log
        self._tracks: dict[str, Track] = {}
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._view = RunView(run_id)

    def poll(self) -> RunView | None:
        """The run as it is now; None when nothing is new since the last poll."""
        lines = self._log_tail.poll()
        self._log.extend(lines)
        new = bool(lines)
        while records := self._journal.poll():
            new = True
            for record in records:
                self._take(record)
        if not new:
            return None
        curves = {name: track.rows for name, track in self._tracks.items() if len(track.rows)}
        self._view = replace(self._view, curves=curves, log=tuple(self._log))
        return self._view

    def _take(self, record: Record) -> None:
        event = record.event
        if isinstance(event, events.Metrics):
            for name, value in event.values.items():
                self._tracks.setdefault(name, Track()).add(event.step, event.tokens, event.seconds, value)
        elif isinstance(event, events.Started):
            self._restart(event, record)
        else:
            self._view = _fold(self._view, event)

    def _restart(self, event: events.Started, record: Record) -> None:
        for track in self._tracks.values():
            track.cut(event.from_step)
        view = self._view
        self._view = replace(
            view,
            state="running",
            device=event.device or view.device,
            attempt=record.attempt,
            started=record.time,
            error="",
            decisions=tuple(d for d in view.decisions if d.step <= event.from_step),
            checkpoints=tuple(c for c in view.checkpoints if c.step <= event.from_step),
        )


def _fold(view: RunView, event: events.Event) -> RunView:
    """The view after one more event that is neither a measurement nor a start."""
    match event:
        case events.Created():
            return replace(view, name=event.name, kind=event.kind)
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
