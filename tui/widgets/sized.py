"""Text that is made for the room it has: drawn when its size is known, and again when that changes."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

Make = Callable[[int, int], Content]


class Sized(Static):
    """`show` takes what makes the text out of (width, height)."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._make: Make = lambda width, height: Content("")
        self._shown: Content | None = None

    def show(self, make: Make) -> None:
        """Draw anew; nothing is sent when it comes out the same. In a widget of automatic height, `height` is 0."""
        self._make = make
        new = self.render()
        if new != self._shown:
            self._shown = new
            self.refresh(layout=self.styles.is_auto_height)

    def render(self) -> Content:
        width, height = self.content_size
        return self._make(width, height)
