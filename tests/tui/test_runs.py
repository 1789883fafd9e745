"""The place of runs: every key, on the demo workspace behind its real supervisor."""

from __future__ import annotations

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.screen import screen_text, settle
from tests.support.workspace import NOW, RUNS
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.screens.ask import AskScreen, ConfirmScreen
from tui.screens.choose import ChooseScreen, ColumnsScreen, ViewsScreen
from tui.screens.runs import RunsScreen
from tui.widgets.filter_box import FilterBox
from tui.widgets.run_table import RunTable

WIDE = (120, 40)
NAMES = {run_id: name for name, run_id in RUNS.items()}
TITLES = {"docs": "python-docs", "email": "email-docs"}
NEWEST_FIRST = sorted(RUNS, key=lambda name: RUNS[name], reverse=True)


def table(app: GraftlineApp) -> RunTable:
    return app.screen.query_one(RunTable)


def names(app: GraftlineApp) -> list[str]:
    """From the top down; headings by what they say."""
    shown = table(app)
    return [NAMES.get(key) or str(shown.heading(key)) for key in shown.order]


def said(app: GraftlineApp) -> str:
    return "\n".join(str(notification.message) for notification in app._notifications)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def at_runs(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await press(pilot, "2")


async def test_the_newest_stands_first(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        assert names(demo) == NEWEST_FIRST


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (("down",), 1),
        (("j", "s", "up"), 1),
        (("j", "j", "k", "w"), 0),
        (("end",), 10),
        (("G", "g"), 0),
        (("G", "home"), 0),
        (("n",), 10),
        (("pagedown", "N"), 0),
        (("end", "pageup"), 0),
    ],
)
async def test_moving(demo: GraftlineApp, keys: tuple[str, ...], row: int) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, *keys)
        assert table(demo).at == row
        assert RUNS[NEWEST_FIRST[row]] in screen_text(pilot)


async def test_a_newer_snapshot_makes_only_the_lines_that_differ(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        shown = table(demo)
        runs = tuple(shown.runs)
        shown.show(runs, NOW)
        assert shown.sent == 0
        newer = tuple(
            msgspec.structs.replace(run, step=259, heldout_loss=2.001) if run.id == RUNS["helper-long"] else run
            for run in runs
        )
        shown.show(newer, NOW)
        assert shown.sent == 1
        await settle(pilot)
        assert "2.001" in screen_text(pilot)


async def test_the_cursor_stays_with_its_run(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "down", "down")
        chosen = table(demo).key
        await press(pilot, "o")
        assert table(demo).key == chosen
        table(demo).show(tuple(table(demo).runs)[3:], NOW)
        assert table(demo).key == chosen
        table(demo).show(tuple(run for run in table(demo).runs if run.id != chosen), NOW)
        assert table(demo).run is not None


async def test_sort_and_reverse_by_key_and_by_mouse(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "o", "o")
        assert table(demo).sorted_by == "name"
        assert names(demo) == sorted(RUNS, key=lambda name: TITLES.get(name, name))
        forward = names(demo)
        await press(pilot, "O")
        assert names(demo) == forward[::-1]
        header = screen_text(pilot).splitlines()[1]
        await pilot.click(RunTable, offset=(header.index("held-out"), 0))
        await settle(pilot)
        assert (table(demo).sorted_by, names(demo)[0]) == ("heldout_loss", "areas")
        await pilot.click(RunTable, offset=(header.index("held-out"), 0))
        await settle(pilot)
        assert table(demo).turned


async def test_a_click_chooses_and_a_second_one_opens(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await pilot.click(RunTable, offset=(20, 4))
        await settle(pilot)
        assert table(demo).at == 3
        await pilot.click(RunTable, offset=(20, 5), times=2)
        await settle(pilot)
        assert (demo.current_mode, demo.watched) == ("monitor", (RUNS[NEWEST_FIRST[4]],))


async def test_filter_as_one_types_and_clear(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "f", *"kind:branch areas")
        assert set(names(demo)) == {"areas", "areas-scratch", "areas-head", "areas-last"}
        assert "4 runs" in screen_text(pilot)
        await press(pilot, "enter")
        assert demo.focused is table(demo)
        await press(pilot, "escape")
        assert len(names(demo)) == len(RUNS)
        assert not demo.screen.query_one(FilterBox).display


async def test_a_wrong_query_says_where_and_changes_nothing(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "slash", *"kind:pretrain")
        demo.screen.query_one(FilterBox).set("kind:pretrain loss<x")
        await settle(pilot)
        shown = screen_text(pilot)
        assert "✗ column 20: loss is compared with a number, not 'x' (such as loss<1e-3)" in shown
        assert names(demo) == ["tiny"], "what the last right query found stays"
        assert not demo._notifications
        await press(pilot, "backspace", "4")
        assert "✗ column" not in screen_text(pilot)


async def test_no_match_is_said(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "f", *"loss>99", "enter")
        assert "No run matches" in screen_text(pilot)
        await press(pilot, "escape")
        assert len(names(demo)) == len(RUNS)


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_completion_of_keys_and_values(demo: GraftlineApp, key: str) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "f", *"sta")
        assert "state" in screen_text(pilot).splitlines()[2]
        await press(pilot, key)
        assert demo.screen.query_one(Input).value == "state:"
        await press(pilot, *"fa")
        await press(pilot, key)
        assert demo.screen.query_one(Input).value == "state:failed"
        assert names(demo) == ["areas-head"]
        await press(pilot, "tab")
        assert demo.focused is table(demo)


async def test_enter_opens_the_curves_and_l_the_log(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "down", "enter")
        assert (demo.current_mode, demo.watched) == ("monitor", (RUNS["helper-long"],))
        await press(pilot, "2", "l")
        assert (demo.current_mode, demo.logged) == ("logs", RUNS["helper-long"])


async def test_marks_are_made_opened_and_taken_back(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "space", "space")
        assert table(demo).marked == {RUNS["areas-last"], RUNS["helper-long"]}
        assert screen_text(pilot).count("● ") == 2
        await press(pilot, "enter")
        assert demo.watched == (RUNS["areas-last"], RUNS["helper-long"])
        await press(pilot, "2", "x")
        assert not table(demo).marked
        await press(pilot, "u")
        assert len(table(demo).marked) == 2
        found = {RUNS[n] for n in ("areas", "areas-scratch", "areas-head", "areas-last")}
        await press(pilot, "x", "f", *"areas", "enter", "ctrl+a")
        assert table(demo).marked <= found, "keys that come before the answer mark nothing that it leaves out"
        await press(pilot, "ctrl+a")
        assert table(demo).marked == found
        await press(pilot, "escape", "escape")
        assert not table(demo).marked


async def test_models_of_runs_are_compared_evaluated_branched_and_talked_to(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        table(demo).go_to(RUNS["areas"])
        await press(pilot, "c")
        assert (demo.current_mode, demo.compared) == ("compare", (RUNS["areas"],))
        await press(pilot, "2", "T")
        assert (demo.current_mode, demo.asked) == ("play", (RUNS["areas"],))
        demo.action_place("runs")
        for key in ("b", "e"):
            await press(pilot, "2", key)
            assert type(demo.screen).__name__ == "LaunchScreen"
            await press(pilot, "escape")
        table(demo).go_to(RUNS["docs"])
        await press(pilot, "b", "e")
        assert "Put the cursor on a" in said(demo)


async def test_what_went_wrong_stands_below_and_can_be_put_away(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        await press(pilot, "down", "down")
        assert "loss is not a number at step 41; lower train.lr" in screen_text(pilot)
        await press(pilot, "right_square_bracket")
        assert "loss is not a number" not in screen_text(pilot)


async def test_pinned_runs_stay_on_top(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        table(demo).go_to(RUNS["tiny"])
        await press(pilot, "p")
        assert names(demo)[0] == "tiny"
        await press(pilot, "o", "O")
        assert names(demo)[0] == "tiny"
        await press(pilot, "p")
        assert names(demo)[0] != "tiny"


async def test_columns_are_chosen_moved_and_remembered(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "C")
        assert isinstance(demo.screen, ColumnsScreen)
        await press(pilot, "f", *"lr", "enter", "space", "enter")
        assert table(demo).view.columns[-1] == "lr"
        await press(pilot, "C", "f", *"lr", "enter", *"KKKKKKKKKKK", "enter")
        assert table(demo).view.columns[1] == "lr"
        lines = screen_text(pilot).splitlines()
        assert "lr" in lines[1]
        assert any("areas-head" in line and "0.0003" in line for line in lines)
        await press(pilot, "d", "d")
        assert "lr" not in table(demo).shown()
        await press(pilot, "a", "a")
        assert "lr" in table(demo).shown()
    again = open_app(demo.gateway.home)
    async with again.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        assert table(again).view.columns[1] == "lr"
        await press(pilot, "C", "0", "J", "enter")
        assert table(again).view.columns[:2] == ("name", "state")
        await press(pilot, "C", "escape")
        assert isinstance(again.screen, RunsScreen)


async def test_sorting_by_a_configuration_key_and_a_metric(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        table(demo).change(sort="accuracy", turned=True, columns=("name", "accuracy", "lr"))
        demo.screen._viewed()  # type: ignore[attr-defined]
        await settle(pilot)
        known = table(demo).values["accuracy"]
        assert [run_id for run_id in table(demo).order if run_id in known] == sorted(
            known, key=lambda run_id: (known[run_id], run_id), reverse=True
        )


async def test_groups_fold_and_count(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "H")
        assert isinstance(demo.screen, ChooseScreen)
        await press(pilot, "f", *"method", "enter", "enter")
        shown = screen_text(pilot)
        assert "▾ method classify   4 runs · 1 queued · 1 failed · best 0.705" in shown
        assert len(names(demo)) == len(RUNS) + 4
        await press(pilot, "g", "a")
        assert "▸ method classify" in screen_text(pilot)
        assert len(names(demo)) == len(RUNS)
        await press(pilot, "space")
        assert len(table(demo).marked) == 4
        await press(pilot, "x", "g", "d", "j", "left")
        assert table(demo).at == 0
        await press(pilot, "enter")
        assert "▸ method classify" in screen_text(pilot)
        await press(pilot, "H", "home", "enter")
        assert names(demo) == NEWEST_FIRST


async def test_views_are_saved_used_deleted_and_brought_back(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "f", *"kind:branch", "enter")
        await press(pilot, "o", "V")
        assert isinstance(demo.screen, ViewsScreen)
        await press(pilot, "plus")
        assert isinstance(demo.screen, AskScreen)
        await press(pilot, *"mine [/b]", "enter")
        await press(pilot, "escape", "o")
        assert len(names(demo)) == len(RUNS)
        await press(pilot, "V")
        assert "mine [/b]" in screen_text(pilot) and "kind:branch, by state" in screen_text(pilot)
        await press(pilot, "enter")
        assert (table(demo).view.query, table(demo).view.sort) == ("kind:branch", "state")
        assert len(names(demo)) == 7
        await press(pilot, "V", "D", "V")
        assert "none saved yet" in screen_text(pilot)
        await press(pilot, "escape", "u", "V")
        assert "mine [/b]" in screen_text(pilot)


async def test_a_damaged_views_file_is_said_and_left_alone(demo: GraftlineApp) -> None:
    file = demo.gateway.home / "views.toml"
    file.write_text("now = 3")
    async with demo.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        assert "views.toml" in said(demo)
        await press(pilot, "o")
        assert file.read_text() == "now = 3"
        assert len(names(demo)) == len(RUNS)
    file.unlink()


async def test_bulk_tag_is_undone_in_one(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        await press(pilot, "f", *"method:classify", "enter")
        await settle(pilot, lambda: len(names(own)) == 4)
        await press(pilot, "ctrl+a", "t")
        await press(pilot, *"round-1", "enter")
        await settle(pilot, lambda: sum("round-1" in run.tags for run in table(own).runs) == 4)
        await press(pilot, "escape", "f", *"tag:round-1")
        await settle(pilot, lambda: len(names(own)) == 4)
        await press(pilot, "enter", "u")
        await settle(pilot, lambda: names(own) == [])


async def test_remove_asks_and_refuses_what_others_descend_from(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await at_runs(pilot)
        table(own).go_to(RUNS["tiny"])
        await press(pilot, "D")
        assert "tiny stays: tiny@1, areas" in said(own)
        table(own).go_to(RUNS["areas-head"])
        await pilot.press("delete")
        await settle(pilot, lambda: isinstance(own.screen, ConfirmScreen))
        await pilot.press("y")
        await settle(pilot, lambda: "areas-head" not in names(own))
        assert (own.gateway.home / RUNS["tiny"]).exists()
        assert not (own.gateway.home / RUNS["areas-head"]).exists()
        table(own).at = 0
        await pilot.press("D")
        await settle(pilot, lambda: isinstance(own.screen, ConfirmScreen))
        await press(pilot, "n")
        assert isinstance(own.screen, RunsScreen)
