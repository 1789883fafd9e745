"""A dialog to choose several of a list that one can narrow by typing: models to compare, models to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui import keys, theme
from tui.screens.choose import ListScreen, Option
from tui.widgets.table import Table


@dataclass(frozen=True)
class Choice:
    id: str
    name: str
    about: str = ""
    state: str = ""


class PickScreen(ListScreen[tuple[str, ...] | None]):
    """What was chosen, in the order of the list; None when the dialog was left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = keys.PICK
    HINT = "space to choose, ctrl+a all shown, x none, f to narrow, enter when done, escape to leave"

    def __init__(self, title: str, choices: Sequence[Choice], chosen: Sequence[str]):
        super().__init__(title, [_option(choice) for choice in choices])
        self.chosen = set(chosen) & {choice.id for choice in choices}

    def on_mount(self) -> None:
        super().on_mount()
        first = next((option.key for option in self._options if option.key in self.chosen), "")
        self.call_after_refresh(self.table.go_to, first)
        self._mark(self.chosen)

    def _mark(self, chosen: set[str]) -> None:
        self.chosen = chosen
        self.table.mark(set(chosen))

    def action_mark(self) -> None:
        if (key := self.table.key) is not None:
            self._mark(self.chosen ^ {key})

    def action_mark_all(self) -> None:
        self._mark(self.chosen | set(self.table.order))

    def action_clear(self) -> None:
        self._mark(set())

    @on(Table.Opened)
    def _done(self) -> None:
        self.dismiss(tuple(option.key for option in self._options if option.key in self.chosen))


def _option(choice: Choice) -> Option:
    glyph = theme.STATES.get(choice.state, ("", ""))[0]
    return Option(choice.id, f"{glyph} {choice.name}".strip(), choice.about)
