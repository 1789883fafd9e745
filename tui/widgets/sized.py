"""Text that is made for the room it has: drawn when its size is known, and again when that changes.

What comes out the same is not painted again: figures that stand still cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

from tui import theme

Make = Callable[[int, int], Content]


class Sized(Static):
    """`show` takes what makes the text out of (width, height)."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._make: Make = lambda width, height: Content("")
        self._made: tuple[tuple[int, int, str], Content] | None = None
        """The text, and what it was made for: width, height and theme."""

    def show(self, make: Make) -> None:
        """Draw anew; nothing is painted when it comes out the same. In a widget of automatic height, `height` is 0."""
        self._make, before = make, self._made
        self._made = None
        if not self.content_size.width:
            return  # made when there is room for it
        made = self.render()
        if before is None or before[0] != self._fit or not made.is_same(before[1]):
            grows = before is None or made.plain.count("\n") != before[1].plain.count("\n")
            self.refresh(layout=grows and self.styles.is_auto_height)

    @property
    def _fit(self) -> tuple[int, int, str]:
        return (*self.content_size, theme.THEME.name)

    def render(self) -> Content:
        if self._made is None or self._made[0] != self._fit:
            fit = self._fit
            self._made = (fit, self._make(fit[0], fit[1]))
        return self._made[1]
