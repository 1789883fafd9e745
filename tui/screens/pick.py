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
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui import theme
from tui.text import cut, fit, words


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
    PickScreen OptionList { height: auto; max-height: 16; border: none; background: $panel; padding: 0; }
    PickScreen OptionList:focus { border: none; background-tint: $foreground 0%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel", id="pick.cancel"),
        Binding("enter", "done", "done", id="pick.done", priority=True),
        Binding("space", "choose", "choose", id="pick.choose", priority=True),
        Binding("a", "all", "all or none", id="pick.all"),
        Binding("j", "move(1)", "down", show=False, id="pick.down"),
        Binding("k", "move(-1)", "up", show=False, id="pick.up"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], chosen: Sequence[str]):
        super().__init__()
        self._title, self._choices = title, tuple(choices)
        self.chosen = set(chosen)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(words(self._title), classes="title")
            yield OptionList(*(Option(self._prompt(c), c.id) for c in self._choices), compact=True)
            yield Static("space to choose, a for all or none, enter when done, escape to leave", classes="hint")

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        choices.focus()
        if self._choices:
            choices.highlighted = next((i for i, c in enumerate(self._choices) if c.id in self.chosen), 0)

    def _prompt(self, choice: Choice) -> Content:
        on = choice.id in self.chosen
        glyph, colour = theme.STATES.get(choice.state, ("", theme.MUTED))
        return Content.assemble(
            ("[●] " if on else "[ ] ", theme.GREEN if on else theme.FAINT),
            (f"{glyph} " if glyph else "", colour),
            (fit(choice.name, 24) + " ", theme.BRIGHT if on else ""),
            (cut(choice.about, 38), theme.MUTED),
        )

    def _redraw(self) -> None:
        choices = self.query_one(OptionList)
        for index, choice in enumerate(self._choices):
            choices.replace_option_prompt_at_index(index, self._prompt(choice))

    def action_choose(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.chosen ^= {self._choices[at].id}
            self._redraw()

    def action_all(self) -> None:
        every = {choice.id for choice in self._choices}
        self.chosen = set() if self.chosen >= every else every
        self._redraw()

    def action_move(self, by: int) -> None:
        choices = self.query_one(OptionList)
        choices.action_cursor_down() if by > 0 else choices.action_cursor_up()

    def action_done(self) -> None:
        """Returns the chosen in the order of the list."""
        self.dismiss(tuple(choice.id for choice in self._choices if choice.id in self.chosen))
