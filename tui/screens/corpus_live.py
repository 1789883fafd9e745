"""The corpus that is being built, followed through its journal while the corpus screen is looked at.

snapshot  ->  which run: one that builds or waits to; else the newest, when it stopped short
a tick    ->  worker: what its journal says since  ->  the strip above the report
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.journal.events import Progress
from engine.journal.reader import Tail
from engine.store.rows import RunRow
from tui.messages import Snapshot
from tui.screens.actions import RunActions, Target, target_of
from tui.widgets.build_strip import Building, BuildStrip

_GOING = ("running", "stopping", "queued")
_SHORT = ("stopped", "failed")


class CorpusLive(RunActions):
    """`S` stops and `R` resumes what the strip shows."""

    def __init__(self) -> None:
        super().__init__()
        self._building: Building | None = None
        self._tail: Tail | None = None
        self._polling = False
        self._followed = ""
        """The run that was last seen building."""

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(self.graft.repaint_seconds, self._follow)

    def target(self) -> Target | None:
        return target_of(self._building.run) if self._building is not None else None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        run, before = building(snapshot.runs), self._building
        if run is None:
            self._building = self._tail = None
        elif before is None or before.run.id != run.id:
            self._building, self._tail = Building(run), self.graft.gateway.tail(run.id)
        else:
            self._building = Building(run, before.progress)
        if run is not None and run.state in _GOING:
            self._followed = run.id
        self._follow()
        self.query_one(BuildStrip).tell(self._building)

    def _follow(self) -> None:
        tail = self._tail
        if tail is not None and self.is_current and not self._polling:
            self._polling = True
            self.graft.ask(lambda: (tail, newest(tail)), self._told, group="building")

    def _told(self, found: tuple[Tail, Progress | None]) -> None:
        tail, progress = found
        self._polling = False
        if progress is not None and tail is self._tail and self._building is not None:
            self._building = Building(self._building.run, progress)
            for strip in self.query(BuildStrip):  # none once the app is being left
                strip.tell(self._building)


def building(runs: Sequence[RunRow]) -> RunRow | None:
    """The corpus run to show: one that is going, the first to run before those that wait; else one cut short last."""
    corpora = sorted((run for run in runs if run.kind == "corpus"), key=lambda run: run.created)
    going = [run for state in _GOING for run in corpora if run.state == state]
    if going:
        return going[0]
    return corpora[-1] if corpora and corpora[-1].state in _SHORT else None


def newest(tail: Tail) -> Progress | None:
    """The newest progress that a journal tells since the last look."""
    found = None
    while records := tail.poll():
        found = next((one.event for one in reversed(records) if isinstance(one.event, Progress)), found)
    return found
