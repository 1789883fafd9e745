"""The launch form with the keyboard, on the demo workspace and through the real supervisor."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Input

from engine.config.load import load
from engine.config.schema import BranchConfig
from engine.launch.client import Client
from tests.support.screen import screen_text, settle
from tests.support.workspace import BASE, NOW, RUNS
from tui.app import GraftlineApp
from tui.messages import OpenLaunch
from tui.screens.launch import LaunchScreen
from tui.screens.monitor import MonitorScreen
from tui.widgets.form import FormField
from tui.widgets.sized import Sized

WIDE = (120, 40)


def form(app: GraftlineApp) -> LaunchScreen:
    assert isinstance(app.screen, LaunchScreen)
    return app.screen


def one(app: GraftlineApp, key: str) -> FormField:
    return next(found for found in form(app).query(FormField) if found.key == key)


def told(app: GraftlineApp) -> str:
    """The plan's words, however they are broken into lines."""
    return " ".join(app.screen.query_one("#plan", Sized).render().plain.split())


def said(app: GraftlineApp, words: str) -> bool:
    return any(words in str(one.message) for one in app._notifications)


async def opened(pilot: Pilot[None], message: OpenLaunch) -> None:
    app = pilot.app
    assert isinstance(app, GraftlineApp)
    await settle(pilot)
    app.post_message(message)
    await settle(pilot, lambda: isinstance(app.screen, LaunchScreen))
    await rest(pilot)


async def rest(pilot: Pilot[None]) -> None:
    """Until the form has been checked against the workspace, or cannot be."""
    app = pilot.app
    assert isinstance(app, GraftlineApp)
    await settle(pilot, lambda: "… checking" not in screen_text(pilot))


async def test_problems_stand_beside_their_fields_before_anything_starts(demo: GraftlineApp, tmp_path: Path) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        assert one(demo, "base").value == BASE and one(demo, "name").value == "tiny-classify"
        assert "is missing" in one(demo, "data.train").problem
        assert isinstance(demo.focused, Input) and demo.focused is one(demo, "data.train").editor, "the first empty one"
        await pilot.press(*"/no")
        await rest(pilot)
        assert "no such file: /no" in one(demo, "data.train").problem
        assert "✗ no such file: /no" in screen_text(pilot)
        before = len(await _runs(demo))
        await pilot.press("ctrl+s")
        await rest(pilot)
        assert isinstance(demo.screen, LaunchScreen) and len(await _runs(demo)) == before


async def test_a_rehearsal_waits_for_what_is_wrong_and_for_the_device(demo: GraftlineApp, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text('{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n' * 40)
    async with demo.run_test(size=WIDE, notifications=True) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: said(demo, "There are problems to mend first."))
        one(demo, "data.train").fill(str(data))
        await settle(pilot, lambda: "nothing in the way" in screen_text(pilot))
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: said(demo, "is running here"))


async def test_a_choice_changes_what_is_asked_and_the_name(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(demo, "method").editor.focus()
        await pilot.press("right")
        await rest(pilot)
        assert one(demo, "name").value == "tiny-instruct"
        assert one(demo, "data.instruction").display and not one(demo, "data.label").display
        one(demo, "what").editor.focus()
        await pilot.press("left", "left")
        await rest(pilot)
        assert "goes with classify" in one(demo, "what").problem
        one(demo, "name").editor.focus()
        await pilot.press("end", "2")
        one(demo, "method").editor.focus()
        await pilot.press("space")
        await rest(pilot)
        assert one(demo, "name").value == "tiny-instruct2", "a name that was typed stays"
        assert one(demo, "data.corpus").value == "email-docs", "the smaller corpus is the domain's"


async def test_what_is_typed_shows_as_toml_and_as_a_command(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(demo, "train.epochs").editor.focus()
        await pilot.press("backspace", "7")
        shown = screen_text(pilot)
        assert "epochs = 7.0" in shown and "$ graftline branch tiny-classify.toml" in shown
        await pilot.press("backspace", "x")
        await rest(pilot)
        assert "'x' is not a number" in screen_text(pilot)


async def test_the_plan_stands_beside_the_form_and_follows_it(demo: GraftlineApp, tmp_path: Path) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        await settle(pilot, lambda: "parameters" in told(demo))
        text = told(demo)
        for words in ("786K, all of them learn", "20 is compute- optimal", "weights 3.15 MB"):
            assert words in text, words
        assert "as tiny on CPU, 2 threads, fp32" in text
        one(demo, "model").editor.focus()
        await pilot.press("right")
        await settle(pilot, lambda: "786K" not in told(demo) and "parameters" in told(demo))
        one(demo, "model.context").editor.focus()
        await pilot.press("end", "x")
        await settle(pilot, lambda: "shows as soon as the form says enough" in told(demo))


async def test_the_plan_of_a_branch_is_told_beside_its_base(demo: GraftlineApp, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text('{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n' * 40)
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(demo, "data.train").fill(str(data))
        await settle(pilot, lambda: f"x of {BASE}" in told(demo))
        one(demo, "what").editor.focus()
        await pilot.press("left", "left")
        await settle(pilot, lambda: "only a new head learns" in told(demo))


async def test_the_keyboard_goes_everywhere_and_back(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        keys = [found.key for found in form(demo).query(FormField)]
        seen = []
        one(demo, keys[0]).editor.focus()
        await pilot.pause()
        for _ in keys:
            seen += [found.key for found in form(demo).query(FormField) if found.has_focus_within]
            await pilot.press("down")
        assert seen == keys and isinstance(demo.focused, Button)
        await pilot.press("up", "tab", "shift+tab")
        assert one(demo, keys[-1]).has_focus_within
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(demo.screen, LaunchScreen)


async def test_a_completion_is_taken_with_the_right_arrow(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch"))
        assert "is missing" in one(demo, "base").problem
        await pilot.press("t", "i")
        await settle(pilot)
        await pilot.press("right")
        await rest(pilot)
        assert one(demo, "base").value == BASE and not one(demo, "base").problem


async def test_models_marked_are_the_ones_to_evaluate(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("evaluate", models=(BASE, RUNS["areas"])))
        assert one(demo, "models").value == f"{BASE}, {RUNS['areas']}"
        one(demo, "suites").editor.focus()
        one(demo, "suites").fill("nothing-such")
        await rest(pilot)
        assert "no suite 'nothing-such' here" in one(demo, "suites").problem


async def test_a_launch_is_queued_as_filled_in_and_the_monitor_opens(own_home: Path, tmp_path: Path) -> None:
    """Behind the running run of the workspace it waits; nothing is started."""
    data = tmp_path / "areas [x].jsonl"
    data.write_text('{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n')
    app = GraftlineApp(own_home, clock=lambda: NOW, poll=3600)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(app, "data.train").fill(str(data))
        await settle(pilot, lambda: "nothing in the way" in screen_text(pilot))
        await pilot.press("ctrl+s")
        await settle(pilot, lambda: isinstance(app.screen, MonitorScreen))
        run_id = app.watched[0]
        with Client(own_home) as client:
            run = client.run(run_id)
        config = load(own_home / run_id / "config.toml", BranchConfig)
    assert (run.name, run.state, run.method) == ("tiny-classify", "queued", "classify")
    assert (config.base, config.data.train, config.train.epochs) == (BASE, str(data), 3.0)


async def test_the_button_does_the_same(own_home: Path, tmp_path: Path) -> None:
    data = tmp_path / "a.jsonl"
    data.write_text('{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n')
    app = GraftlineApp(own_home, clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, OpenLaunch("branch", base=BASE))
        one(app, "data.train").fill(str(data))
        await settle(pilot, lambda: "nothing in the way" in screen_text(pilot))
        app.screen.query_one(Button).focus()
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert len(app.watched) == 1


async def _runs(app: GraftlineApp) -> list[object]:
    return list(app.gateway.runs())
