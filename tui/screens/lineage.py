"""Home: the tree of corpora, bases and variants beside the card of the node under the cursor.

wide (100 columns or more)   tree | card, and below the tree what the base cost and saved
narrow                       tree above, the card's first lines below; `]` turns from one to the other
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.timer import Timer

from engine.store.rows import Node
from tui import keys, messages
from tui.lineage_rows import SORTS, Line, base_cost, every, matching
from tui.messages import Snapshot
from tui.next_step import next_step
from tui.node_details import SIBLINGS
from tui.screens.model_actions import ModelActions
from tui.widgets.active_runs import ActiveRuns, active
from tui.widgets.cost_bars import CostBars
from tui.widgets.filter_box import FilterBox
from tui.widgets.lineage_tree import LineageTree
from tui.widgets.next_line import NextLine
from tui.widgets.node_card import NodeCard
from tui.widgets.welcome import Welcome

DEMO_SECONDS = 1.0
"""Between two looks at what the demo says, before it has made anything."""
CARD_DELAY, DETAILS_DELAY = 0.03, 0.1
"""Seconds that the cursor rests on a node before its card is drawn, and then before the store is asked about it."""

_NEED_A_NODE = {binding.action for binding in keys.LINEAGE if isinstance(binding, Binding)} - {
    "pretrain",
    "import",
    "undo",
}
"""Keys that mean nothing in an empty workspace, and are not offered there."""


class LineageScreen(ModelActions):
    """The lineage."""

    PLACE = "lineage"
    CSS_PATH = "lineage.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.LINEAGE

    details: reactive[bool] = reactive(False)
    """The card has been given the tree's room (narrow), or has been put away (wide)."""

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None
        self._wanted = ""
        self._empty = False

    def body(self) -> ComposeResult:
        yield Welcome(id="welcome")
        with Horizontal(id="lineage"):
            with Vertical(id="tree-side"):
                yield LineageTree(id="tree")
                yield FilterBox(id="filter")
                yield ActiveRuns(id="active")
                yield NextLine(id="next")
                yield CostBars(id="cost")
            yield NodeCard(id="card")

    def on_mount(self) -> None:
        self.query_one(Welcome).display = False
        self.query_one("#next").display = False
        self.query_one("#cost").display = False
        self.query_one("#active").display = False
        self.query_one(LineageTree).focus()
        super().on_mount()
        self.watch(self.app, "selection", self._marked)

    # --- what is new ----------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        tree = self.query_one(LineageTree)
        self._turn_to(empty=not snapshot.lineage.roots)
        progress = {r.id: r.step / r.steps for r in snapshot.runs if r.state in ("running", "stopping") and r.steps}
        newer = snapshot.lineage is not tree.lineage
        tree.show(snapshot.lineage, now=self.graft.clock(), progress=progress)
        if newer:
            self.query_one(FilterBox).refresh_found()
        self.query_one(ActiveRuns).runs = active(snapshot.runs) if self.app.size.height >= 30 else ()
        self._show_next(snapshot)
        if self._wanted and tree.go_to(self._wanted):
            self._wanted = ""

    def _turn_to(self, *, empty: bool) -> None:
        """Show the welcome or the tree, with the keyboard in what is shown."""
        welcome = self.query_one(Welcome)
        if self._empty != empty:
            self._empty = empty
            welcome.display = empty
            self.query_one("#lineage").display = not empty
            welcome.take_focus() if empty else self.query_one(LineageTree).focus()
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (self._empty and action in _NEED_A_NODE)

    # --- the first minutes ----------------------------------------------------------------------

    def _show_next(self, snapshot: Snapshot) -> None:
        """What goes on and what comes next, until the method was gone through once."""
        step = next_step(snapshot)
        self.query_one(NextLine).step = step
        if self._empty or step is not None:
            self.graft.ask(self.graft.gateway.demo, self._show_demo, group="demo")

    def _show_demo(self, demo: tuple[bool, list[str]]) -> None:
        if not self.is_attached:
            return  # the answer came while the app was closing
        playing, said = demo
        runs = self.graft.snapshot.runs if self.graft.snapshot else ()
        self.query_one(NextLine).demo = playing
        self.query_one(Welcome).show(runs, playing, said)
        if playing and self._empty:
            self.set_timer(DEMO_SECONDS, self._look_at_demo)

    def _look_at_demo(self) -> None:
        """Its words appear before its first run does, so before there is a newer snapshot."""
        if self._empty:
            self.graft.ask(self.graft.gateway.demo, self._show_demo, group="demo")

    @on(Welcome.Chosen)
    def _begin(self, message: Welcome.Chosen) -> None:
        if message.what in ("corpus", "import"):
            self.post_message(messages.OpenLaunch(message.what))
        elif message.what == "demo":
            self.graft.ask(self.graft.gateway.start_demo, lambda _: self._look_at_demo())
        else:
            self.graft.action_help()

    # --- the cursor -----------------------------------------------------------------------------

    def go_to(self, node_id: str) -> None:
        """Put the cursor on a node now, or as soon as it is there."""
        tree = self.query_one(LineageTree)
        if node_id and tree.view.hits is not None and node_id not in tree.view.hits:
            self.query_one(FilterBox).set("")
        if node_id and not tree.go_to(node_id):
            self._wanted = node_id

    @on(LineageTree.Moved)
    def _moved(self) -> None:
        """The card follows when the cursor rests: a key held down moves the tree only. The first one comes at once."""
        if self._timer is not None:
            self._timer.stop()
        if self.query_one(NodeCard).empty and self.query_one(LineageTree).line is not None:
            self._show_card(0.0)
        else:
            self._timer = self.set_timer(CARD_DELAY, self._show_card)

    def _show_card(self, rest: float = DETAILS_DELAY) -> None:
        """Draw the card, and ask the store about it after a `rest`, seconds; 0: when the card is on screen."""
        tree, snapshot = self.query_one(LineageTree), self.graft.snapshot
        line = tree.line
        progress = tree.progress.get(line.node.run_id or "") if line else None
        self.query_one(NodeCard).show(line, self.graft.clock(), progress)
        self.query_one(CostBars).cost = base_cost(snapshot.lineage, line) if snapshot and line else None
        if line is not None and not line.more:
            self._timer = self.set_timer(rest, lambda: self._ask_details(line)) if rest else None
            if not rest:
                self.call_after_refresh(self._ask_first, line)

    def _ask_first(self, line: Line) -> None:
        """While the store answers, what draws the curve is loaded."""
        self._ask_details(line)
        self.run_worker(partial(import_module, "tui.widgets.curve"), thread=True)

    def _ask_details(self, line: Line) -> None:
        gateway, node = self.graft.gateway, line.node
        around = line.path[-1].children if line.path else ()
        siblings = [one.run_id for one in around if one.run_id and one.method == node.method and one.id != node.id]
        self.graft.ask(
            lambda: gateway.details(node, siblings[:SIBLINGS]), self.query_one(NodeCard).show_details, group="details"
        )

    @on(LineageTree.Opened)
    def _opened(self) -> None:
        self.action_monitor()

    def _marked(self, marked: frozenset[str]) -> None:
        self.query_one(LineageTree).mark(marked)

    # --- room -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.width >= 160, "-wide")
        self.set_class(event.size.height >= 50, "-tall")
        self.query_one(CostBars).short = event.size.height < 30 or event.size.width < 60

    def watch_details(self, details: bool) -> None:
        self.set_class(details, "-turned")

    def action_details(self) -> None:
        self.details = not self.details

    # --- order ----------------------------------------------------------------------------------

    def action_sort(self) -> None:
        tree = self.query_one(LineageTree)
        orders = list(SORTS)
        order = orders[(orders.index(tree.view.sort) + 1) % len(orders)]
        tree.see(sort=order, turned=False)

    def action_turn(self) -> None:
        tree = self.query_one(LineageTree)
        tree.see(turned=not tree.view.turned)

    def action_pin(self) -> None:
        """Pin the chosen nodes, or unpin them when all of them are pinned."""
        tree = self.query_one(LineageTree)
        ids, pinned = {node.id for node in self.chosen()}, tree.view.pinned
        tree.see(pinned=pinned - ids if ids <= pinned else pinned | ids)

    # --- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one(FilterBox).open()

    @on(FilterBox.Found)
    def _found(self, message: FilterBox.Found) -> None:
        tree = self.query_one(LineageTree)
        tree.see(hits=matching(tree.lineage, message.query, message.ids))

    @on(FilterBox.Left)
    def _left_filter(self) -> None:
        self.query_one(LineageTree).focus()

    def action_clear(self) -> None:
        box, card = self.query_one(FilterBox), self.query_one(NodeCard)
        if card.has_focus:
            self.query_one(LineageTree).focus()
        elif box.display:
            box.action_leave()
        elif self.details:
            self.details = False
        else:
            self._mark_only(frozenset())

    # --- the node under the cursor --------------------------------------------------------------

    def node(self) -> Node | None:
        return self.query_one(LineageTree).node

    def chosen(self) -> list[Node]:
        """The marked nodes in the tree's order, else the one under the cursor."""
        tree, marks = self.query_one(LineageTree), self.graft.selection
        marked = [node for node in every(tree.lineage) if node.id in marks] if marks else []
        return marked or ([tree.node] if tree.node else [])

    def action_mark(self) -> None:
        if node := self.node():
            self.graft.selection ^= {node.id}
            self.query_one(LineageTree).action_move(1)

    def action_mark_all(self) -> None:
        shown = {node.id for _, node in self.query_one(LineageTree).outline.hits()}
        self._mark_only(self.graft.selection | shown)

    def action_unmark(self) -> None:
        self._mark_only(frozenset())

    def _mark_only(self, marks: frozenset[str]) -> None:
        """Replace the marks, which undo can bring back."""
        before = self.graft.selection
        if marks != before:
            self.graft.selection = marks
            self.graft.undo.add("the marks", lambda: setattr(self.graft, "selection", before), blocks=False)

    def action_monitor(self) -> None:
        tree = self.query_one(LineageTree)
        if tree.line is not None and tree.line.more:
            tree.action_unfold()
            return
        if tree.node is not None and tree.node.kind == "corpus" and not self.graft.selection:
            self.post_message(messages.OpenCorpus(tree.node.id))
            return
        runs = tuple(dict.fromkeys(node.run_id for node in self.chosen() if node.run_id))
        if runs:
            self.post_message(messages.OpenMonitor(runs))
        else:
            self.graft.say("No run made this, so there is no curve.", severity="warning")
