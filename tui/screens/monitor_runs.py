"""Which runs the monitor draws: the list beside the charts, its filter, and the keys that choose.

`app.watched` holds the choice, the first run foremost; pinned runs stay first. The order gives runs their colours.
"""

from __future__ import annotations

from textual import on

from engine.store.rows import RunRow
from tui.screens.actions import RunActions
from tui.widgets.chart_grid import ChartGrid
from tui.widgets.filter_box import FilterBox
from tui.widgets.watch_list import WatchList

MOST_RUNS = 64
"""Pairs of colour and marker that differ."""
TRAINS = ("pretrain", "branch")


class MonitorRuns(RunActions):
    """Keys that choose runs. Subclasses give the rest and draw."""

    def __init__(self) -> None:
        super().__init__()
        self.pinned: tuple[str, ...] = ()
        self.runs_bar: bool | None = None
        """What the user said of the list of runs; None: nothing yet."""
        self.facts_bar: bool | None = None

    # --- given by the screen --------------------------------------------------------------------

    @property
    def run_ids(self) -> tuple[str, ...]:
        raise NotImplementedError

    def follow_newest(self) -> None:
        raise NotImplementedError

    def _draw(self) -> None:
        raise NotImplementedError

    def _bars(self, width: int) -> None:
        raise NotImplementedError

    @property
    def grid(self) -> ChartGrid:
        return self.query_one(ChartGrid)

    def rows(self) -> tuple[RunRow, ...]:
        return self.graft.snapshot.runs if self.graft.snapshot else ()

    # --- which runs -----------------------------------------------------------------------------

    def listed(self) -> list[RunRow]:
        """Runs that can be drawn, newest first, as far as the filter lets them through; pinned and drawn ones first."""
        rows = [row for row in reversed(self.rows()) if row.kind in TRAINS or row.id in self.run_ids]
        found = self.query_one(FilterBox).ids
        if found is not None:
            rows = [row for row in rows if row.id in found]
        places = {run_id: place for place, run_id in enumerate(self.run_ids)}
        return sorted(rows, key=lambda row: (row.id not in self.pinned, places.get(row.id, MOST_RUNS)))

    def focused_run(self) -> str:
        """The run under the cursor of the list, when that has the keys."""
        runs = self.query_one(WatchList)
        return runs.here if runs.has_focus else ""

    def action_runs_bar(self) -> None:
        self.runs_bar = not self.has_class("-runs")
        self._after_bars()

    def action_facts_bar(self) -> None:
        self.facts_bar = not self.has_class("-facts")
        self._after_bars()

    def _after_bars(self) -> None:
        if not self.runs_bar and self.query_one(WatchList).has_focus:
            self.grid.focus()
        self._bars(self.size.width)
        self.call_after_refresh(self._draw)

    def action_pick(self) -> None:
        self.runs_bar = True
        self._after_bars()
        self.query_one(WatchList).focus()

    @on(WatchList.Wanted)
    def _wanted(self, event: WatchList.Wanted) -> None:
        {"toggle": self._toggle, "pin": self._pin, "only": self._only}[event.what](event.run_id)

    def _toggle(self, run_id: str) -> None:
        if run_id in self.run_ids:
            self._watch(*(kept for kept in self.run_ids if kept != run_id))
        else:
            self._watch(*self.run_ids, run_id)

    def _only(self, run_id: str) -> None:
        self._watch(run_id)

    def _pin(self, run_id: str) -> None:
        self.pinned = tuple(p for p in self.pinned if p != run_id) if run_id in self.pinned else (*self.pinned, run_id)
        self._watch(*self.run_ids, *((run_id,) if run_id in self.pinned else ()))
        self._draw()

    def _watch(self, *run_ids: str) -> None:
        """Draw these, pinned ones first; the others keep their order, and with it their colours."""
        ids = sorted(dict.fromkeys(run_ids), key=lambda run_id: run_id not in self.pinned)
        if len(ids) > MOST_RUNS:
            self.graft.say(f"The first {MOST_RUNS} are shown: more lines could not be told apart.")
        self.graft.watched = tuple(ids[:MOST_RUNS])

    def action_pin(self) -> None:
        if self.run_ids:
            self._pin(self.run_ids[0])

    def action_watch_all(self) -> None:
        self._watch(*self.run_ids, *(row.id for row in self.listed() if row.state != "queued"))

    def action_clear(self) -> None:
        self._watch(*(self.pinned or self.run_ids[:1]))

    def action_run(self, by: int) -> None:
        ids = [row.id for row in self.rows() if row.kind in TRAINS]
        if self.run_ids and self.run_ids[0] in ids:
            self.graft.watched = (ids[max(0, min(ids.index(self.run_ids[0]) + by, len(ids) - 1))],)

    def action_follow(self) -> None:
        self.follow_newest()
        self.graft.watched = ()
        self.graft.say("Showing whatever run is running.")

    def action_filter_runs(self) -> None:
        self.runs_bar = True
        self._after_bars()
        self.query_one(FilterBox).open()

    @on(FilterBox.Found)
    def _filtered(self) -> None:
        self._draw()

    @on(FilterBox.Left)
    def _left_filter(self) -> None:
        self.query_one(WatchList).focus()
        self._draw()
