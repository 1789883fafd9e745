"""The log of a run: following, searching, going to its neighbours."""

from __future__ import annotations

from tests.support.screen import screen_text, settle
from tests.support.workspace import RUNS
from tui.app import GraftlineApp
from tui.widgets.log_view import LogView


def view(app: GraftlineApp) -> LogView:
    return app.screen.query_one(LogView)


def _write(app: GraftlineApp, run: str, count: int, first: int = 0) -> None:
    with app.gateway.log(RUNS[run]).open("a") as file:
        file.writelines(f"step {n} all is well\n" for n in range(first, first + count))


async def test_it_opens_on_what_runs_and_follows(own: GraftlineApp) -> None:
    async with own.run_test(size=(80, 24)) as pilot:
        await pilot.press("9")
        await settle(pilot)
        assert own.logged == RUNS["helper-long"]
        _write(own, "helper-long", 100)
        await settle(pilot, lambda: "step 99 " in screen_text(pilot))
        await pilot.press("home")
        await settle(pilot)
        assert not view(own).follow
        _write(own, "helper-long", 10, 100)
        await settle(pilot, lambda: len(view(own).lines) == 112)
        assert "started helper-long" in screen_text(pilot)
        await pilot.press("F")
        await settle(pilot, lambda: "step 109 " in screen_text(pilot))
        await pilot.press("k")
        await settle(pilot)
        assert not view(own).follow
        await pilot.press("G")
        await settle(pilot)
        assert view(own).follow


async def test_search_goes_round_the_matches(own: GraftlineApp) -> None:
    async with own.run_test(size=(80, 24)) as pilot:
        _write(own, "helper-long", 100)
        await pilot.press("9")
        await settle(pilot, lambda: len(view(own).lines) == 102)
        await pilot.press("slash", *"Step 3", "enter")
        await settle(pilot)
        log = view(own)
        assert [log.lines[n] for n in log.matches] == [f"step {n} all is well" for n in (3, *range(30, 40))]
        assert log.match == 0
        await pilot.press("n")
        assert log.match == 1
        await pilot.press("N", "N")
        assert log.match == 10
        await settle(pilot)
        assert "step 39 " in screen_text(pilot)
        assert "11 of 11 matches for Step 3" in screen_text(pilot)
        await pilot.press("escape")
        assert (log.query_text, log.matches) == ("", [])


async def test_comma_and_stop_turn_to_the_neighbours(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await pilot.press("9")
        await settle(pilot)
        await pilot.press("comma")
        await settle(pilot)
        assert demo.logged == RUNS["areas-head"]
        assert "started areas-head" in screen_text(pilot)
        await pilot.press("full_stop")
        await settle(pilot)
        assert demo.logged == RUNS["helper-long"]
