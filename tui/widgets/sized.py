"""Text that is made for the room it has: drawn when its size is known, and again when that changes.

Of what changes only the cells that differ are sent to the terminal: figures that tick cost a few bytes, not a panel.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import Static

from tui.widgets.changes import changed

Make = Callable[[int, int], Content]


class Sized(Static):
    """`show` takes what makes the text out of (width, height)."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._make: Make = lambda width, height: Content("")
        self._shown: list[Strip] = []

    def show(self, make: Make) -> None:
        """Draw anew; nothing is sent when it comes out the same. In a widget of automatic height, `height` is 0."""
        self._make = make
        old, self._shown = self._shown, self._strips()
        if len(old) != len(self._shown):
            self.refresh(layout=self.styles.is_auto_height)
        elif regions := changed(old, self._shown):
            self.refresh(*regions)

    def _strips(self) -> list[Strip]:
        width, height = self.content_size
        made = self.render()
        lines = len(made.split("\n", allow_blank=True)) if self.styles.is_auto_height else height
        return Visual.to_strips(self, made, width, lines, self.visual_style) if width else []

    def render(self) -> Content:
        width, height = self.content_size
        return self._make(width, height)
