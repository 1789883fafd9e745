"""Every key of the monitor, on the demo workspace; live, on a journal that the test writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from engine.config import schema
from engine.journal.events import Created, Decision, Metrics, Planned, Started
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.launch.client import Client
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import RUNS
from tui.app import GraftlineApp
from tui.screens.logs import LogsScreen
from tui.screens.monitor import MonitorScreen
from tui.widgets.chart_grid import ChartGrid
from tui.widgets.curve import Curve
from tui.widgets.log_view import LogView
from tui.widgets.watch_list import WatchList

WIDE = (120, 40)


def curve(app: GraftlineApp) -> Curve:
    return app.screen.query_one(Curve)


def planned(name: str) -> Planned:
    """What a run of the demo workspace says it plans."""
    path = Path("~/runs").expanduser() / RUNS[name] / "journal.jsonl"
    return next(record.event for record in read(path).records if isinstance(record.event, Planned))


async def watch(pilot: Pilot[None], *names: str) -> None:
    """Open the monitor on runs, by their names in the demo workspace."""
    app = pilot.app
    assert isinstance(app, GraftlineApp)
    await settle(pilot)
    app.watched = tuple(RUNS[name] for name in names)
    await pilot.press("3")
    await settle(pilot, lambda: all(len(one.array) for one in curve(app).series) and bool(curve(app).series))


async def test_with_nothing_chosen_it_shows_what_runs(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("3")
        await settle(pilot, lambda: bool(curve(demo).series))
        shown = screen_text(pilot)
    for words in ("helper-long", "instruct · running", "step 260 of 600", "tokens/s 2560", "ETA 2m16s", "best 2.377"):
        assert words in shown


async def test_a_finished_run_shows_its_decisions_and_checkpoints(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        shown = screen_text(pilot)
    for words in ("200 steps (limit 400)", "▬ plateau", "↘ decay", "■ end", "▴ checkpoint", "best 3.201 at 200"):
        assert words in shown


async def test_a_failed_run_says_why(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas-head")
        shown = screen_text(pilot)
    assert "failed" in shown and "loss is not a number at step 41; lower train.lr" in shown and "✗ nan" in shown


async def test_keys_of_the_axes(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        plot = curve(demo)
        await pilot.press("y")
        assert plot.log_y and "log y" in screen_text(pilot)
        await pilot.press("y", "L")
        assert not plot.log_y and plot.log_x and "log x" in screen_text(pilot)
        assert plot.x.low > 0, "a logarithmic axis begins above zero"
        await pilot.press("L", "plus", "plus")
        assert plot.smoothing == 0.8 and "smoothed 0.8" in screen_text(pilot)
        await pilot.press("minus", "minus", "minus")
        assert plot.smoothing == 0.0
        await pilot.press("g")
        assert not plot.guides and "· · ·" not in screen_text(pilot)
        await pilot.press("g")
        limits = {}
        for kind in ("tokens", "time", "flops", "branch", "step"):
            await pilot.press("X")
            await settle(pilot)
            assert plot.x_kind == kind
            limits[kind] = plot.x_limit
    each = 204_800 * planned("tiny").flops_per_token
    assert limits == pytest.approx({"tokens": 204_800, "time": 180.0, "flops": each, "branch": 200.0, "step": 200.0})


async def test_zoom_pan_limits_and_back(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        plot = curve(demo)
        await pilot.press("z", "z")
        await settle(pilot)
        assert plot.window == pytest.approx((150, 200)) and "zoomed" in screen_text(pilot)
        await pilot.press("shift+left")
        assert plot.window == pytest.approx((137.5, 187.5))
        await pilot.press("shift+right", "shift+right")
        assert plot.window == pytest.approx((150, 200)), "no further than there is"
        await pilot.press("Z")
        assert plot.window == pytest.approx((100, 200))
        await pilot.press("0")
        assert plot.window is None
        await pilot.press("v", *"x 50..150 y 2..4", "enter")
        await settle(pilot)
        assert (plot.window, plot.heights) == ((50, 150), (2, 4))
        rows = [line for line in screen_text(pilot).splitlines() if "┤" in line]
        assert rows[0].split("┤")[0].strip() in ("4", "4.0", "4.00")
        await pilot.press("v", *"nonsense", "enter")
        await settle(pilot)
        assert "is no range" in screen_text(pilot)
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert plot.window is None and plot.heights is None


async def test_the_wheel_zooms_about_the_pointer_and_dragging_moves(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        plot = curve(demo)
        await pilot._post_mouse_events([MouseScrollUp], plot, offset=(60, 10))
        await pilot.pause()
        first = plot.window
        assert first is not None and first[1] - first[0] == pytest.approx(100) and first[0] < 100 < first[1]
        await pilot.mouse_down(plot, offset=(60, 10))
        await pilot.hover(plot, offset=(80, 10))
        await pilot.mouse_up(plot, offset=(80, 10))
        assert plot.window is not None and plot.window[0] < first[0], "the picture follows the hand"
        await pilot.click(plot, offset=(60, 10))
        assert plot.cursor is not None and plot.window[0] <= plot.cursor <= plot.window[1]


async def test_the_cursor_reads_values(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        await pilot.press("left")
        assert "at step 200" in screen_text(pilot)
        await pilot.press("shift+left")
        step = curve(demo).cursor
        assert step is not None and 175 < step < 190
        await pilot.press("right")
        assert (curve(demo).cursor or 0) > step
        await pilot.press("end")
        assert curve(demo).cursor == 200
        await pilot.press("home")
        assert curve(demo).cursor == 1
        await pilot.press("escape")
        assert curve(demo).cursor is None and "at step" not in screen_text(pilot)


async def test_metrics_one_after_the_other(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        seen = []
        for _ in range(5):
            await pilot.press("m")
            await settle(pilot)
            seen.append([one.label for one in curve(demo).series])
        assert seen == [["held-out bits per byte"], ["lr"], ["grad norm"], ["tokens per second"], ["train", "held-out"]]
        await pilot.press("M")
        await settle(pilot)
        assert [one.label for one in curve(demo).series] == ["tokens per second"]


async def test_a_page_of_charts(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 50)) as pilot:
        await watch(pilot, "tiny")
        grid = demo.screen.query_one(ChartGrid)
        await pilot.press("number_sign")
        await settle(pilot)
        shown = [one for one in demo.screen.query(Curve) if one.display]
        assert grid.shape() == (2, 2) and len(shown) == 4 and "page 1 of 2" in screen_text(pilot)
        assert "▸ loss" in screen_text(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert grid.name_chosen == "heldout_bits_per_byte"
        await pilot.press("s", "a")
        await settle(pilot)
        assert grid.name_chosen == "lr"
        await pilot.press("w", "n")
        await settle(pilot)
        assert grid.name_chosen == "tokens_per_second" and "page 2 of 2" in screen_text(pilot)
        await pilot.press("N", "left")
        await settle(pilot)
        assert {one.cursor for one in demo.screen.query(Curve) if one.display} == {200}, "one cursor for all"
        await pilot.press("escape", "enter")
        await settle(pilot)
        assert grid.shape() == (1, 1) and grid.name_chosen == "loss"
        await pilot.press("escape")
        await settle(pilot)
        assert grid.many
        await pilot.click(shown[3], offset=(20, 5))
        await settle(pilot)
        assert grid.name_chosen == "grad_norm"
        await pilot.press("slash", *"loss", "enter")
        await settle(pilot)
        assert grid.names == ("loss",)


async def test_runs_are_chosen_from_the_list(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        runs = demo.screen.query_one(WatchList)
        assert not runs.region.area, "one run needs no list"
        await pilot.press("space")
        await settle(pilot)
        assert runs.has_focus and runs.here == RUNS["areas"], "drawn ones stand first"
        runs.go_to(RUNS["helper"])
        await pilot.press("space")
        await settle(pilot, lambda: len(curve(demo).series) > 2)
        assert demo.watched == (RUNS["areas"], RUNS["helper"]), "the first stays foremost"
        markers = [one.marker for one in curve(demo).series]
        assert len(set(markers)) == len(markers) == 4, "each line has a sign of its own"
        await pilot.press("p")
        await settle(pilot)
        assert demo.watched == (RUNS["helper"], RUNS["areas"]) and "▲helper" in screen_text(pilot)
        await pilot.press("ctrl+a")
        await settle(pilot)
        assert {RUNS["tiny"], RUNS["areas-head"], RUNS["helper-long"]} < set(demo.watched)
        await pilot.press("x")
        await settle(pilot)
        assert demo.watched == (RUNS["helper"],), "the pinned one stays"
        await pilot.press("p", "j", "enter")
        await settle(pilot)
        assert len(demo.watched) == 1
        await pilot.press("f", *"scratch", "enter")
        await settle(pilot)
        assert [item.id for item in runs.items] == [RUNS["areas-scratch"]]
        await pilot.press("escape", "escape", "left_square_bracket")
        await settle(pilot)
        assert not runs.region.area and len(runs.items) > 5
        await pilot.press("F")
        await settle(pilot)
        assert demo.watched == () and "following what runs" in screen_text(pilot)


async def test_the_list_of_runs_obeys_the_mouse(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas", "helper")
        runs = demo.screen.query_one(WatchList)
        assert runs.region.area, "several runs: their list is beside them"
        await pilot.click(runs, offset=(4, 1))
        await settle(pilot)
        assert demo.watched == (RUNS["areas"],)


async def test_facts_at_the_side_come_and_go(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        assert "── plan" not in screen_text(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "── plan" in screen_text(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "── plan" not in screen_text(pilot)


async def test_panes_and_the_search_in_the_log(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        log = demo.screen.query_one("#log", LogView)
        await pilot.press("tab")
        assert log.has_focus
        await pilot.press("slash", *"started", "enter")
        await settle(pilot)
        assert len(log.matches) == 1 and log.match == 0
        await pilot.press("n", "N")
        assert log.match == 0
        await pilot.press("shift+tab")
        assert demo.screen.query_one(ChartGrid).has_focus


async def test_the_next_and_the_last_run(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("full_stop")
        await settle(pilot)
        assert demo.watched == (RUNS["helper"],)
        await pilot.press("comma", "comma")
        await settle(pilot)
        assert demo.watched == (RUNS["tiny"],)


async def test_a_base_and_its_branches_meet_at_the_branch_point(demo: GraftlineApp) -> None:
    """By steps since the branch point the base's curve ends at 0, where the variants' begin."""
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny", "areas")
        await pilot.press("X", "X", "X", "X")
        await settle(pilot, lambda: curve(demo).x.low < 0)
        ends = {one.label.split()[0]: one.array[[0, -1], 0] for one in curve(demo).series}
        assert ends["tiny"][1] == 0 and ends["areas"][0] > 0
        assert "by steps since the branch" in screen_text(pilot)


async def test_a_running_loss_shows_where_it_heads(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "helper-long")
        assert "heading for" in screen_text(pilot)
        await pilot.press("H")
        await settle(pilot)
        last = curve(demo).series[-1]
        assert last.dotted and last.array[-1, 0] == 600
        await pilot.press("H")
        await settle(pilot)
        assert not any(one.dotted for one in curve(demo).series)


async def test_mean_and_spread_is_offered_and_left_again(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas", "helper")
        for said in ("min-max", "±sd"):
            await pilot.press("A")
            await settle(pilot)
            assert f"mean over seeds, {said}" in screen_text(pilot)
        await pilot.press("A")
        await settle(pilot)
        assert "mean over seeds" not in screen_text(pilot)


async def test_a_chart_is_exported(demo: GraftlineApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "tiny")
        await pilot.press("E", *["backspace"] * 4, *".txt", "enter")
        await settle(pilot)
        assert "no kind of file" in screen_text(pilot)
        await pilot.press(*["backspace"] * 4, *".csv", "enter")
        await settle(pilot, lambda: (tmp_path / "loss.csv").exists())
    rows = (tmp_path / "loss.csv").read_text().splitlines()
    assert rows[0] == "series,step,value" and rows[1].startswith("train,1,") and rows[-1].startswith("held-out,200,")


async def test_its_log_is_a_key_away(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("l")
        await settle(pilot)
        assert isinstance(demo.screen, LogsScreen) and demo.logged == RUNS["areas"]


async def test_what_cannot_be_stopped_or_resumed_says_so(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("S", "R", "ctrl+t")
        await settle(pilot)
        said = [str(notification.message) for notification in demo._notifications]
    assert said[-3:] == [
        "areas is finished: nothing to stop.",
        "areas is finished: only stopped or failed runs resume.",
        "areas is finished: only running runs are profiled.",
    ]


async def test_a_running_run_is_profiled_by_a_key(demo: GraftlineApp) -> None:
    request = demo.gateway.workspace.run(RUNS["helper-long"]).profile_request
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "helper-long")
        await pilot.press("ctrl+t")
        await settle(pilot, request.exists)
    assert request.read_text() == "5"
    request.unlink()  # its engine is this process, which hears nothing


async def test_a_failed_run_is_queued_again(own_home: Path) -> None:
    app = GraftlineApp(own_home, poll=3600)
    async with app.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas-head")
        await pilot.press("R")
        await settle(pilot)
    with Client(own_home) as client:
        assert client.run(RUNS["areas-head"]).state == "queued"


async def test_curves_grow_while_the_engine_writes(empty_app: GraftlineApp, empty_home: Path) -> None:
    """A journal written line by line, and a name full of what terminals and markup would obey."""
    run_id = "20261124-101500-pretrain-live-k3f9"
    folder = empty_home / run_id
    folder.mkdir()
    config = schema.PretrainConfig(name="live", corpus="c")
    evil = "[/nope]\x1b]0;x\x07\u202e'\"/.."
    async with empty_app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        empty_app.watched = (run_id,)
        await pilot.press("3")
        with JournalWriter(folder / "journal.jsonl", attempt=1) as journal:
            journal.append(Created(run_id=run_id, kind="pretrain", name=evil, config={}, fingerprint=config.name))
            journal.append(Started(pid=1, start_ticks=1.0, boot_id="b", host="h", device=evil))
            journal.append(Planned(steps=100))
            (folder / "engine.log").write_text(f"log {evil}\n")
            for step in range(1, 41):
                values: dict[str, float | None] = {"train_loss": 5.0 - step / 20, "heldout_loss": 5.0 - step / 30}
                journal.append(Metrics(step=step, tokens=step, seconds=step / 10, values=values))
                if step == 20:
                    await _until(pilot, lambda: _reached(empty_app) == 20)
            journal.append(Decision(what="plateau", step=40, why=evil))
        await _until(pilot, lambda: _reached(empty_app) == 40)
        await pilot.pause()
        shown = screen_text(pilot)
        assert isinstance(empty_app.screen, MonitorScreen)
    assert "step 40 of 100" in shown and "▬ plateau" in shown and "ETA ≤ 6s" in shown
    assert "[/nope]␛]0;x␇<U+202E>'\"/.." in shown and not control_characters(shown)


def _reached(app: GraftlineApp) -> float:
    series = curve(app).series
    return max((float(one.array[-1, 0]) for one in series), default=0.0)


async def _until(pilot: Pilot[None], holds: object) -> None:
    """Wait for the monitor's own poll, half a second apart; fails after ten seconds."""
    assert callable(holds)
    for _ in range(200):
        if holds():
            return
        await pilot.pause()
        await asyncio.sleep(0.05)
    raise AssertionError(screen_text(pilot))
