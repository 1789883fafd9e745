"""The first minutes: an empty workspace explains itself, begins the demo for real, and says what comes next."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from textual.widgets import OptionList

from engine.errors import InputError
from engine.launch import demo as demo_process
from engine.store.rows import Lineage, Node, RunRow, ScoreRow
from tests.support.screen import screen_text, settle, shows
from tests.support.supervised import supervised
from tests.tui.conftest import open_app
from tui.app import GraftlineApp
from tui.messages import OpenLaunch, Snapshot
from tui.next_step import next_step
from tui.screens.help import HelpScreen
from tui.widgets.lineage_tree import LineageTree
from tui.widgets.welcome import Welcome


def players(home: Path) -> list[psutil.Process]:
    """Processes that play the demo in this workspace."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "engine.demo" in words and str(home) in words:
            found.append(process)
    return found


async def test_an_empty_workspace_offers_ways_to_begin(empty_app: GraftlineApp) -> None:
    asked: list[OpenLaunch] = []

    def hook(message: object) -> None:
        if isinstance(message, OpenLaunch) and message not in asked:
            asked.append(message)

    async with empty_app.run_test(size=(80, 24), message_hook=hook) as pilot:
        await settle(pilot)
        shown = screen_text(pilot)
        for words in ("One base, many variants", "Play the demo", "a corpus of your own", "Read the keys"):
            assert words in shown
        assert isinstance(empty_app.focused, OptionList)
        await pilot.press("down", "s", "s", "enter")
        await settle(pilot)
        assert isinstance(empty_app.screen, HelpScreen)
        await pilot.press("escape", "k", "k", "enter")
        await settle(pilot)
        assert [message.kind for message in asked] == ["corpus"]


async def test_a_click_begins_too(empty_app: GraftlineApp) -> None:
    async with empty_app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        lines = screen_text(pilot).splitlines()
        y = next(n for n, line in enumerate(lines) if "Read the keys" in line)
        await pilot.click(offset=(lines[y].index("Read"), y))
        await settle(pilot)
        assert isinstance(empty_app.screen, HelpScreen)


async def test_the_demo_begins_and_what_it_makes_appears(tmp_path: Path) -> None:
    home = tmp_path / "runs"
    with supervised(home) as client:
        app = open_app(home, poll=0.2)
        try:
            async with app.run_test(size=(120, 40)) as pilot:
                await settle(pilot)
                await pilot.press("enter")
                await shows(pilot, lambda: "The demo plays" in screen_text(pilot) and bool(players(home)))
                with pytest.raises(InputError, match="the demo already runs here"):
                    app.gateway.start_demo()
                await shows(pilot, lambda: app.screen.query_one(Welcome).display is False, seconds=120)
                await shows(pilot, lambda: "it goes on by itself" in screen_text(pilot))
                assert app.screen.query_one(LineageTree).node is not None
                assert isinstance(app.focused, LineageTree)
        finally:
            for process in players(home):
                os.kill(process.pid, signal.SIGTERM)
                process.wait(20)
            for run in client.runs():
                if run.state in ("running", "queued"):
                    client.stop(run.id)
        assert not demo_process.running(home)
        assert demo_process.words(home, 1)


def test_no_demo_where_none_was(tmp_path: Path) -> None:
    assert not demo_process.running(tmp_path)
    assert demo_process.words(tmp_path, 3) == []


# --- what comes next ------------------------------------------------------------------------------


def node(kind: str, state: str, *children: Node, scored: bool = False) -> Node:
    score = ScoreRow(model_id=f"{kind}-{state}", suite="s", task="t", metric="accuracy", value=0.5)
    return Node(id=kind, kind=kind, name=kind, state=state, children=children, scores=(score,) if scored else ())


def run(kind: str, name: str) -> RunRow:
    return RunRow(id=name, name=name, kind=kind, state="running", created=0.0)


@pytest.mark.parametrize(
    ("roots", "runs", "now", "then"),
    [
        ((), (run("corpus", "docs"),), "The corpus docs is being built", "P on the corpus"),
        ((node("corpus", "built"),), (), "", "P on the corpus pretrains a base."),
        ((node("pretrain", "running"),), (run("pretrain", "tiny"),), "it stops by itself", "F on the run freezes"),
        ((node("base", "frozen"),), (), "", "b on the base branches"),
        ((node("base", "frozen", node("variant", "running")),), (run("branch", "areas"),), "areas is", "e on the"),
        ((node("base", "frozen", node("variant", "finished")),), (), "", "e on a variant evaluates it"),
    ],
)
def test_what_comes_next(roots: tuple[Node, ...], runs: tuple[RunRow, ...], now: str, then: str) -> None:
    step = next_step(Snapshot(Lineage(roots=roots, costs=()), runs))
    assert step is not None
    assert now in step.now
    assert then in step.next
    assert bool(step.now) == bool(now)


def test_whoever_went_through_the_method_is_told_nothing() -> None:
    compared = node("base", "frozen", node("variant", "finished", scored=True), scored=True)
    assert next_step(Snapshot(Lineage(roots=(compared,), costs=()), ())) is None
    assert next_step(Snapshot(Lineage(roots=(), costs=()), ())) is None
