"""The machine: processors, memory, disk, GPUs, their last ten minutes, and the processes on them.

once a second while it is on screen, on a worker: gateway.watch.look()  ->  gauges, table
when it is opened: gateway.machine(since)  ->  the minutes before, from what the supervisor recorded
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable, Static

from engine.store.rows import MachineNow, MachineRow
from tui import keys, theme
from tui.messages import OpenMonitor, Snapshot
from tui.screens.actions import RunActions, Target
from tui.text import cut, words
from tui.widgets.machine_gauges import HISTORY_SECONDS, Sample, gauges
from tui.widgets.process_table import ProcessTable
from tui.widgets.sized import Sized

LOOK_SECONDS = 1.0


class MachineScreen(RunActions):
    """What is used of this machine, and by whom."""

    PLACE = "machine"
    CSS_PATH = "machine.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.MACHINE

    def __init__(self) -> None:
        super().__init__()
        self._now: MachineNow | None = None
        self._samples: deque[Sample] = deque(maxlen=2000)
        self._still = False

    def body(self) -> ComposeResult:
        yield Sized(id="gauges")
        yield ProcessTable(id="processes")
        yield Static(id="about")

    def on_mount(self) -> None:
        self.query_one(ProcessTable).focus()
        self.graft.ask(lambda: self.graft.gateway.machine(self.graft.clock() - HISTORY_SECONDS), self._recorded)
        self.set_interval(LOOK_SECONDS, self._look)

    def on_screen_resume(self) -> None:
        self._look()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._draw()

    # --- looking --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Look, unless nobody sees it, a look is under way, or the picture is held still."""
        if not self.is_current or (self._still and self._now is not None) or self._looking:
            return
        self.graft.ask(lambda: self.graft.gateway.watch.look(), self._looked, group="machine.look")

    @property
    def _looking(self) -> bool:
        return any(worker.group == "machine.look" and not worker.is_finished for worker in self.app.workers)

    def _looked(self, now: MachineNow) -> None:
        self._now = now
        self._samples.append((now.time, now.cpu_percent, 100 * now.memory_used / max(1, now.memory_total)))
        self._draw()

    def _recorded(self, rows: list[MachineRow]) -> None:
        """What the supervisor recorded before this place was opened; what is newer was seen here."""
        first = self._samples[0][0] if self._samples else float("inf")
        earlier = [
            (r.time, r.cpu_percent, 100 * r.memory_used / max(1, r.memory_total)) for r in rows if r.time < first
        ]
        self._samples.extendleft(reversed(earlier))
        self._draw()

    # --- drawing --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        now = self._now
        if now is None:
            return
        self._draw_gauges(now)
        names = {run.id: run.name for run in self.graft.snapshot.runs} if self.graft.snapshot else {}
        self.query_one(ProcessTable).show(now.processes, names, now.time)
        self._describe()

    def _draw_gauges(self, now: MachineNow) -> None:
        """Their height changes only when there is more or less to show: else every second would lay out anew."""
        room = self.size.height - len(now.gpus) if self.size.width >= 60 else 0
        rows = 0 if room < 21 else 3 if room < 34 else 6
        picture = gauges(now, tuple(self._samples), self.size.width - 2, rows)
        box, height = self.query_one("#gauges", Sized), picture.plain.count("\n") + 2
        if box.styles.height is None or box.styles.height.value != height:
            box.styles.height = height
        box.show(lambda *_: picture)

    @on(DataTable.RowHighlighted)
    def _describe(self) -> None:
        """The whole command of the process under the cursor, and how many there are."""
        process, now = self.query_one(ProcessTable).process, self._now
        if now is None:
            return
        ours = sum(bool(found.run_id) for found in now.processes)
        still = " · held still, space goes on" if self._still else ""
        counts = words(f"{len(now.processes)} processes, {ours} of runs here{still}", theme.FAINT)
        command = words(cut(process.command, 400), theme.MUTED) if process else Content("")
        self.query_one("#about", Static).update(Content("\n").join([command, counts]), layout=False)

    # --- keys -----------------------------------------------------------------------------------

    def target(self) -> Target | None:
        process, snapshot = self.query_one(ProcessTable).process, self.graft.snapshot
        if process is None or not process.run_id or snapshot is None:
            return None
        run = next((run for run in snapshot.runs if run.id == process.run_id), None)
        return Target(run.id, run.name, run.id, run.state) if run else None

    @on(DataTable.RowSelected)
    def action_monitor(self) -> None:
        if (target := self.target()) is not None:
            self.post_message(OpenMonitor((target.id,)))
        else:
            self.graft.say("This process belongs to no run here.", severity="warning")

    def action_sort(self) -> None:
        self.query_one(ProcessTable).sort_by_next()

    def action_turn(self) -> None:
        table = self.query_one(ProcessTable)
        table.turned = not table.turned

    def action_ours(self) -> None:
        table = self.query_one(ProcessTable)
        table.only_ours = not table.only_ours

    def action_still(self) -> None:
        self._still = not self._still
        self._describe()
