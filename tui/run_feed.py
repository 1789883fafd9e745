"""One run, followed through its journal and log without the database.

    begin(curves)   what the store holds already, thinned    \\
    poll(until)     what the journal and the log say since   ->  RunView   frozen, drawn on the app's thread

A view's arrays are slices of buffers that only ever grow at their end, so handing one over copies nothing and no
later poll changes it. What a resumed attempt takes back is cut away, as `journal.reader.superseding` does.

A journal of a million steps is mostly measurements. What the store has of them is not read again: of that part only
the rare other lines (decisions, checkpoints) are, and only of the run that is looked at.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from engine.journal import events
from engine.journal.events import Record
from engine.journal.reader import MEASUREMENT, Tail, read
from engine.store.rows import CurveRow
from tui.log_tail import LogTail
from tui.run_view import RunView, folded, restarted
from tui.track import Track

__all__ = ["RunFeed", "RunView"]

LOG_LINES = 200
HEAD_BYTES = 1 << 16
"""Of a journal's beginning: where it says what the run is and what it plans."""
PAST_BYTES = 4 << 20
"""Of the past that are passed over at a time."""


class RunFeed:
    """Follows one run. Only ever used by one worker at a time."""

    def __init__(self, run_id: str, journal: Tail, log: LogTail, *, clock: Callable[[], float] = time.monotonic):
        self._journal, self._log_tail, self._clock = journal, log, clock
        self._tracks: dict[str, Track] = {}
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._lines = 0
        self._view = RunView(run_id)
        self._past = self._known = 0
        """Bytes of the store's part of the journal: read so far for what is no measurement, and altogether."""
        self._old = self._view
        self._since: list[Record] = []
        """What came after the store's part while that was still being read."""
        self.settled = False
        """Everything that was there has been read."""

    def begin(self, curves: Sequence[CurveRow]) -> bool:
        """Take over what the store holds; True when that was anything. Before the first `poll`."""
        if not curves:
            return False
        self._tracks = {one.name: Track(np.frombuffer(one.points, "<f8").reshape(-1, 4)) for one in curves}
        self._known = self._journal.offset = min(one.offset for one in curves)
        head = read(self._journal.path, 0, min(HEAD_BYTES, self._known), without=MEASUREMENT)
        self._past = head.offset
        for record in head.records:
            self._old = _after(self._old, record)
        self._view = replace(self._old, attempt=max(one.attempt for one in curves))
        return True

    def poll(self, until: float = math.inf, *, front: bool = True) -> RunView | None:
        """The run as it is now; None when nothing is new since the last poll.

        Stops reading when the clock says `until`, and goes on at the next poll; `settled` tells which. `front`: the
        run is the one looked at, so its log and its past events are wanted too.
        """
        lines = self._log_tail.poll() if front else []
        self._log.extend(lines)
        self._lines += len(lines)
        new = self._follow(until)
        past = self._look_back(until) if front else False
        self.settled = self._settled(until) and (not front or self._past >= self._known)
        if not (new or past or lines) and self._view.curves.keys() == self._tracks.keys():
            return None
        curves = {name: track.rows for name, track in self._tracks.items() if len(track.rows)}
        self._view = replace(self._view, curves=curves, log=tuple(self._log), lines=self._lines)
        return self._view

    def _follow(self, until: float) -> bool:
        new = False
        while records := self._journal.poll():
            new = True
            for record in records:
                self._take(record)
            if self._clock() >= until:
                break
        return new

    def _settled(self, until: float) -> bool:
        return until == math.inf or self._clock() < until

    def _take(self, record: Record) -> None:
        event = record.event
        if isinstance(event, events.Metrics):
            for name, value in event.values.items():
                self._tracks.setdefault(name, Track()).add(event.step, event.tokens, event.seconds, value)
            return
        if isinstance(event, events.Started):
            for track in self._tracks.values():
                track.cut(event.from_step)
        if self._past < self._known:
            self._since.append(record)
        self._view = _after(self._view, record)

    def _look_back(self, until: float) -> bool:
        """Read on in the store's part of the journal; True when its end was reached just now."""
        if self._past >= self._known:
            return False
        while self._past < self._known and self._clock() < until:
            limit = min(PAST_BYTES, self._known - self._past)
            chunk = read(self._journal.path, self._past, limit, without=MEASUREMENT)
            for record in chunk.records:
                self._old = _after(self._old, record)
            self._past = chunk.offset if chunk.offset > self._past else self._known
        if self._past < self._known:
            return False
        self._view = self._old
        for record in self._since:
            self._view = _after(self._view, record)
        self._since = []
        return True


def _after(view: RunView, record: Record) -> RunView:
    if isinstance(record.event, events.Started):
        return restarted(view, record.event, record)
    return folded(view, record.event)
