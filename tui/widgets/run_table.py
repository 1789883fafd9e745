"""The table of runs: those that the filter found, sorted, grouped, the pinned ones on top.

    runs + View (columns, sort, group) + ids found + values by key  ->  order of rows  ->  Table

A newer snapshot makes only those lines again that look different; ten thousand runs are sorted in some 15 ms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine import figures
from engine.store.rows import RunRow
from tui import run_columns, theme
from tui.run_columns import Values
from tui.views import View
from tui.widgets.table import Cell, Column, Table

_GROUP = "\0"
"""What the key of a group's heading begins with; no run id does."""


@dataclass(frozen=True)
class Group:
    name: str
    runs: tuple[RunRow, ...]


class RunTable(Table):
    """Row keys are run ids, and groups' names behind a zero."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.view = View()
        self.found: frozenset[str] | None = None
        """What the filter found; None: no filter."""
        self.values: Values = {}
        self.folded: set[str] = set()
        """Names of groups that are folded."""
        self.now = 0.0
        self.runs: Sequence[RunRow] = ()
        self._by_id: Mapping[str, RunRow] = {}
        self._groups: dict[str, Group] = {}

    # --- what is shown ----------------------------------------------------------------------------

    def show(self, runs: Sequence[RunRow], now: float) -> None:
        """Runs as they are now; the same ones cost nothing but what their ages do."""
        self.now = now
        if runs is self.runs:
            self.renew()
            return
        self.runs, self._by_id = runs, {run.id: run for run in runs}
        self.marked &= self._by_id.keys()
        self.rearrange()

    def rearrange(self) -> None:
        """The order anew: something of what it comes from has changed."""
        self.sorted_by, self.turned = self.view.sort, self.view.turned
        runs = self._sorted()
        order = [run.id for run in runs] if not self.view.group else self._grouped(runs)
        self.lay(order, run_columns.columns(self.view.columns))

    @property
    def run(self) -> RunRow | None:
        """The run under the cursor; None on a heading."""
        return self._by_id.get(self.key or "")

    @property
    def chosen(self) -> tuple[RunRow, ...]:
        """The marked runs in the order of the table; without marks, the one under the cursor, or its whole group."""
        if self.marked:
            place = {key: number for number, key in enumerate(self.order)}
            ids = sorted(self.marked, key=lambda id: place.get(id, len(place)))
            return tuple(self._by_id[id] for id in ids if id in self._by_id)
        return (self.run,) if self.run else self.group_runs

    @property
    def group_runs(self) -> tuple[RunRow, ...]:
        """The runs below the heading under the cursor."""
        group = self._groups.get(self.key or "")
        return group.runs if group else ()

    def shown_runs(self) -> list[str]:
        """Ids of all that the filter lets through, folded or not."""
        return [run.id for run in self.runs if self.found is None or run.id in self.found]

    def _sorted(self) -> list[RunRow]:
        found = self.found
        runs = [run for run in self.runs if found is None or run.id in found]
        runs.sort(key=lambda run: run.id, reverse=True)
        runs.sort(key=run_columns.order(self.view.sort, self.values), reverse=self.view.turned)
        pins = {run_id: number for number, run_id in enumerate(self.pinned)}
        if pins:
            runs.sort(key=lambda run: pins.get(run.id, len(pins)))
        return runs

    def _grouped(self, runs: Sequence[RunRow]) -> list[str]:
        """Headings and what stands below them; groups come as their first run does."""
        groups: dict[str, list[RunRow]] = {}
        for run in runs:
            groups.setdefault(run_columns.group_of(run, self.view.group, self.values, self.now), []).append(run)
        self._groups = {_GROUP + name: Group(name, tuple(members)) for name, members in groups.items()}
        order: list[str] = []
        for key, group in self._groups.items():
            order.append(key)
            if group.name not in self.folded:
                order += [run.id for run in group.runs]
        return order

    # --- changing it ------------------------------------------------------------------------------

    def sort_by(self, key: str) -> None:
        """By this column; once more, the other way round."""
        turned = key == self.view.sort and not self.view.turned
        self.change(sort=key, turned=turned)

    def sort_by_next(self) -> None:
        names = self.shown()
        at = names.index(self.view.sort) if self.view.sort in names else -1
        self.change(sort=names[(at + 1) % len(names)], turned=False)

    def change(self, **fields: object) -> None:
        """Another view of the same runs."""
        self.view = replace(self.view, **fields)
        self.rearrange()

    def action_shift(self, by: int) -> None:
        """On groups: fold and unfold, or go to the heading. Else show other columns."""
        if not self.view.group:
            super().action_shift(by)
            return
        heading = self.key if self.key in self._groups else self._heading()
        if heading is None:
            return
        name = self._groups[heading].name
        if by < 0 and heading != self.key:
            self.go_to(heading)
        else:
            self.folded = self.folded - {name} if by > 0 else self.folded | {name}
            self.rearrange()

    def action_select(self) -> None:
        """A heading folds and unfolds; a run opens."""
        if self.key in self._groups:
            self.action_shift(1 if self._groups[self.key].name in self.folded else -1)
        else:
            super().action_select()

    def _heading(self) -> str | None:
        """The heading above the cursor."""
        return next((key for key in reversed(self.order[: self.at + 1]) if key in self._groups), None)

    # --- drawing ----------------------------------------------------------------------------------

    def cell(self, key: str, column: Column) -> Cell:
        return run_columns.cell(self._by_id[key], column.key, self.values, self.now)

    def heading(self, key: str) -> Cell | None:
        group = self._groups.get(key) if key.startswith(_GROUP) else None
        if group is None:
            return None
        fold = "▸" if group.name in self.folded else "▾"
        return f"{fold} {self.view.group} {group.name}   {_summary(group.runs)}", theme.BLUE


def _summary(runs: Sequence[RunRow]) -> str:
    """How many, in which states that matter, and the best of them."""
    losses = [run.best_heldout_loss for run in runs if run.best_heldout_loss is not None]
    parts = [f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"]
    for state in ("running", "queued", "failed"):
        if count := sum(run.state == state for run in runs):
            parts.append(f"{count:,} {state}")
    if losses:
        parts.append(f"best {figures.loss(min(losses))}")
    if seconds := sum(run.cost.seconds for run in runs):
        parts.append(figures.duration(seconds))
    return " · ".join(parts)
