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


async def test_a_long_log_opens_at_its_end_and_is_searched_in_all_of_it(own: GraftlineApp) -> None:
    """30 MB: a window of a few thousand lines is held; its ends move with the reader and with the search."""
    path = own.gateway.log(RUNS["helper-long"])
    with path.open("a") as file:
        file.write("the needle near the beginning\n")
        file.writelines(f"step {n} all is well and nothing else happened\n" for n in range(700_000))
    async with own.run_test(size=(80, 24)) as pilot:
        await pilot.press("9")
        await settle(pilot, lambda: "step 699999 " in screen_text(pilot))
        log = view(own)
        assert len(log.lines) < 50_000 and "% of 3" in screen_text(pilot)
        await pilot.press("slash", *"needle", "enter")
        await settle(pilot, lambda: "the needle near" in screen_text(pilot))
        assert len(log.lines) < 50_000 and log.lines[log.matches[log.match]] == "the needle near the beginning"
        await pilot.press("n")
        await settle(pilot)
        assert "the needle near" in screen_text(pilot), "there is only one: round the ends to the same"
        await pilot.press("escape", "G")
        await settle(pilot, lambda: "step 699999 " in screen_text(pilot))
        first = log.lines[0]
        log.follow = False
        log.scroll_to(y=0, animate=False)
        await settle(pilot, lambda: log.lines[0] != first)
        assert first in log.lines, "older lines were put before the others"
        await pilot.press("g")
        await settle(pilot, lambda: "started helper-long" in screen_text(pilot))
        await pilot.press("slash", *"no such thing", "enter")
        await settle(pilot)
        assert any("nowhere in this log" in str(n.message) for n in own._notifications)


async def test_long_lines_are_cut_or_broken_and_copied(own: GraftlineApp) -> None:
    async with own.run_test(size=(80, 24)) as pilot:
        with own.gateway.log(RUNS["helper-long"]).open("a") as file:
            file.write("a" * 75 + " b" * 60 + " the end\n")
        await pilot.press("9")
        await settle(pilot, lambda: len(view(own).lines) == 3)
        assert "the end" not in screen_text(pilot)
        await pilot.press("W")
        await settle(pilot)
        assert "the end" in screen_text(pilot)
        await pilot.press("Y")
        assert own.clipboard.endswith("the end") and own.clipboard.count("\n") == 2
        await pilot.press("W", "right", "d", "left", "a", "j", "s", "k", "w", "pagedown", "pageup", "b", "home", "end")
        await settle(pilot)
        assert "the end" not in screen_text(pilot)
