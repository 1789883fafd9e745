"""Text made for its room is made once for each change, and again when the room or the theme is another."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from tui.widgets.sized import Sized


class _One(App[None]):
    CSS = "Sized { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Sized()


async def test_made_once_and_again_for_another_size() -> None:
    made: list[tuple[int, int]] = []

    def make(width: int, height: int) -> Content:
        made.append((width, height))
        return Content(f"{width} x {height}")

    app = _One()
    async with app.run_test(size=(40, 5)) as pilot:
        sized = app.query_one(Sized)
        sized.show(make)
        await pilot.pause()
        assert made == [(40, 5)], "not once to compare and once to paint"
        await pilot.resize_terminal(50, 4)
        await pilot.pause()
        assert made[1:] == [(50, 4)]
        sized.display = False
        await pilot.pause()
        sized.show(make)
        assert len(made) == 2, "nobody sees it"
        sized.display = True
        await pilot.pause()
        assert made[2:] == [(50, 4)]
