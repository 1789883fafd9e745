"""The table of runs: only what changed is written, sorting, filtering, and its keys."""

from __future__ import annotations

import msgspec

from tests.support.screen import screen_text, settle
from tests.support.workspace import NOW, RUNS
from tui.app import GraftlineApp
from tui.screens.ask import ConfirmScreen
from tui.screens.runs import RunsScreen
from tui.widgets.run_table import RunTable

WIDE = (120, 40)


def table(app: GraftlineApp) -> RunTable:
    return app.screen.query_one(RunTable)


def names(app: GraftlineApp) -> list[str]:
    column = table(app).get_column("name")
    return [text.plain for text in column]


async def test_the_newest_stands_first(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        assert names(demo)[:3] == ["areas-last", "helper-long", "areas-head"]
        assert len(names(demo)) == len(RUNS)


async def test_a_newer_snapshot_writes_only_the_cells_that_differ(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        shown = table(demo)
        runs = shown.runs
        shown.show(runs, NOW)
        assert shown.changed == 0
        newer = tuple(
            msgspec.structs.replace(run, step=259, heldout_loss=2.001) if run.id == RUNS["helper-long"] else run
            for run in runs
        )
        shown.show(newer, NOW)
        assert shown.changed == 2
        await settle(pilot)
        assert "2.001" in screen_text(pilot)


async def test_the_cursor_stays_with_its_run(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("down", "down")
        chosen = table(demo).run
        await pilot.press("o")
        await settle(pilot)
        assert table(demo).run == chosen
        table(demo).show(table(demo).runs[3:], NOW)
        assert table(demo).run == chosen


async def test_sort_and_reverse(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("o", "o")
        await settle(pilot)
        assert table(demo).sorted_by == "name"
        assert names(demo) == sorted(names(demo))
        await pilot.press("O")
        await settle(pilot)
        assert names(demo) == sorted(names(demo), reverse=True)


async def test_filter_and_clear(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("slash", *"branch areas", "enter")
        await settle(pilot)
        assert set(names(demo)) == {"areas", "areas-scratch", "areas-head", "areas-last"}
        await pilot.press("escape")
        await settle(pilot)
        assert len(names(demo)) == len(RUNS)


async def test_enter_opens_the_curves_and_l_the_log(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert (demo.current_mode, demo.watched) == ("monitor", (RUNS["helper-long"],))
        await pilot.press("2", "l")
        await settle(pilot)
        assert (demo.current_mode, demo.logged) == ("logs", RUNS["helper-long"])


async def test_what_went_wrong_stands_below(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("down", "down")
        await settle(pilot)
        assert "loss is not a number at step 41; lower train.lr" in screen_text(pilot)


async def test_remove_asks_and_refuses_what_others_descend_from(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await settle(pilot)
        table(own).move_cursor(row=table(own).get_row_index(RUNS["tiny"]))
        await pilot.press("D")
        await settle(pilot)
        assert any("tiny stays: tiny@1, areas" in str(n.message) for n in own._notifications)
        table(own).move_cursor(row=table(own).get_row_index(RUNS["areas-head"]))
        await pilot.press("delete")
        await settle(pilot, lambda: isinstance(own.screen, ConfirmScreen))
        await pilot.press("y")
        await settle(pilot, lambda: "areas-head" not in names(own))
        assert (own.gateway.home / RUNS["tiny"]).exists()
        assert not (own.gateway.home / RUNS["areas-head"]).exists()
        table(own).move_cursor(row=0)
        await pilot.press("D")
        await settle(pilot, lambda: isinstance(own.screen, ConfirmScreen))
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(own.screen, RunsScreen)
