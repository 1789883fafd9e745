"""Dialogs over a list that one can narrow by typing: one of many, or several in an order of one's own.

ChooseScreen(title, options)            ->  the key of one option, or None
ColumnsScreen(options, chosen)          ->  the chosen keys in their order, or None
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui import keys, theme
from tui.text import page, words
from tui.widgets.table import Cell, Column, Table

T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    key: str
    name: str
    about: str = ""


class OptionTable(Table):
    """Names, and what they are."""

    DEFAULT_CSS = "OptionTable { height: auto; max-height: 1fr; min-height: 3; }"

    def __init__(self, options: Sequence[Option]):
        super().__init__()
        self.options = {option.key: option for option in options}

    def narrow(self, part: str) -> None:
        """Only those that hold this text; with a name like it first."""
        low = part.strip().casefold()
        found = [key for key, o in self.options.items() if low in f"{o.name} {o.about}".casefold()]
        if low:
            found.sort(key=lambda key: _unlike(self.options[key].name.casefold(), low))
        self.lay(found, (Column("name", "", 18, grows=True), Column("about", "", 24, grows=True, rank=1)))

    def cell(self, key: str, column: Column) -> Cell:
        option = self.options[key]
        if column.key == "about":
            return option.about, theme.MUTED
        return option.name, theme.BRIGHT if key in self.marked else ""


def _unlike(name: str, part: str) -> int:
    """0: that very name; else how far it is from being the one that was meant."""
    return 0 if name == part else 1 if name.startswith(part) else 2 if part in name else 3


class ListScreen(ModalScreen[T]):
    """Title, a line to narrow by, the list, and what the keys do."""

    SCOPED_CSS = False  # the rules name this class, and hold for those made of it
    CSS = """
    ListScreen { align: center middle; background: $background 60%; }
    ListScreen > Vertical {
        width: 84; max-width: 96%; height: 26; max-height: 92%; background: $panel; border: round $border;
        padding: 0 1;
    }
    ListScreen .title { text-style: bold; }
    ListScreen Input, ListScreen Input:focus { height: 1; border: none; padding: 0 2; background: $surface; }
    ListScreen Table { height: 1fr; }
    ListScreen .hint { color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.CHOOSE
    HINT: ClassVar[str] = "f to narrow, enter to choose, escape to leave"

    def __init__(self, title: str, options: Sequence[Option]):
        super().__init__()
        self._title, self._options = title, options

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(words(self._title), classes="title")
            yield Input(placeholder="only those with …", select_on_focus=False)
            yield OptionTable(self._options)
            yield Static(page(self.HINT), classes="hint")

    @property
    def table(self) -> OptionTable:
        return self.query_one(OptionTable)

    def on_mount(self) -> None:
        self.query_one(Input).display = False
        self.table.focus()
        self.call_after_refresh(self.table.narrow, "")

    def action_narrow(self) -> None:
        box = self.query_one(Input)
        box.display = True
        box.focus()

    @on(Input.Changed)
    def _narrowed(self, event: Input.Changed) -> None:
        self.table.narrow(event.value)

    @on(Input.Submitted)
    def _done_narrowing(self) -> None:
        self.table.focus()

    def action_back(self) -> None:
        """Out of the line to narrow by; then out of the dialog."""
        box = self.query_one(Input)
        if box.display:
            box.value = ""
            box.display = False
            self.table.focus()
        else:
            self.dismiss(None)


class ChooseScreen(ListScreen[str | None]):
    """One of the options, or None when it was left with escape."""

    def __init__(self, title: str, options: Sequence[Option], chosen: str = ""):
        super().__init__(title, options)
        self._chosen = chosen

    def on_mount(self) -> None:
        super().on_mount()
        self.call_after_refresh(self.table.go_to, self._chosen)

    @on(Table.Opened)
    def _choose(self, event: Table.Opened) -> None:
        self.dismiss(event.key)


class ColumnsScreen(ListScreen[tuple[str, ...] | None]):
    """The columns of a table: those chosen stand first, in their order."""

    BINDINGS: ClassVar[list[BindingType]] = keys.COLUMNS
    HINT = "space takes or leaves a column, K and J move it, f narrows, 0 as shipped, enter when done, escape to leave"

    def __init__(self, options: Sequence[Option], chosen: Sequence[str], default: Sequence[str]):
        super().__init__("Columns", options)
        self.chosen, self._default = list(chosen), default

    def on_mount(self) -> None:
        super().on_mount()
        self._redraw()

    def _redraw(self) -> None:
        table = self.table
        everything = {option.key: option for option in self._options}
        unknown = {key: Option(key, key, "no run has it now") for key in self.chosen if key not in everything}
        everything |= unknown
        rest = [key for key in everything if key not in self.chosen]
        table.options = {key: everything[key] for key in (*self.chosen, *rest)}
        table.marked = set(self.chosen)
        table.narrow(self.query_one(Input).value)

    def action_mark(self) -> None:
        key = self.table.key
        if key is None:
            return
        self.chosen.remove(key) if key in self.chosen else self.chosen.append(key)
        below = self.table.at + 1
        self._redraw()
        self.table.at = min(below, len(self.table.order) - 1)

    def action_move(self, by: int) -> None:
        key = self.table.key
        if key in self.chosen:
            at = self.chosen.index(key)
            to = max(0, min(len(self.chosen) - 1, at + by))
            self.chosen.insert(to, self.chosen.pop(at))
            self._redraw()

    def action_default(self) -> None:
        self.chosen = list(self._default)
        self._redraw()

    @on(Table.Opened)
    def _done(self) -> None:
        self.dismiss(tuple(self.chosen) or tuple(self._default))


class ViewsScreen(ListScreen[tuple[str, str] | None]):
    """What to do with which saved view: ("use" | "delete", its name), or ("save", "")."""

    BINDINGS: ClassVar[list[BindingType]] = keys.VIEWS
    HINT = "enter to look at the runs this way, + to save the present way, D to delete, escape to leave"

    @on(Table.Opened)
    def _use(self, event: Table.Opened) -> None:
        self.dismiss(("use", event.key))

    def action_save(self) -> None:
        self.dismiss(("save", ""))

    def action_delete(self) -> None:
        if self.table.key is not None:
            self.dismiss(("delete", self.table.key))
