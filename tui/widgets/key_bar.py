"""The line at the bottom: the keys most worth knowing here, whole ones only, and always the way to all of them.

    enter curves  b branch  e eval  c compare  F freeze                                      ? keys  q quit

What stands right stays at every width; of the others as many as find room, in the order of `tui.keys`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Static

from tui import theme
from tui.key_words import first

_ALWAYS = ("app.help", "app.quit", "help.back")
_APART = 2


class Key(NamedTuple):
    """One key that is shown: what to press, what it does, and the same for a click."""

    key: str
    word: str
    id: str
    action: str
    node: DOMNode | None = None

    @property
    def width(self) -> int:
        return cell_len(self.key) + 1 + cell_len(self.word)


class KeyBar(Static):
    """Follows the screen's bindings. A click on one does what the key does."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $surface; color: $muted; padding: 0 1; text-wrap: nowrap; }
    """

    keys: reactive[tuple[Key, ...]] = reactive((), layout=False)

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self.call_after_refresh(self._bindings_changed, self.screen)

    def _bindings_changed(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen and screen.is_current:
            self.keys = shown(screen)

    def placed(self, width: int) -> list[tuple[int, Key]]:
        """Each key that finds room, with the column that it begins at."""
        right = [key for key in self.keys if key.id in _ALWAYS]
        room = width - sum(key.width + _APART for key in right)
        found, at = [], 0
        for key in (key for key in self.keys if key.id not in _ALWAYS):
            if at + key.width > room:
                break
            found.append((at, key))
            at += key.width + _APART
        at = max(0, width - sum(key.width for key in right) - _APART * (len(right) - 1))
        for key in right:
            found.append((at, key))
            at += key.width + _APART
        return found

    def render(self) -> Content:
        line = Content("")
        for at, key in self.placed(self.content_size.width):
            line += Content(" " * (at - line.cell_length))
            line += Content.assemble((key.key, f"bold {theme.AMBER}"), (f" {key.word}", theme.MUTED))
        return line

    async def on_click(self, event: events.Click) -> None:
        x = event.x - self.styles.padding.left
        for at, key in self.placed(self.content_size.width):
            if at <= x < at + key.width:
                await self.app.run_action(key.action, key.node)


def shown(screen: Screen[Any]) -> tuple[Key, ...]:
    """The bindings in force that ask to be shown, each action once."""
    found: dict[str, Key] = {}
    for node, binding, enabled, _ in screen.active_bindings.values():
        if binding.show and enabled and isinstance(binding, Binding):
            name = binding.id or binding.action
            found.setdefault(binding.action, Key(first(binding), binding.description, name, binding.action, node))
    return tuple(found.values())
