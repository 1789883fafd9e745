"""How the runs are looked at: columns, order, groups, pins and saved views, kept in the workspace.

V, C, H, o, O, p  ->  RunTable.view  ->  views.toml, on a worker
"""

from __future__ import annotations

from msgspec.structs import replace
from textual import on, work

from engine.errors import GraftlineError
from tui import run_columns
from tui.run_columns import DEFAULT, OWN
from tui.screens.actions import RunActions
from tui.screens.ask import AskScreen
from tui.screens.choose import ChooseScreen, ColumnsScreen, Option, ViewsScreen
from tui.views import View, Views
from tui.widgets.filter_box import FilterBox
from tui.widgets.run_table import RunTable
from tui.widgets.table import Table

_NO_GROUP = ""


class RunsView(RunActions):
    """The half of the place of runs that chooses what is shown."""

    _views = Views()
    _readable = False
    """views.toml could be read, so it may be written."""
    _valued: tuple[object, ...] = ()
    """What `values` was asked for last."""

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    @property
    def box(self) -> FilterBox:
        return self.query_one(FilterBox)

    # --- remembering ------------------------------------------------------------------------------

    def recall(self) -> None:
        """Look as one did last."""
        self.graft.ask(self.graft.gateway.views, self._recalled, group="views")

    def _recalled(self, views: Views) -> None:
        self._views, self._readable = views, True
        self.table.pinned = views.pinned
        self.use(views.now)

    def use(self, view: View) -> None:
        """Look this way."""
        self.table.view = view
        if view.query != self.box.value:
            self.box.set(view.query)
        self._viewed()

    def _viewed(self) -> None:
        """The view has changed: get what it needs, show it, and remember it."""
        self.table.rearrange()
        self.ask_values()
        self._remember()

    def _remember(self) -> None:
        now = replace(self.table.view, query="")  # a new day begins with all the runs
        views = replace(self._views, now=now, pinned=tuple(self.table.pinned))
        if views != self._views and self._readable:
            self._views = views
            self.graft.ask(lambda: self.graft.gateway.save_views(views), group="save-views")

    def ask_values(self) -> None:
        """Ask the store for what the columns, the order and the groups need beyond what a run tells of itself."""
        view, snapshot = self.table.view, self.graft.snapshot
        keys = {key for key in (*view.columns, view.sort, view.group) if key and key not in OWN}
        wanted = (frozenset(keys), snapshot.runs if snapshot else ())
        known = self._valued and self._valued[0] == wanted[0] and self._valued[1] is wanted[1]
        if not keys or snapshot is None or known:
            return
        self._valued = wanted
        ids = [run.id for run in snapshot.runs]
        self.graft.ask(lambda: self._values(sorted(keys), ids), self._have_values, group="values")

    def _values(self, keys: list[str], ids: list[str]) -> dict[str, dict[str, object]]:
        """By key and run; a key that no run has any more has none."""
        found: dict[str, dict[str, object]] = {}
        for key in keys:
            try:
                values = self.graft.gateway.values((key,), ids)[key]
            except GraftlineError:
                values = ()
            found[key] = {run_id: value for run_id, value in zip(ids, values) if value is not None}
        return found

    def _have_values(self, values: dict[str, dict[str, object]]) -> None:
        self.table.values = values
        self.table.rearrange()

    # --- order ------------------------------------------------------------------------------------

    def action_sort(self) -> None:
        self.table.sort_by_next()
        self._viewed()

    def action_turn(self) -> None:
        self.table.change(turned=not self.table.view.turned)
        self._viewed()

    @on(Table.HeaderClicked)
    def _header(self, event: Table.HeaderClicked) -> None:
        self.table.sort_by(event.column)
        self._viewed()

    def action_pin(self) -> None:
        """Keep this run, or the marked ones, on top; once more lets them go."""
        ids = [run.id for run in self.table.chosen]
        pins = [run_id for run_id in self.table.pinned if run_id not in ids]
        new = [run_id for run_id in ids if run_id not in self.table.pinned]
        self.table.pinned = [*pins, *new]
        self._viewed()

    # --- columns, groups --------------------------------------------------------------------------

    def action_columns(self) -> None:
        self.graft.ask(self.graft.gateway.search_keys, self._choose_columns, group="columns")

    @work(group="dialog")
    async def _choose_columns(self, keys: dict[str, tuple[str, ...]]) -> None:
        chosen = await self.app.push_screen_wait(ColumnsScreen(_options(keys), self.table.view.columns, DEFAULT))
        if chosen is not None:
            self.table.change(columns=chosen)
            self._viewed()

    def action_group(self) -> None:
        self.graft.ask(self.graft.gateway.search_keys, self._choose_group, group="columns")

    @work(group="dialog")
    async def _choose_group(self, keys: dict[str, tuple[str, ...]]) -> None:
        options = [Option(_NO_GROUP, "no groups"), *(o for o in _options(keys) if o.key not in ("age", "about", "id"))]
        key = await self.app.push_screen_wait(ChooseScreen("Group by", options, self.table.view.group))
        if key is not None:
            self.table.folded = set()
            self.table.change(group=key)
            self._viewed()

    # --- saved views ------------------------------------------------------------------------------

    @work(group="dialog")
    async def action_views(self) -> None:
        options = [Option(name, name, view.says()) for name, view in self._views.saved.items()]
        title = "Views" if options else "Views: none saved yet"
        done = await self.app.push_screen_wait(ViewsScreen(title, options))
        match done:
            case ("use", name):
                self.table.folded = set()
                self.use(self._views.saved[name])
            case ("delete", name):
                before = self._views.saved
                self._save({key: view for key, view in before.items() if key != name})
                self.graft.undo.add(f"the view {name}", lambda: self._save(before), blocks=False)
                self.graft.say(f"The view {name} is gone. u brings it back.")
            case ("save", _):
                await self._save_present()

    async def _save_present(self) -> None:
        ask = AskScreen("Save this view", hint=f"{self.table.view.says()}\nA name that is taken is given to this one.")
        name = await self.app.push_screen_wait(ask)
        if name and name.strip():
            self._save(self._views.saved | {name.strip(): self.table.view})
            self.graft.say(f"Saved as {name.strip()}.")

    def _save(self, saved: dict[str, View]) -> None:
        if not self._readable:
            self.graft.say("views.toml cannot be read, so it is not written either.", severity="error")
            return
        self._views = views = replace(self._views, saved=saved)
        self.graft.ask(lambda: self.graft.gateway.save_views(views), group="save-views")


def _options(keys: dict[str, tuple[str, ...]]) -> list[Option]:
    """Every column there can be: those of every run, then what the store knows."""
    own = [Option(key, key, column.about) for key, column in run_columns.OWN.items()]
    return [*own, *(Option(key, key, ", ".join(values[:4])) for key, values in keys.items() if key not in OWN)]
