"""Two small dialogs that return a value: one line of text, and yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import InputError
from tui import keys
from tui.text import one_line, page, words

_CSS = """
AskScreen, ConfirmScreen { align: center middle; background: $background 60%; }
AskScreen > Vertical, ConfirmScreen > Vertical {
    width: 64; max-width: 90%; height: auto; background: $panel; border: round $border; padding: 1 2;
}
AskScreen .title, ConfirmScreen .title { text-style: bold; color: $foreground; margin-bottom: 1; }
AskScreen .hint, ConfirmScreen .hint { color: $muted; margin-top: 1; }
AskScreen .problem { color: $error; }
AskScreen Input { border: none; border-left: thick $primary; height: 1; padding: 0 1; background: $surface; }
"""


class AskScreen(ModalScreen[str | None]):
    """One line of text, or None when it was left with escape. `check` raises `InputError` for what cannot be."""

    CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = keys.ASK

    def __init__(self, title: str, *, hint: str = "", value: str = "", check: Callable[[str], object] | None = None):
        super().__init__()
        self._title, self._hint, self._value, self._check = title, hint, value, check

    @property
    def unsaved(self) -> bool:
        """Something was typed here that leaving would lose."""
        return self.query_one(Input).value != one_line(self._value)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(words(self._title), classes="title")
            yield Input(one_line(self._value), select_on_focus=False)
            yield Static("", classes="problem")
            yield Static(page(f"{self._hint}\nenter to do it, escape to leave"), classes="hint")

    def on_mount(self) -> None:
        self.query_one(".problem").display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            if self._check is not None:
                self._check(event.value)
        except InputError as error:
            problem = self.query_one(".problem", Static)
            problem.update(words(str(error)))
            problem.display = True
            return
        self.dismiss(event.value)


class ConfirmScreen(ModalScreen[bool]):
    """A question that only `y` answers with yes."""

    CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = keys.CONFIRM

    def __init__(self, title: str, hint: str = ""):
        super().__init__()
        self._title, self._hint = title, hint

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(words(self._title), classes="title")
            yield Static(page(f"{self._hint}\n\ny to do it, any of n, enter, escape to leave"), classes="hint")
