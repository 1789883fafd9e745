"""Keys that come all at once do what they do one by one."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.widgets import Input, Static

from engine.config.settings import Found, Settings
from tests.support.screen import settle
from tui.frame import Frame


class Page(Frame):
    """A line to type in, and another that `down` goes to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "app.focus_next"), Binding("slash", "search")]

    def __init__(self) -> None:
        super().__init__(Found(settings=Settings()))
        self.typed: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input("python-docs", select_on_focus=False, id="one")
        yield Input(id="two")
        yield Static()

    def action_search(self) -> None:
        self.query_one("#two", Input).focus()


def send(app: App[Any], *keys: str) -> None:
    """All at once, as one read of a terminal gives them."""
    for key in keys:
        event = events.Key(key, key if len(key) == 1 else None)
        event.set_sender(app)
        assert app._driver is not None
        app._driver.send_message(event)


def values(pilot: Pilot[Any]) -> tuple[str, str]:
    one, two = pilot.app.query(Input)
    return one.value, two.value


@pytest.mark.parametrize(
    ("keys", "held"),
    [
        (("end", "ctrl+u", *"docs"), ("docs", "")),
        (("end", "ctrl+u", *"docs", "down", *"4096", "home", *"1"), ("docs", "14096")),
        ((*"aabb", "backspace", "backspace", "x"), ("python-docsaax", "")),
    ],
    ids=["clear and type", "two fields", "repeated"],
)
async def test_they_are_done_in_order(keys: tuple[str, ...], held: tuple[str, str]) -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.query_one("#one", Input).focus()
        await pilot.pause()
        send(app, *keys)
        await settle(pilot, lambda: values(pilot) == held, seconds=5)


async def test_what_opens_a_line_to_type_in_is_followed_by_what_is_typed() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.set_focus(None)
        await pilot.pause()
        send(app, "slash", *"loss/2")
        await settle(pilot, lambda: values(pilot) == ("python-docs", "loss/2"), seconds=5)


async def test_a_key_whose_widget_goes_away_holds_up_nothing() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.query_one("#one", Input).focus()
        await pilot.pause()
        send(app, "home")
        await app.query_one("#one").remove()
        app.query_one("#two", Input).focus()
        send(app, *"ab")
        await settle(pilot, lambda: app.query_one("#two", Input).value == "ab", seconds=5)
