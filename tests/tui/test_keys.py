"""The keys as a whole: named, explained, without clashes, bound, pressed by a test, and visible without colour."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.screen import screen_text, settle
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.keymap import PARTS, known, sections
from tui.widgets.place_bar import PLACES

HERE = Path(__file__).parent
UNNAMED = {"test_keys.py", "test_fuzz.py"}
"""What presses every key without asking what it does is no test of it."""


def keys_of(binding: Binding) -> list[str]:
    return binding.key.split(",")


def screen_of(place: str) -> type[Screen[Any]]:
    found: type[Screen[Any]] = getattr(import_module(f"tui.screens.{place}"), f"{place.capitalize()}Screen")
    return found


def pressed_in_tests() -> set[str]:
    """Every string that stands in a test of the screen: keys are pressed by their names."""
    found = set()
    for file in HERE.glob("test_*.py"):
        if file.name not in UNNAMED:
            nodes = ast.walk(ast.parse(file.read_text()))
            found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found


def test_every_key_has_a_name_of_its_own_and_says_what_it_is_for() -> None:
    owners: dict[str, Binding] = {}
    for name, bindings in sections().items():
        for binding in bindings:
            assert binding.id and binding.tooltip and binding.description, (name, binding)
            assert owners.setdefault(binding.id, binding) is binding, f"{binding.id} is two bindings"


@pytest.mark.parametrize("place", PLACES)
def test_no_two_keys_of_a_place_clash(place: str) -> None:
    """Nor does one of a widget in it with the app's own, which would go unheard there."""
    found = sections()
    for group in (place, *PARTS.get(place, ())):
        taken: dict[str, str] = {}
        for binding in [*found.get(group, []), *found["app"]]:
            for key in keys_of(binding):
                other = taken.setdefault(key, binding.id or "")
                assert other == binding.id, f"{key} is {other} and {binding.id} in {group}"


@pytest.mark.parametrize("place", PLACES)
def test_every_key_of_a_place_does_something(place: str) -> None:
    screen = screen_of(place)
    for binding in sections().get(place, []):
        name = binding.action.partition("(")[0]
        owner, _, action = name.rpartition(".")
        assert hasattr(GraftlineApp if owner == "app" else screen, f"action_{action}"), binding


def test_every_key_is_pressed_by_a_test() -> None:
    pressed = pressed_in_tests()
    unpressed = [id for id, binding in known().items() if not pressed & {*keys_of(binding), _character(binding)}]
    assert unpressed == []


def _character(binding: Binding) -> str:
    """`(` for left_parenthesis: a Pilot takes either."""
    return binding.key_display or ""


# --- without colour --------------------------------------------------------------------------------


def looks(pilot: Pilot[None]) -> list[list[tuple[str, bool, bool, bool]]]:
    """Each row as it looks on a terminal without colours: characters, and which are reversed, bold or underlined."""
    app = pilot.app
    return [
        [
            (character, *(bool(getattr(segment.style, name, False)) for name in ("reverse", "bold", "underline")))
            for segment in strip
            for character in segment.text
        ]
        for strip in app.screen._compositor.render_strips(app.size)
    ]


@pytest.mark.parametrize("place", ["lineage", "runs", "queue"])
async def test_the_cursor_is_seen_without_colour(demo_home: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = open_app(demo_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(str(list(PLACES).index(place) + 1))
        await settle(pilot)
        rows = []
        for _ in range(2):
            marked = {y for y, row in enumerate(looks(pilot)) if any(cell[1] for cell in row)}
            rows.append(marked)
            await pilot.press("down")
            await settle(pilot)
        assert rows[0] != rows[1], screen_text(pilot)


async def test_states_are_signs_and_words(demo_home: Path) -> None:
    """A failed, a running, a waiting and a finished run can be told apart in black and white."""
    app = open_app(demo_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        lineage = screen_text(pilot).splitlines()
        signs = {next(line for line in lineage if name in line).split(name)[0].split()[-1] for name in (
            "areas-head", "helper-long", "areas-last", "areas-scratch",
        )}  # fmt: skip
        assert len(signs) == 4, signs
        await pilot.press("2")
        await settle(pilot)
        runs = screen_text(pilot)
        assert all(word in runs for word in ("failed", "running", "queued", "finished")), runs
