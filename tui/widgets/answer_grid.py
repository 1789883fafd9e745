"""The panes of an exchange: columns where there is room for them, rows of equal height otherwise."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll

from tui.widgets.answer_pane import AnswerPane

_NARROWEST = 36
"""Cells that a column needs; with less, answers stand below one another."""
_SHORTEST = 7
"""Lines that a row of answers needs; with less, they scroll."""


class AnswerGrid(VerticalScroll, can_focus=False):
    """One pane a model."""

    DEFAULT_CSS = """
    AnswerGrid { scrollbar-size-vertical: 1; }
    AnswerGrid > Grid { grid-gutter: 0 1; grid-size-columns: 1; }
    """

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._grid = Grid()
        self.models: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._grid

    @property
    def panes(self) -> list[AnswerPane]:
        return list(self._grid.query_children(AnswerPane))

    async def put(self, models: tuple[str, ...]) -> None:
        """A pane for each of these models, in this order."""
        at = next((place for place, pane in enumerate(self.panes) if pane.has_focus_within), None)
        self.models = models
        async with self.batch():
            await self._grid.remove_children()
            await self._grid.mount_all(AnswerPane(model) for model in models)
        self._arrange()
        if at is not None and models:  # the focus stays in its place rather than leaving the answers
            self.panes[min(at, len(models) - 1)].scroll.focus()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        count = max(1, len(self.models))
        columns = max(1, min(count, self.size.width // _NARROWEST))
        rows = -(-count // columns)
        height = max(_SHORTEST, self.size.height // rows)
        self._grid.styles.grid_size_columns = columns
        self._grid.styles.grid_rows = str(height)
        self._grid.styles.height = height * rows

    def focused(self) -> AnswerPane | None:
        """The pane that has the focus, else the first."""
        panes = self.panes
        return next((pane for pane in panes if pane.has_focus_within), panes[0] if panes else None)

    def focus_beside(self, by: int) -> None:
        """Give the focus to the pane `by` places further, round the end."""
        panes, here = self.panes, self.focused()
        if here is not None:
            there = panes[(panes.index(here) + by) % len(panes)]
            there.scroll.focus()
            self.scroll_to_widget(there, animate=False)
