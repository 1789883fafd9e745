"""Every run of the workspace in a table, with what the chosen one says of itself below."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from engine.store.rows import RunRow
from tui import keys, theme
from tui.messages import OpenMonitor, Snapshot
from tui.screens.actions import RunActions, Target, target_of
from tui.text import words
from tui.widgets.run_table import RunTable


class RunsScreen(RunActions):
    """The table of runs."""

    PLACE = "runs"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.RUNS

    def body(self) -> ComposeResult:
        yield RunTable(id="runs")
        yield Static("No runs yet. `graftline demo` makes some; so does b in the lineage.", id="none")
        yield Input(placeholder="filter: name, kind, state, #tag …", id="filter", select_on_focus=False)
        yield Static(id="about")

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.query_one("#none").display = False
        self.query_one(RunTable).focus()
        super().on_mount()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        table = self.query_one(RunTable)
        table.show(snapshot.runs, self.graft.clock())
        table.display = bool(snapshot.runs)
        self.query_one("#none").display = not snapshot.runs
        self._describe()

    @on(DataTable.RowHighlighted)
    def _describe(self) -> None:
        run = self.query_one(RunTable).run
        self.query_one("#about", Static).update(_about(run) if run else "")

    def target(self) -> Target | None:
        run = self.query_one(RunTable).run
        return target_of(run) if run else None

    @on(DataTable.RowSelected)
    def action_monitor(self) -> None:
        if target := self._target():
            self.post_message(OpenMonitor((target.id,)))

    def action_sort(self) -> None:
        self.query_one(RunTable).sort_by_next()

    def action_turn(self) -> None:
        table = self.query_one(RunTable)
        table.turned = not table.turned

    # --- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self.query_one(RunTable).filter(event.value)
        self._describe()

    @on(Input.Submitted, "#filter")
    def _done_filtering(self, event: Input.Submitted) -> None:
        event.input.display = bool(event.value.strip())
        self.query_one(RunTable).focus()

    def action_clear(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = ""
        box.display = False
        self.query_one(RunTable).focus()


def _about(run: RunRow) -> Content:
    """Three lines: id and device; what it grew from; what went wrong, or the note."""
    device = f" · {run.device}" if run.device else ""
    attempt = f" · attempt {run.attempt}" if run.attempt > 1 else ""
    from_ = ", ".join(parent.partition(":")[2] or parent for parent in run.parents)
    last = words(run.error, theme.RED) if run.error else words(run.note, theme.FAINT)
    return Content("\n").join(
        [
            words(f"{run.id}{device}{attempt}", theme.MUTED),
            words(f"from {from_}" if from_ else "from nothing but its sources", theme.MUTED),
            last,
        ]
    )
