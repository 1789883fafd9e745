"""Every run of the workspace in a table: found by a query, in columns of one's own, marked and changed together.

snapshot (runs) ─┐
FilterBox.Found ─┼->  RunTable  ->  cursor, marks  ->  target(), targets(): what the keys of `keys.RUN` act on
views.toml ──────┘                  `runs_view` holds the choices of what is shown
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from tui import keys
from tui.messages import OpenCompare, OpenLaunch, OpenMonitor, OpenPlay, Snapshot
from tui.screens.actions import Target, target_of
from tui.screens.runs_view import RunsView
from tui.widgets.filter_box import FilterBox
from tui.widgets.run_facts import RunFacts
from tui.widgets.run_table import RunTable
from tui.widgets.table import Table

_MODELS = ("pretrain", "branch")
_NO_RUNS = "No runs yet. `graftline demo` makes some; so does b in the lineage."
_NO_MATCH = "No run matches. esc shows all of them again."


class RunsScreen(RunsView):
    """The table of runs, the filter above it and the chosen run's facts below."""

    PLACE = "runs"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.RUNS

    def body(self) -> ComposeResult:
        yield FilterBox(id="filter")
        yield RunTable(id="runs")
        yield RunFacts(id="about")

    def on_mount(self) -> None:
        self.table.focus()
        super().on_mount()
        self.recall()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        changed = snapshot.runs is not self.table.runs
        self.table.nothing = _NO_MATCH if snapshot.runs else _NO_RUNS
        self.table.show(snapshot.runs, self.graft.clock())
        if changed:
            self.box.refresh_found()
            self.ask_values()
        self._describe()

    @on(Table.Moved)
    def _describe(self) -> None:
        self.query_one(RunFacts).show_run(self.table.run, self.graft.clock())

    def action_facts(self) -> None:
        """Put what the chosen run says of itself away, or show it again."""
        facts = self.query_one(RunFacts)
        facts.display = not facts.display

    # --- what the keys act on ---------------------------------------------------------------------

    def target(self) -> Target | None:
        run = self.table.run
        return target_of(run) if run else None

    def targets(self) -> tuple[Target, ...]:
        return tuple(target_of(run) for run in self.table.chosen)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or its group, and go on to the next."""
        table = self.table
        ids = {table.run.id} if table.run else {run.id for run in table.group_runs}
        self._mark(table.marked - ids if ids <= table.marked else table.marked | ids)
        table.action_cursor_down()

    def action_mark_all(self) -> None:
        self._mark(set(self.table.shown_runs()))

    def action_unmark(self) -> None:
        self._mark(set())

    def _mark(self, marked: set[str]) -> None:
        before = self.table.marked
        if marked != before:
            self.table.mark(marked)
            self.graft.undo.add("the marks", lambda: self.table.mark(before), blocks=False)

    # --- going elsewhere --------------------------------------------------------------------------

    @on(Table.Opened)
    def action_monitor(self) -> None:
        if ids := tuple(run.id for run in self.table.chosen):
            self.post_message(OpenMonitor(ids))

    def action_branch(self) -> None:
        run = self.table.run
        if run is not None and run.kind in _MODELS:
            self.post_message(OpenLaunch("branch", base=run.id))
        else:
            self.graft.say("Put the cursor on a pretraining run or a branch to branch from.", severity="warning")

    def action_evaluate(self) -> None:
        if models := self._models():
            self.post_message(OpenLaunch("evaluate", base=models[0], models=models))

    def action_compare(self) -> None:
        if models := self._models():
            self.post_message(OpenCompare(models))

    def action_talk(self) -> None:
        if models := self._models():
            self.post_message(OpenPlay(models))

    def _models(self) -> tuple[str, ...]:
        """What the chosen runs made; says so when that is nothing."""
        models = tuple(run.id for run in self.table.chosen if run.kind in _MODELS)
        if not models:
            self.graft.say("Put the cursor on a run that makes a model, or mark some with space.", severity="warning")
        return models

    # --- filter -----------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.box.open()

    @on(FilterBox.Found)
    def _found(self, event: FilterBox.Found) -> None:
        self.table.found = event.ids
        self.table.change(query=event.query)
        self._remember()
        self._describe()

    @on(FilterBox.Left)
    def _left(self) -> None:
        self.table.focus()

    def action_clear(self) -> None:
        """The filter first, then the marks."""
        if self.box.value:
            self.box.set("")
        elif self.table.marked:
            self.action_unmark()
        self.table.focus()
