"""Words that do something when they are clicked, and look like any others."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style
from textual.widgets import Static


def pressed(content: Content, action: str) -> Content:
    """Words that do what a key does when they are clicked. `action` is ours: nothing foreign may stand in it."""
    return content.stylize(Style.from_meta({"@click": action}))


class Pressable(Static):
    """Where such words stand: the framework would underline them."""

    def on_mount(self) -> None:
        self.auto_links = False
