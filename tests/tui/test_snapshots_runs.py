"""How the place of runs looks at three sizes: filtered, wrongly asked, grouped, and its dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.screen import at_rest, screen_text, settle
from tests.tui.test_snapshots import SIZES, Compare, sizes
from tui.app import GraftlineApp
from tui.views import View, Views, save
from tui.widgets.filter_box import FilterBox

WAYS: dict[str, tuple[str, ...]] = {
    "filtered": ("2", "f", *"kind:branch loss<1.2 sta"),
    "wrong": ("2", "f"),
    "columns": ("2", "C", "down", "down"),
    "views": ("2", "V", "down"),
    "grouped": ("2", "H", "f", *"method", "enter", "enter", "home", "a", "space"),
}
"""Names, and the keys that lead there."""
PASTED = {"wrong": "loss<low"}
"""Written at once: what stands between two keystrokes depends on how fast they come."""
SHOWS = {"filtered": "0 runs", "wrong": "column 6", "views": "grouped by state"}
"""What comes only once typing has rested."""
SAVED = Views(
    saved={
        "branches": View(query="kind:branch"),
        "by state": View(group="state"),
        "worst first": View(columns=("state", "kind", "loss"), sort="loss", turned=True),
    }
)


@pytest.fixture
def demo_with_views(demo: GraftlineApp, demo_home: Path) -> Iterator[GraftlineApp]:
    """The app in a workspace where views were saved before it starts; other tests know of none."""
    save(demo_home / "views.toml", SAVED)
    yield demo
    (demo_home / "views.toml").unlink()


@sizes
@pytest.mark.parametrize("way", WAYS)
def test_it_looks_like_this(
    snap_compare: Compare, demo_with_views: GraftlineApp, size: tuple[int, int], way: str
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in WAYS[way]:
            await pilot.press(key)
            if key in ("enter", "2"):  # where the cursor stands depends on what is shown by then
                await settle(pilot)
        if way in PASTED:
            pilot.app.screen.query_one(FilterBox).query_one(Input).value = PASTED[way]
        await settle(pilot, lambda: SHOWS.get(way, "") in screen_text(pilot))
        await at_rest(pilot)
        await settle(pilot, lambda: not any(screen.query("Toast") for screen in pilot.app.screen_stack))

    assert snap_compare(demo_with_views, terminal_size=size, run_before=run)


def test_every_snapshot_here_has_its_baseline() -> None:
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots_runs"
    assert len(list(folder.glob("*.svg"))) == len(WAYS) * len(SIZES)
