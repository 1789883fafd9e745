"""How the place of runs looks at three sizes: filtered, wrongly asked, grouped, and its dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.screen import at_rest, screen_text, settle
from tests.tui.test_snapshots import SIZES, Compare, sizes
from tui.app import GraftlineApp
from tui.widgets.filter_box import FilterBox

WAYS: dict[str, tuple[str, ...]] = {
    "filtered": ("2", "f", *"kind:branch loss<1.2 sta"),
    "wrong": ("2", "f"),
    "columns": ("2", "C", "down", "down"),
    "grouped": ("2", "H", "f", *"method", "enter", "enter", "home", "a", "space"),
}
"""Names, and the keys that lead there."""
PASTED = {"wrong": "loss<low"}
"""Written at once: what stands between two keystrokes depends on how fast they come."""
SHOWS = {"filtered": "0 runs", "wrong": "column 6"}
"""What comes only once typing has rested."""


@sizes
@pytest.mark.parametrize("way", WAYS)
def test_it_looks_like_this(snap_compare: Compare, demo: GraftlineApp, size: tuple[int, int], way: str) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in WAYS[way]:
            await pilot.press(key)
            if key == "enter":  # where the cursor stands depends on what is shown by then
                await settle(pilot)
        if way in PASTED:
            pilot.app.screen.query_one(FilterBox).query_one(Input).value = PASTED[way]
        await settle(pilot, lambda: SHOWS.get(way, "") in screen_text(pilot))
        await at_rest(pilot)
        await settle(pilot, lambda: not any(screen.query("Toast") for screen in pilot.app.screen_stack))

    assert snap_compare(demo, terminal_size=size, run_before=run)


def test_every_snapshot_here_has_its_baseline() -> None:
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots_runs"
    assert len(list(folder.glob("*.svg"))) == len(WAYS) * len(SIZES)
