"""One item, full screen: its whole text and every model's answer; n and N go to the next and the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from tui import theme
from tui.text import one_line
from tui.widgets.item_list import ItemList
from tui.widgets.item_words import item_words


class ItemScreen(ModalScreen[None]):
    """Reads on in the list that it was opened from, and moves that list's cursor along."""

    CSS = """
    ItemScreen { background: $background; }
    ItemScreen #head { height: 1; background: $surface; padding: 0 1; text-wrap: nowrap; }
    ItemScreen VerticalScroll { height: 1fr; padding: 1 2; }
    ItemScreen #text { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "back", id="item.back", key_display="esc"),
        Binding("n,full_stop", "turn(1)", "next", id="item.next", key_display="n"),
        Binding("N,comma", "turn(-1)", "before", id="item.before", key_display="N"),
        Binding("j,s", "scroll(1)", "down", show=False, id="item.down"),
        Binding("k,w", "scroll(-1)", "up", show=False, id="item.up"),
    ]

    def __init__(self, items: ItemList, names: Mapping[str, str], task: str):
        super().__init__()
        self._list, self._names, self._asked = items, names, task

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll():
            yield Static(id="text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self._draw()

    def _draw(self) -> None:
        item = self._list.item
        if item is None:
            return
        place = f"item {self._list.cursor + 1:,} of {len(self._list.items):,}   "
        head = Content.assemble((place, theme.MUTED), (one_line(item.example_id), f"bold {theme.BRIGHT}"))
        self.query_one("#head", Static).update(head)
        self.query_one("#text", Static).update(item_words(item, self._names, self._asked))

    def action_turn(self, by: int) -> None:
        self._list.action_move(by)
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._draw()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
