"""A dialog to choose several things from a list: runs to overlay, models to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from tui import theme
from tui.text import cut, words


@dataclass(frozen=True)
class Choice:
    id: str
    name: str
    about: str = ""
    state: str = ""


class PickScreen(ModalScreen[tuple[str, ...] | None]):
    """What was chosen, or None when the dialog was left with escape."""

    CSS = """
    PickScreen { align: center middle; background: $background 60%; }
    PickScreen > Vertical {
        width: 76; max-width: 94%; height: auto; max-height: 90%; background: $panel; border: round $border;
        padding: 0 1;
    }
    PickScreen .title { text-style: bold; margin: 0 0 1 0; }
    PickScreen .hint { color: $muted; margin-top: 1; }
    PickScreen SelectionList { height: auto; max-height: 16; border: none; background: $panel; padding: 0; }
    PickScreen SelectionList:focus { border: none; background-tint: $foreground 0%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel", id="pick.cancel"),
        Binding("enter", "done", "done", id="pick.done", priority=True),
        Binding("a", "all", "all or none", id="pick.all"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], chosen: Sequence[str]):
        super().__init__()
        self._title, self._choices, self._chosen = title, choices, frozenset(chosen)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(words(self._title), classes="title")
            options = [Selection(_prompt(c), c.id, c.id in self._chosen) for c in self._choices]
            yield SelectionList[str](*options, compact=True)
            yield Static("space to choose, a for all or none, enter when done, escape to leave", classes="hint")

    def on_mount(self) -> None:
        choices = self.query_one(SelectionList)
        choices.focus()
        first = next((i for i, c in enumerate(self._choices) if c.id in self._chosen), 0)
        choices.highlighted = first if self._choices else None

    def action_done(self) -> None:
        chosen = set(self.query_one(SelectionList).selected)
        self.dismiss(tuple(c.id for c in self._choices if c.id in chosen))

    def action_all(self) -> None:
        options = self.query_one(SelectionList)
        if len(options.selected) == len(self._choices):
            options.deselect_all()
        else:
            options.select_all()


def _prompt(choice: Choice) -> Content:
    glyph, colour = theme.STATES.get(choice.state, (" ", theme.MUTED))
    return Content.assemble(
        (f"{glyph} ", colour), (f"{cut(choice.name, 26):<26} ", theme.BRIGHT), (cut(choice.about, 38), theme.MUTED)
    )
