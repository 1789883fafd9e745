"""The runs on screen, followed together by one worker: history from the store in one answer, news from the journals.

    poll(Wanted)  ->  the views that are new, and whether there is more to read already

Each poll takes about `BUDGET` seconds at most, so that the screen keeps answering while 50 journals are caught up
with; the run looked at goes first. A run that ended and has been read to its end is not asked again. Where no store
answers, journals are read from their beginning.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import GraftlineError
from engine.store.rows import CurveRow
from tui.gateway import Gateway
from tui.log_tail import LogTail
from tui.run_feed import RunFeed
from tui.run_view import RunView
from tui.widgets.decimate import Floats

BUDGET = 0.2
READ_BYTES = 1 << 20
"""Of a journal that are read between two looks at the clock: about 5,000 lines."""
LOG_BYTES = 1 << 16
FINE_COLUMNS = 500
FEW = 8
"""Up to so many runs get fine curves; more of them share the same room on screen and in memory."""


@dataclass(frozen=True)
class Wanted:
    run_ids: tuple[str, ...]
    """The first is the one looked at: its log and events are wanted too."""
    ended: frozenset[str] = frozenset()
    """Those that the store knows to write no more."""


@dataclass(frozen=True)
class Polled:
    views: tuple[RunView, ...]
    more: bool
    """There is more to read: poll again at once."""


class RunFeeds:
    """Only ever used by one worker at a time."""

    def __init__(self, gateway: Gateway):
        self._gateway = gateway
        self._feeds: dict[str, RunFeed] = {}

    def poll(self, wanted: Wanted) -> Polled:
        """What is new of the runs that are wanted; others are let go."""
        self._feeds = {run_id: feed for run_id, feed in self._feeds.items() if run_id in wanted.run_ids}
        fresh = [run_id for run_id in wanted.run_ids if run_id not in self._feeds]
        self._begin(fresh, len(wanted.run_ids))
        until = time.monotonic() + (0.0 if fresh else BUDGET)  # what the store holds is drawn before more is read
        views, more = [], False
        for place, run_id in enumerate(wanted.run_ids):
            feed = self._feeds[run_id]
            if feed.settled and run_id in wanted.ended and place > 0:
                continue
            view = feed.poll(until, front=place == 0)
            more = more or not feed.settled
            if view is not None:
                views.append(view)
        return Polled(tuple(views), more)

    def _begin(self, run_ids: list[str], together: int) -> None:
        if not run_ids:
            return
        found: dict[str, list[CurveRow]] = {run_id: [] for run_id in run_ids}
        for row in self._history(run_ids, 1000 if together <= FEW else 250):
            found[row.run_id].append(row)
        for run_id, rows in found.items():
            journal, log = self._gateway.tail(run_id), LogTail(self._gateway.log(run_id), look_back=LOG_BYTES)
            journal.limit = READ_BYTES
            feed = self._feeds[run_id] = RunFeed(run_id, journal, log)
            feed.begin(rows)

    def _history(self, run_ids: list[str], columns: int) -> list[CurveRow]:
        """What the store holds; nothing when it does not answer, since the app says so and the journals are there."""
        try:
            return self._gateway.curves(run_ids, columns=columns)
        except (GraftlineError, OSError):
            return []


def finer(
    gateway: Gateway, asked: Mapping[tuple[str, float, float], Sequence[str]], names: tuple[str, ...]
) -> dict[tuple[str, str], Floats]:
    """Points of a part of the axis, by run and metric. `asked`: column, low and high, and the runs to ask them of.

    Where no store answers there are none, and what is on screen stays as it is.
    """
    found: dict[tuple[str, str], Floats] = {}
    for (column, low, high), run_ids in asked.items():
        try:
            rows = gateway.curves(run_ids, names, x=column, low=low, high=high, columns=FINE_COLUMNS)
        except (GraftlineError, OSError):
            return found
        found |= {(row.run_id, row.name): np.frombuffer(row.points, "<f8").reshape(-1, 4) for row in rows}
    return found
