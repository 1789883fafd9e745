"""The queue: what runs, what waits and in which order, and the keys that change that order.

snapshot  ->  on a worker: gateway.waiting()  ->  QueueList
K, J, A   ->  the new order is drawn at once  ->  gateway.reorder, one at a time, the newest order last
"""

from __future__ import annotations

import threading
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList, Static

from engine import figures
from engine.store.rows import RunRow
from tui import keys, theme
from tui.messages import OpenLaunch, OpenMonitor, Snapshot
from tui.screens.actions import RunActions, Target
from tui.text import words
from tui.widgets.queue_list import Queue, QueueList

LOOK_SECONDS = 2.0
"""Another app, or the command line, may change the order: it is asked for this often."""


class QueueScreen(RunActions):
    """What runs and what waits."""

    PLACE = "queue"
    CSS_PATH = "queue.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.QUEUE

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] = []
        self._wanted: tuple[str, ...] | None = None
        """The order last asked for, until it is on its way to the supervisor."""
        self._turn = threading.Lock()
        self._expected: dict[str, float | None] = {}
        """Seconds that waiting runs will take at most; asked once for each."""

    def body(self) -> ComposeResult:
        yield Static(id="summary")
        yield QueueList(id="queue")
        yield Static(_EMPTY, id="none")
        yield Static(id="about")

    def on_mount(self) -> None:
        self.query_one(QueueList).focus()
        self.set_interval(LOOK_SECONDS, self._look)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._draw()
        self._look()

    def _look(self) -> None:
        """Ask for the order, which no snapshot tells, while there is one to see."""
        if self.is_current and self._queue.waiting:
            self.graft.ask(self.graft.gateway.waiting, self._ordered, group="queue.waiting")
            self._expect()

    def _expect(self) -> None:
        """Ask how long what waits will take, as far as it was not asked yet."""
        snapshot = self.graft.snapshot
        unknown = [run for run in self._queue.waiting if run.id not in self._expected]
        if snapshot is not None and unknown:
            gateway, runs = self.graft.gateway, snapshot.runs
            self.graft.ask(lambda: gateway.expected(unknown, runs), self._told, group="queue.expected")

    def _told(self, seconds: dict[str, float | None]) -> None:
        self._expected |= seconds
        self._draw()

    def _ordered(self, order: list[str]) -> None:
        if self._wanted is None and order != self._order:
            self._order = order
            self._draw()

    @property
    def _queue(self) -> Queue:
        snapshot = self.graft.snapshot
        return Queue.of(snapshot.runs if snapshot else (), self._order, self._expected)

    def _draw(self) -> None:
        queue, chosen = self._queue, self.query_one(QueueList)
        chosen.show(queue, self.graft.clock())
        chosen.display = queue != Queue()
        self.query_one("#none").display = queue == Queue()
        self.query_one("#summary", Static).update(_summary(queue), layout=False)
        self._describe()

    # --- the run under the cursor ---------------------------------------------------------------

    @property
    def _run(self) -> RunRow | None:
        run_id, snapshot = self.query_one(QueueList).run_id, self.graft.snapshot
        return next((run for run in snapshot.runs if run.id == run_id), None) if snapshot else None

    def target(self) -> Target | None:
        run = self._run
        return Target(run.id, run.name, run.id, run.state) if run else None

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        run = self._run
        self.query_one("#about", Static).update(_about(run) if run else "", layout=False)

    @on(OptionList.OptionSelected)
    def action_monitor(self) -> None:
        if target := self._target():
            self.post_message(OpenMonitor((target.id,)))

    def action_pretrain(self) -> None:
        self.post_message(OpenLaunch("pretrain"))

    # --- the order ------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Earlier (-1) or later (1) by one place."""
        order = [run.id for run in self._queue.waiting]
        if (at := self._place(order)) is not None and 0 <= at + step < len(order):
            order[at], order[at + step] = order[at + step], order[at]
            self._reorder(order)

    def action_first(self) -> None:
        order = [run.id for run in self._queue.waiting]
        if (at := self._place(order)) is not None and at > 0:
            self._reorder([order[at], *order[:at], *order[at + 1 :]])

    def _place(self, order: list[str]) -> int | None:
        """Where the chosen run waits; says so when it does not."""
        run = self._run
        if run is not None and run.id in order:
            return order.index(run.id)
        self.graft.say("Only a waiting run has a place in the queue.", severity="warning")
        return None

    def _reorder(self, order: list[str]) -> None:
        self._order, self._wanted = order, tuple(order)
        self._draw()
        self.graft.ask(self._deliver, self._delivered)

    def _deliver(self) -> list[str]:
        """On a worker: send the newest order that nobody has sent yet, one at a time. Ids that were skipped."""
        try:
            with self._turn:
                wanted, self._wanted = self._wanted, None
                return self.graft.gateway.reorder(wanted) if wanted else []
        finally:
            self.app.call_from_thread(self._look)

    def _delivered(self, skipped: list[str]) -> None:
        names = {run.id: run.name for run in self.graft.snapshot.runs} if self.graft.snapshot else {}
        for run_id in skipped:
            text = f"{names.get(run_id, run_id)} does not wait any more: it was left where it is."
            self.graft.say(text, severity="warning")


_EMPTY = """Nothing runs and nothing waits.

P pretrains a base; b in the lineage branches a variant off one.
What is launched while something runs waits here, and K and J change the order."""


def _summary(queue: Queue) -> Content:
    """How much there is, and how long what runs still takes at most."""
    running, waiting = len(queue.running), len(queue.waiting)
    lefts = [left for run in queue.running if (left := run.seconds_left) is not None]
    takes = [seconds for run in queue.waiting if (seconds := queue.expected.get(run.id)) is not None]
    free = f", a place is free in at most {figures.duration(min(lefts))}" if lefts and waiting else ""
    free += f"; what waits takes at most ~{figures.duration(sum(takes))}" if takes and len(takes) == waiting else ""
    return Content.assemble(
        (f"{running}", f"bold {theme.BRIGHT}"), (" running · ", theme.MUTED),
        (f"{waiting}", f"bold {theme.BRIGHT}"), (f" waiting{free}", theme.MUTED),
    )  # fmt: skip


def _about(run: RunRow) -> Content:
    """Two lines: id, what it came from, device; what went wrong, or the note and tags."""
    from_ = ", ".join(parent.partition(":")[2] or parent for parent in run.parents)
    parts = [run.id, f"from {from_}" if from_ else "", run.device]
    tags = " ".join(f"#{tag}" for tag in run.tags)
    last = words(run.error, theme.RED) if run.error else words("  ".join([tags, run.note]).strip(), theme.FAINT)
    return Content("\n").join([words(" · ".join(part for part in parts if part), theme.MUTED), last])
