"""Processes, ours first by the name of their run, then the rest, in the order one asks for.

Every second brings another order; rows stay where they are, and only cells whose text differs are written. The cursor
goes with its process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.reactive import reactive
from textual.widgets import DataTable

from engine import figures
from engine.store.rows import ProcessRow
from tui import keys, theme
from tui.text import cell

MOST = 200
"""Rows shown; the busiest of a large machine."""


@dataclass(frozen=True)
class Column:
    """`width` 0: what room is left. `least`: the table's width from which it is shown."""

    key: str
    width: int
    least: int
    order: Callable[[ProcessRow], object]
    right: bool = True


COLUMNS = (
    Column("pid", 8, 50, lambda p: p.pid),
    Column("cpu", 6, 0, lambda p: (-round(p.cpu_percent), -p.memory)),
    Column("memory", 8, 0, lambda p: -p.memory),
    Column("gpu memory", 12, 70, lambda p: -p.gpu_memory),
    Column("for", 7, 60, lambda p: p.started),
    Column("user", 10, 90, lambda p: p.user, right=False),
    Column("run or command", 0, 0, lambda p: p.command.lower(), right=False),
)


class ProcessTable(DataTable[Text]):
    """One row a process."""

    BINDINGS: ClassVar[list[BindingType]] = keys.PROCESSES
    DEFAULT_CSS = """
    ProcessTable { background: $background; scrollbar-size-horizontal: 0; }
    ProcessTable:focus { background-tint: $foreground 0%; }
    ProcessTable > .datatable--header { background: $background; color: $muted; text-style: none; }
    ProcessTable > .datatable--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    sorted_by: reactive[str] = reactive("cpu")
    turned: reactive[bool] = reactive(False)
    only_ours: reactive[bool] = reactive(False)

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, cursor_type="row", header_height=1, cell_padding=1)
        self._processes: tuple[ProcessRow, ...] = ()
        self._names: Mapping[str, str] = {}
        self._now = 0.0
        self._shown: list[ProcessRow] = []
        self._cells: list[tuple[Text, ...]] = []
        self._shape: tuple[object, ...] = ()
        self._pid: int | None = None

    def show(self, processes: tuple[ProcessRow, ...], names: Mapping[str, str], now: float) -> None:
        """`names`: of the runs, by id."""
        self._processes, self._names, self._now = processes, names, now
        self._arrange()

    @property
    def process(self) -> ProcessRow | None:
        """The one under the cursor."""
        at = self.cursor_row
        return self._shown[at] if 0 <= at < len(self._shown) else None

    def columns_shown(self) -> list[Column]:
        return [column for column in COLUMNS if self.size.width >= column.least]

    def sort_by_next(self) -> None:
        names = [column.key for column in self.columns_shown()]
        at = names.index(self.sorted_by) if self.sorted_by in names else -1
        self.turned, self.sorted_by = False, names[(at + 1) % len(names)]

    def watch_sorted_by(self) -> None:
        self._arrange()

    def watch_turned(self) -> None:
        self._arrange()

    def watch_only_ours(self) -> None:
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        if event.column_key.value == self.sorted_by:
            self.turned = not self.turned
        elif event.column_key.value:
            self.turned, self.sorted_by = False, event.column_key.value

    # --- drawing --------------------------------------------------------------------------------

    def _sorted(self) -> list[ProcessRow]:
        column = next(column for column in COLUMNS if column.key == self.sorted_by)
        by_order = sorted(self._processes, key=column.order, reverse=self.turned)  # type: ignore[arg-type]
        ours = [process for process in by_order if process.run_id]
        return ours if self.only_ours else (ours + [process for process in by_order if not process.run_id])[:MOST]

    def _arrange(self) -> None:
        if not self.size.width:
            return
        pid = self.process.pid if self.process else None
        columns, self._shown = self.columns_shown(), self._sorted()
        shape = (self.size.width, self.sorted_by, self.turned)
        if shape != self._shape:
            self._shape, self._cells = shape, []
            self._head(columns)
        rows = [tuple(self._cell(column, process) for column in columns) for process in self._shown]
        self._write(rows)
        at = next((n for n, process in enumerate(self._shown) if process.pid == pid), None)
        if at is not None and at != self.cursor_row:
            self.move_cursor(row=at, animate=False)

    def _head(self, columns: Sequence[Column]) -> None:
        self.clear(columns=True)
        left = self.size.width - sum(column.width + 2 for column in columns) - 2 - self.scrollbar_size_vertical
        for column in columns:
            arrow = ("▴" if self.turned else "▾") if column.key == self.sorted_by else ""
            label = Text(column.key + arrow, justify="right" if column.right else "left")
            self.add_column(label, width=column.width or max(8, left), key=column.key)

    def _write(self, rows: list[tuple[Text, ...]]) -> None:
        """Make the table these rows: cells that differ, then what is too much or too little at the end."""
        for at, (row, old) in enumerate(zip(rows, self._cells)):
            for column, (new, before) in enumerate(zip(row, old, strict=True)):
                if new != before or new.style != before.style:
                    self.update_cell_at((at, column), new)  # type: ignore[arg-type]
        for at in reversed(range(len(rows), len(self._cells))):
            self.remove_row(str(at))
        for at in range(len(self._cells), len(rows)):
            self.add_row(*rows[at], key=str(at))
        self._cells = rows

    def _cell(self, column: Column, process: ProcessRow) -> Text:
        match column.key:
            case "pid":
                return cell(str(process.pid), theme.MUTED, right=True)
            case "cpu":
                return cell(f"{process.cpu_percent:.0f}%", right=True)
            case "memory":
                return cell(figures.size(process.memory), right=True)
            case "gpu memory":
                return cell(figures.size(process.gpu_memory) if process.gpu_memory else "", right=True)
            case "for":
                return cell(figures.age(self._now - process.started), theme.MUTED, right=True)
            case "user":
                return cell(process.user, theme.MUTED)
        if not process.run_id:
            return cell(process.command, theme.MUTED)
        return cell(f"▶ {self._names.get(process.run_id, process.run_id)}  {process.command}", theme.BRIGHT)
