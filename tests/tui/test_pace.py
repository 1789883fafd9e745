"""A key is one frame, however many messages it takes until everything is drawn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tui.pace import Paced


class Deep(Static, can_focus=True):
    """Changes itself at a key, and says so to whom it may concern."""

    BINDINGS = [("x", "turn", "")]  # noqa: RUF012

    class Turned(Message):
        pass

    def action_turn(self) -> None:
        self.update("turned")
        self.post_message(self.Turned())


class _Told:
    """Containers within containers, and on top a line that follows what is deep inside them."""

    def compose(self) -> ComposeResult:
        with Vertical(), Vertical(), Vertical():
            yield Deep("still")
        yield Static("quiet", id="above")

    def on_deep_turned(self) -> None:
        self.query_one("#above", Static).update("told")  # type: ignore[attr-defined]


class Framework(_Told, Screen[None]):
    pass


class Ours(_Told, Paced[None]):
    pass


class Counting(App[None]):
    frames: list[str]

    def __init__(self, screen: Screen[None]):
        super().__init__()
        self._first, self.frames = screen, []

    def get_default_screen(self) -> Screen[None]:
        return self._first

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if renderable is not None:
            self.frames.append(str(screen.query_one("#above", Static).render()))


@pytest.mark.parametrize(("screen", "frames"), [(Ours(), ["told"]), (Framework(), ["quiet", "told"])])
async def test_a_key_is_painted_in_one_frame(screen: Screen[None], frames: list[str]) -> None:
    app = Counting(screen)
    async with app.run_test() as pilot:
        await pilot.press("tab")
        await asyncio.sleep(0.05)
        app.frames.clear()
        app.simulate_key("x")
        await asyncio.sleep(0.1)
        assert app.frames == frames
