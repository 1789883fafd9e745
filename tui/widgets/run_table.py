"""The table of runs. A newer snapshot changes only the cells that differ; the cursor stays with its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widgets import DataTable
from textual.widgets.data_table import RowDoesNotExist

from engine import figures
from engine.store.rows import RunRow
from tui import theme
from tui.text import cell, one_line

Key = Callable[[RunRow], Any]
_LAST = float("inf")
_UNDER_WAY = ("queued", "running", "stopping", "stopped")


@dataclass(frozen=True)
class Column:
    """`width` 0: takes what room is left. `least`: the table's width from which it is shown."""

    key: str
    width: int
    least: int
    order: Key
    right: bool = False


COLUMNS = (
    Column("state", 11, 0, lambda r: list(theme.STATES).index(r.state) if r.state in theme.STATES else 99),
    Column("name", 0, 0, lambda r: r.name.lower()),
    Column("what", 10, 60, lambda r: (r.kind, r.method or "", r.scratch)),
    Column("step", 12, 100, lambda r: r.step, right=True),
    Column("done", 5, 50, lambda r: r.step / r.steps if r.steps else 0.0, right=True),
    Column("train", 7, 120, lambda r: _LAST if r.train_loss is None else r.train_loss, right=True),
    Column("held-out", 8, 66, lambda r: _LAST if r.heldout_loss is None else r.heldout_loss, right=True),
    Column("best", 7, 112, lambda r: _LAST if r.best_heldout_loss is None else r.best_heldout_loss, right=True),
    Column("cost", 7, 76, lambda r: -r.cost.seconds, right=True),
    Column("age", 5, 0, lambda r: -r.created, right=True),
    Column("device", 26, 150, lambda r: r.device),
    Column("about", 30, 180, lambda r: r.note or " ".join(r.tags)),
)


class RunTable(DataTable[Text]):
    """Runs, sorted by one column."""

    sorted_by: reactive[str] = reactive("age")
    turned: reactive[bool] = reactive(False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "curves", tooltip="Open this run in the monitor", id="runs.monitor")
    ]
    DEFAULT_CSS = """
    RunTable:focus { background-tint: $foreground 0%; }
    RunTable > .datatable--header { background: $background; color: $muted; text-style: none; }
    RunTable > .datatable--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, header_height=1, cell_padding=1)
        self.runs: tuple[RunRow, ...] = ()
        self.query_text = ""
        self.now = 0.0
        self.changed = 0
        """Cells written by the last `show`: what a test, or a slow line, wants to know."""
        self._cells: dict[str, tuple[Text, ...]] = {}
        self._order: list[str] = []
        self._shape: tuple[object, ...] = ()

    def show(self, runs: tuple[RunRow, ...], now: float) -> None:
        self.runs, self.now = runs, now
        self._arrange()

    def filter(self, query: str) -> None:
        self.query_text = query
        self._arrange()

    @property
    def run(self) -> RunRow | None:
        """The run under the cursor."""
        if not 0 <= self.cursor_row < len(self._order):
            return None
        chosen = self._order[self.cursor_row]
        return next((run for run in self.runs if run.id == chosen), None)

    def columns_shown(self) -> list[Column]:
        return [column for column in COLUMNS if self.size.width >= column.least]

    def sort_by_next(self) -> None:
        names = [column.key for column in self.columns_shown()]
        at = names.index(self.sorted_by) if self.sorted_by in names else -1
        self.sorted_by, self.turned = names[(at + 1) % len(names)], False

    def watch_sorted_by(self) -> None:
        self._arrange()

    def watch_turned(self) -> None:
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        if event.column_key.value == self.sorted_by:
            self.turned = not self.turned
        elif event.column_key.value:
            self.sorted_by, self.turned = event.column_key.value, False

    # --- drawing --------------------------------------------------------------------------------

    def _visible(self) -> list[RunRow]:
        terms = self.query_text.lower().split()
        found = [run for run in self.runs if all(term in _about(run) for term in terms)]
        column = next(column for column in COLUMNS if column.key == self.sorted_by)
        return sorted(sorted(found, key=lambda r: r.id, reverse=True), key=column.order, reverse=self.turned)

    def _arrange(self) -> None:
        if self.size.width == 0:
            return
        shown = self.columns_shown()
        runs = self._visible()
        order = [run.id for run in runs]
        cells = {run.id: tuple(_cell(column.key, run, self.now) for column in shown) for run in runs}
        shape = (tuple(column.key for column in shown), self.size.width, self.sorted_by, self.turned)
        if shape != self._shape or order != self._order:
            self._rebuild(shown, order, cells)
        else:
            self._renew(shown, cells)
        self._shape, self._order, self._cells = shape, order, cells

    def _renew(self, shown: list[Column], cells: dict[str, tuple[Text, ...]]) -> None:
        """Write the cells that differ."""
        self.changed = 0
        for run_id, row in cells.items():
            for column, new, old in zip(shown, row, self._cells[run_id]):
                if new != old or new.style != old.style:
                    self.update_cell(run_id, column.key, new)
                    self.changed += 1

    def _rebuild(self, shown: list[Column], order: list[str], cells: dict[str, tuple[Text, ...]]) -> None:
        """All rows anew, with the cursor on the run that it was on."""
        before = self._order[self.cursor_row] if 0 <= self.cursor_row < len(self._order) else None
        self.clear(columns=True)
        left = self.size.width - sum(column.width + 2 for column in shown) - 2 - self.scrollbar_size_vertical
        for column in shown:
            arrow = ("▴" if self.turned else "▾") if column.key == self.sorted_by else ""
            label = Text(column.key + arrow, justify="right" if column.right else "left")
            self.add_column(label, width=column.width or max(8, left), key=column.key)
        for run_id in order:
            self.add_row(*cells[run_id], key=run_id)
        self.changed = len(order) * len(shown)
        if before is not None:
            try:
                self.move_cursor(row=self.get_row_index(before), animate=False)
            except RowDoesNotExist:
                return


def _about(run: RunRow) -> str:
    tags = " ".join(f"#{tag}" for tag in run.tags)
    return " ".join((run.name, run.id, run.kind, run.method or "", run.state, run.note, tags)).lower()


def _cell(key: str, run: RunRow, now: float) -> Text:
    match key:
        case "state":
            glyph, colour = theme.STATES.get(run.state, ("?", theme.MUTED))
            return cell(f"{glyph} {run.state}", colour)
        case "name":
            return cell(run.name, theme.BRIGHT)
        case "what":
            return cell("scratch" if run.scratch else run.method or run.kind, theme.MUTED)
        case "step":
            return cell(f"{run.step:,}/{run.steps:,}" if run.steps else "", right=True)
        case "done":
            return cell(f"{run.step / run.steps:.0%}" if run.steps and run.state in _UNDER_WAY else "", right=True)
        case "train":
            return cell(figures.loss(run.train_loss), theme.MUTED, right=True)
        case "held-out":
            return cell(figures.loss(run.heldout_loss), right=True)
        case "best":
            return cell(figures.loss(run.best_heldout_loss), theme.GREEN, right=True)
        case "cost":
            return cell(figures.duration(run.cost.seconds) if run.cost.seconds else "", right=True)
        case "age":
            return cell(figures.age(now - run.created), theme.MUTED, right=True)
        case "device":
            return cell(run.device, theme.MUTED)
        case _:
            return cell(" ".join([*(f"#{one_line(tag)}" for tag in run.tags), run.note]), theme.MUTED)
