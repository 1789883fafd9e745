"""One text of many, full screen: an item of a suite, a sample of a corpus. n and N turn to the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from tui import keys

Body = Content | RenderableType
"""A text; or what draws itself to its room, such as two texts side by side."""
Look = tuple[Content, Body]


class ReaderScreen(ModalScreen[None]):
    """`look` gives the line at the top and the text; `turn` moves the list that this was opened from along."""

    CSS = """
    ReaderScreen { background: $background; }
    ReaderScreen #head { height: 1; background: $surface; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ReaderScreen VerticalScroll { height: 1fr; padding: 1 2; }
    ReaderScreen #text { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.READER

    def __init__(self, look: Callable[[], Look], turn: Callable[[int], None]):
        super().__init__()
        self._look, self._turn = look, turn

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll():
            yield Static(id="text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self._draw()

    def _draw(self) -> None:
        head, text = self._look()
        self.query_one("#head", Static).update(head)
        self.query_one("#text", Static).update(text)

    def action_turn(self, by: int) -> None:
        self._turn(by)
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._draw()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
