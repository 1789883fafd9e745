"""Every key of the monitor, on the demo workspace; live, on a journal that the test writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.config import schema
from engine.journal.events import Created, Decision, Metrics, Planned, Started
from engine.journal.writer import JournalWriter
from engine.launch.client import Client
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import RUNS
from tui.app import GraftlineApp
from tui.screens.logs import LogsScreen
from tui.screens.monitor import MonitorScreen
from tui.screens.pick import PickScreen
from tui.widgets.curve import Curve

WIDE = (120, 40)


def curve(app: GraftlineApp) -> Curve:
    return app.screen.query_one(Curve)


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
        await pilot.press("y")
        assert not plot.log_y
        await pilot.press("plus", "plus")
        assert plot.smoothing == 0.8 and "smoothed 0.8" in screen_text(pilot)
        await pilot.press("minus", "minus", "minus")
        assert plot.smoothing == 0.0
        limits = []
        for kind in ("tokens", "time", "step"):
            await pilot.press("x")
            await settle(pilot)
            assert plot.x_kind == kind and f"by {kind}" in screen_text(pilot)
            limits.append(plot.x_limit)
        assert limits == pytest.approx([204_800, 180.0, 200.0])


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
        await pilot.press("shift+right")
        assert curve(demo).cursor == 200
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
        assert [one.label for one in curve(demo).series] == ["tokens per second"]


async def test_runs_are_overlaid_from_a_list(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("space")
        await settle(pilot)
        assert isinstance(demo.screen, PickScreen)
        assert demo.screen.chosen == {RUNS["areas"]}
        assert screen_text(pilot).count("[●]") == 1
        await pilot.press("up", "space", "enter")  # newest first: helper stands above areas
        await settle(pilot, lambda: len(curve(demo).series) > 2)
        assert len(demo.watched) == 2 and demo.watched[0] == RUNS["areas"], "the first stays foremost"
        markers = [one.marker for one in curve(demo).series]
        assert len(set(markers)) == len(markers) == 4, "each line has a sign of its own"
        await pilot.press("p", "a", "escape")
        assert len(demo.watched) == 2, "left without choosing"
        await pilot.press("f")
        await settle(pilot)
        assert demo.watched == () and "following what runs" in screen_text(pilot)


async def test_the_next_and_the_last_run(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert demo.watched == (RUNS["helper"],)
        await pilot.press("left_square_bracket", "left_square_bracket")
        await settle(pilot)
        assert demo.watched == (RUNS["tiny"],)


async def test_its_log_is_a_key_away(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("l")
        await settle(pilot)
        assert isinstance(demo.screen, LogsScreen) and demo.logged == RUNS["areas"]


async def test_what_cannot_be_stopped_or_resumed_says_so(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await watch(pilot, "areas")
        await pilot.press("S", "R")
        await settle(pilot)
        said = [str(notification.message) for notification in demo._notifications]
    assert said[-2:] == [
        "areas is finished: nothing to stop.",
        "areas is finished: only stopped or failed runs resume.",
    ]


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
