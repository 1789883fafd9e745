"""Several values in a field: how many runs come of it, how long they take together, and all of them queued."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from engine.launch.client import Client
from engine.paths import Workspace
from tests.support.screen import screen_text, settle
from tests.support.workspace import BASE, RUNS
from tests.tui.conftest import open_app
from tests.tui.test_launch_form import typed
from tests.tui.test_launch_screen import form, one, opened, rest, told
from tui.app import GraftlineApp
from tui.launch_form import build
from tui.messages import OpenLaunch
from tui.screens.ask import ConfirmScreen
from tui.screens.launch import LaunchScreen
from tui.screens.queue import QueueScreen


async def type_in(pilot: Pilot[None], app: GraftlineApp, key: str, text: str) -> None:
    one(app, key).editor.focus()
    one(app, key).fill("")
    await pilot.press(*text)
    await rest(pilot)


def test_bars_make_a_sweep_and_the_command_says_the_same(tmp_path: Path) -> None:
    values = typed("pretrain", "docs/abc", train_lr="3e-3 | 1e-3", train_batch="8|16", model_block="modern | gpt2")
    draft = build("pretrain", values, Workspace(tmp_path))
    assert len(draft.sweep) == 8 and draft.problems == {} and draft.tag == "sweep:docs-base"
    assert draft.command == (
        "graftline pretrain docs-base.toml --sweep model.block=modern,gpt2 --sweep train.lr=0.003,0.001"
        " --sweep train.batch=8,16"
    )
    assert "lr = 0.003\n" in draft.toml, "the file holds the first value, which the command replaces"
    wrong = build("pretrain", typed("pretrain", "docs/abc", train_lr="3e-3 | x"), Workspace(tmp_path))
    assert list(wrong.problems) == ["train.lr"] and wrong.sweep == ()
    negative = build("pretrain", typed("pretrain", "docs/abc", train_lr="3e-3 | -1"), Workspace(tmp_path))
    assert list(negative.problems) == ["train.lr"] and "> 0" in negative.problems["train.lr"]


async def test_the_form_says_how_many_and_how_long_and_queues_them_all(own_home: Path) -> None:
    app = open_app(own_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        await type_in(pilot, app, "train.lr", "1e-3 | 3e-4")
        one(app, "model.block").editor.focus()
        await pilot.press("plus")
        await rest(pilot)
        await settle(pilot, lambda: "4 runs, at most" in told(app))
        assert "tagged sweep:python-docs-base" in told(app) and "what the first of them will take" in told(app)
        assert one(app, "model.block").value == "modern | llama"
        await pilot.press("ctrl+s")
        await settle(pilot, lambda: isinstance(app.screen, QueueScreen))
        with Client(own_home) as client:
            waiting = [client.run(run_id) for run_id in client.waiting()]
        assert waiting[0].id == RUNS["areas-last"] and len(waiting) == 5
        assert {row.tags for row in waiting[1:]} == {("sweep:python-docs-base",)}
        await settle(pilot, lambda: "#sweep:python-docs-base" in screen_text(pilot))


async def test_what_decides_on_other_fields_is_one_value(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(demo, "method").editor.focus()
        await pilot.press("plus")
        assert one(demo, "method").value == "classify"
        one(demo, "what").editor.focus()
        await pilot.press("plus", "plus", "plus")
        assert one(demo, "what").value == "full | last-block | head | lora"
        await pilot.press("right")
        assert one(demo, "what").value == "full", "an arrow chooses one again"


async def test_more_runs_than_one_means_by_accident_are_asked_about(own_home: Path) -> None:
    app = open_app(own_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        one(app, "train.batch").fill(" | ".join(str(number) for number in range(1, 202)))
        await rest(pilot)
        await settle(pilot, lambda: "201 runs" in told(app))
        await pilot.press("ctrl+s")
        await settle(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Queue 201 runs?" in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot, lambda: isinstance(app.screen, LaunchScreen))
        with Client(own_home) as client:
            assert client.waiting() == [RUNS["areas-last"]]
        assert form(app).is_current
