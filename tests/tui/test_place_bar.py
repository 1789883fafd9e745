"""The bar at the top: nothing cut, nothing pushed off, and every place can be clicked, at any width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult

from engine.store.rows import RunRow
from tests.support.screen import screen_text
from tui.frame import Frame
from tui.widgets.place_bar import PLACES, PlaceBar

RUNS = tuple(
    RunRow(id=f"r{at}", name="a", kind="branch", state=state, created=0.0)
    for at, state in enumerate(("running", "running", "queued"))
)
WIDTHS = [36, 45, 60, 80, 100, 120, 200]


class _Bar(Frame):
    def compose(self) -> ComposeResult:
        yield PlaceBar("compare", Path("/data/experiments"))

    def on_ready(self) -> None:
        self.query_one(PlaceBar).runs = RUNS


def _line(pilot: Any) -> str:
    return screen_text(pilot).split("\n")[0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("slow", [False, True])
async def test_all_places_and_the_status_are_there(width: int, slow: bool) -> None:
    app = _Bar()
    async with app.run_test(size=(width, 5)) as pilot:
        bar = app.query_one(PlaceBar)
        bar.slow = slow
        await pilot.pause()
        line = _line(pilot)
        assert all(f"{number}" in line for number in range(1, 10))
        assert "4 compare" in line, "where one is, in full"
        assert line.rstrip().endswith(("2+1", "2 running · 1 queued"))
        assert "…" not in line.replace("/data", "")
        assert ("≈" in line) == slow


@pytest.mark.parametrize(
    ("width", "shown"), [(45, "4 compare 5 6"), (80, "3 mon 4 compare 5 corp"), (120, "8 machine")]
)
async def test_names_are_as_long_as_there_is_room(width: int, shown: str) -> None:
    app = _Bar()
    async with app.run_test(size=(width, 5)) as pilot:
        assert shown in _line(pilot)


@pytest.mark.parametrize("width", WIDTHS)
async def test_each_place_is_where_its_number_stands(width: int) -> None:
    app = _Bar()
    async with app.run_test(size=(width, 5)) as pilot:
        bar, line = app.query_one(PlaceBar), _line(pilot)[1:]
        for number, place in enumerate(PLACES, 1):
            assert bar.place_at(line.index(f"{number} " if number < 9 else "9")) == place
        assert bar.place_at(len(line.rstrip()) - 1) == "queue"
        assert bar.place_at(0) == "", "the mark leads nowhere"
