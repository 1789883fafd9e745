"""Hostile text in every place, at two sizes, under every key: no crash, no control, straight columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from wcwidth import wcwidth

from engine.launch.client import Client
from tests.support.poison import FRAGMENTS, nasty, poison
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import BASE, RUNS, make_workspace
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.widgets.place_bar import PLACES

SIZES = [(80, 24), (120, 40)]
SPEAKING = ("lineage", "runs", "monitor", "compare", "corpus", "queue", "logs")
"""Places that show foreign text by themselves: it must be there, or this tests nothing."""
LEFT_ALONE = {"app.quit", "app.help", "run.stop", "run.resume", "queue.stop", "machine.stop"}
"""Not pressed here: what ends the app or touches the process that plays the running engine, which is this one."""


@pytest.fixture(scope="module")
def hostile_home(_user: Path) -> Iterator[Path]:
    """The believable workspace with every text in it hostile; for tests that only look."""
    home = make_workspace(_user / "hostile").home
    poison(home)
    with Client(home) as client:
        client.sync()
        for run in ("areas", "helper", "reference"):
            client.rename(RUNS[run], nasty(run)[:100] or "x")
            client.note(RUNS[run], "".join(FRAGMENTS))
        client.note(BASE, nasty("note"))
        client.tag(RUNS["areas"], "[/oops]")
        client.notices()
        yield home
        client.shutdown()


def check(pilot: Pilot[None], where: str) -> None:
    """What is on screen has no control character, and every row is as wide as the screen in any terminal."""
    assert pilot.app.is_running, where
    shown = screen_text(pilot)
    assert control_characters(shown) == [], f"{where}:\n{shown}"
    width = pilot.app.size.width
    for row in shown.split("\n"):
        assert sum(wcwidth(character) for character in row) == width, f"{where}: {row!r} in\n{shown}"


def keys_here(app: GraftlineApp) -> list[str]:
    """A key for each action of the place on screen and of what has the focus, but for going elsewhere."""
    found: dict[str, str] = {}
    for key, active in app.screen.active_bindings.items():
        id = active.binding.id or key
        if id not in LEFT_ALONE and not id.startswith("place.") and not key.startswith("ctrl+"):
            found.setdefault(id, key)
    return list(found.values())


async def back(pilot: Pilot[None], place: str) -> None:
    """Out of any dialog and any box one types in, to the place."""
    app = pilot.app
    if len(app.screen_stack) == 1 and app.current_mode == place and not isinstance(app.focused, Input | TextArea):
        return
    for _ in range(6):
        if len(pilot.app.screen_stack) == 1:
            break
        await pilot.press("escape")
        await pilot.pause(0.02)
    assert len(pilot.app.screen_stack) == 1, screen_text(pilot)
    await pilot.press("escape", str(list(PLACES).index(place) + 1))


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("place", PLACES)
async def test_every_key_of_every_place(hostile_home: Path, place: str, size: tuple[int, int]) -> None:
    app = open_app(hostile_home)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "down", str(list(PLACES).index(place) + 1))
        await settle(pilot)
        check(pilot, place)
        if place in SPEAKING:
            assert any(sign in screen_text(pilot) for sign in ("␛", "[/", "[bold]", "日本", "<U+")), screen_text(pilot)
        for key in keys_here(app):
            await pilot.press(key)
            await pilot.pause(0.02)
            check(pilot, f"{key} in {place}")
            await back(pilot, place)
        await settle(pilot)
        check(pilot, f"{place} after all keys")


async def test_each_fragment_alone_as_a_notification(empty_app: GraftlineApp) -> None:
    async with empty_app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        for fragment in FRAGMENTS:
            empty_app.say(f"{fragment} said", severity="error")
            await pilot.pause(0.05)
            check(pilot, ascii(fragment))
            assert "said" in screen_text(pilot)
            empty_app.clear_notifications()
