"""The place to talk, with real small models behind it: what is asked, what is answered, what every key does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from engine.launch.client import Client
from tests.support.processes import children
from tests.support.screen import control_characters, screen_text, settle, shows
from tests.support.voices import give_voices
from tests.support.workspace import BASE, CLASSES, RUNS, make_workspace
from tests.tui.conftest import open_app
from tests.tui.test_foreign import NASTY
from tui.app import GraftlineApp
from tui.exchange import Answer, Exchange, Question, markdown
from tui.messages import OpenPlay
from tui.screens.compare import CompareScreen
from tui.screens.pick import PickScreen
from tui.screens.play import PlayScreen
from tui.screens.sampling import SamplingScreen
from tui.widgets.prompt_box import PromptBox

WIDE = (120, 40)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace whose models can speak."""
    workspace = make_workspace(tmp_path_factory.mktemp("spoken") / "runs")
    give_voices(workspace)
    with Client(workspace.home) as client:
        client.sync()
        client.notices()
        yield workspace.home
        client.shutdown()


@pytest.fixture
def app(spoken: Path) -> GraftlineApp:
    return open_app(spoken)


def place(app: GraftlineApp) -> PlayScreen:
    assert isinstance(app.screen, PlayScreen)
    return app.screen


def texts(app: GraftlineApp) -> list[str]:
    """What stands in each pane, left to right."""
    return [pane.answer.words() if pane.answer else "" for pane in place(app)._grid.panes]


def models(app: GraftlineApp) -> list[str]:
    return [pane.model for pane in place(app)._grid.panes]


async def opened(pilot: Pilot[None], *asked: str) -> None:
    await settle(pilot)
    pilot.app.post_message(OpenPlay(asked)) if asked else await pilot.press("6")
    await settle(pilot, lambda: isinstance(pilot.app.screen, PlayScreen) and bool(pilot.app.screen._grid.panes))


async def ask(pilot: Pilot[None], text: str) -> None:
    app = pilot.app
    assert isinstance(app, GraftlineApp)
    place(app).query_one(PromptBox).text = text
    await pilot.press("enter")

    def answered() -> bool:
        answers = [pane.answer for pane in place(app)._grid.panes]
        return all(answer is not None and answer.state in ("done", "failed") for answer in answers)

    await settle(pilot, answered, seconds=90)


async def test_a_base_and_its_variant_answer_side_by_side(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        assert models(app) == [BASE, RUNS["helper"]], "the newest base and what branching made of it"
        assert "goes on where the prompt ends" in screen_text(pilot)
        await ask(pilot, "the graft")
        base, helper = texts(app)
        shown = screen_text(pilot)
    assert "rootstock in spring" in base and "shoot that grows" in helper
    for words in ("❯ the graft", "◆ tiny@1  base", "✓ helper  instruct of tiny@1", "✓ done  128 tokens", "rootstock"):
        assert words in shown, words


async def test_a_classifier_gives_its_chances_as_bars(app: GraftlineApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, RUNS["areas"])
        await ask(pilot, "open a socket")
        await shows(pilot, lambda: "4 classes" in screen_text(pilot))
        shown = screen_text(pilot)
        answer = place(app)._grid.panes[0].answer
    assert answer is not None and {name for name, _ in answer.classes} == set(CLASSES)
    assert "4 classes" in shown and "█" in shown
    for name, chance in answer.classes:
        assert f"{name}" in shown and f"{100 * chance:.1f}" in shown


async def test_writing_asking_and_the_past(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, RUNS["areas"])
        box = place(app).query_one(PromptBox)
        assert box.has_focus
        await pilot.press("enter")
        await settle(pilot)
        assert texts(app) == [""], "an empty prompt asks nothing"
        await pilot.press("q", "1", "ctrl+j", "x", "enter")
        await settle(pilot, seconds=90)
        assert place(app)._exchanges[-1].question.prompt == "q1\nx" and box.text == ""
        await ask(pilot, "second")
        await pilot.press("up")
        assert box.text == "second"
        await pilot.press("up")
        assert box.text == "q1\nx"
        await pilot.press("down", "down")
        assert box.text == ""
        await pilot.press("up", "exclamation_mark", "up", "escape")
        assert box.text == "second!", "an edited prompt is kept"
        assert not box.has_focus
        await pilot.press("comma")
        await settle(pilot)
        assert "❯ q1 x  1 of 2" in screen_text(pilot)
        await pilot.press("full_stop")
        await settle(pilot)
        assert "❯ second  2 of 2" in screen_text(pilot)


async def test_models_are_chosen_dropped_and_compared(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("escape", "space")
        await settle(pilot)
        assert isinstance(app.screen, PickScreen)
        await pilot.press("x", "f", *"areas", "enter", "ctrl+a", "escape")
        await settle(pilot)
        narrowed = app.screen.chosen
        assert narrowed and all("areas" in model for model in narrowed), "only what is shown"
        await pilot.press("ctrl+a", "enter")
        await settle(pilot)
        assert len(models(app)) == len(app.asked) >= 5 > len(narrowed)
        await pilot.press("enter", "escape", "right", "x")
        await settle(pilot)
        assert RUNS["areas"] not in models(app) and models(app)[0] == BASE
        await pilot.press("left", "a", "d")
        assert place(app)._grid.focused() is place(app)._grid.panes[0]
        await pilot.press("c")
        await settle(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert app.compared == app.asked


async def test_settings_are_checked_and_used(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, BASE)
        await pilot.press("escape", "v")
        await settle(pilot)
        dialog = app.screen
        assert isinstance(dialog, SamplingScreen)
        for name, value in {
            "temperature": "-1",
            "max_tokens": "7",
            "seed": "5",
            "stop": r"\n\n | end",
            "given": "inp",
        }.items():
            dialog.query_one(f"#{name}", Input).value = value
        await pilot.press("enter")
        await settle(pilot)
        assert "temperature wants a number >= 0" in screen_text(pilot) and dialog.query_one("#temperature").has_focus
        dialog.query_one("#temperature", Input).value = "0"
        dialog.query_one("#raw", Input).value = "perhaps"
        await pilot.press("enter")
        await settle(pilot)
        assert "raw wants yes or no" in screen_text(pilot)
        dialog.query_one("#raw", Input).value = "yes"
        await pilot.press("enter")
        await settle(pilot)
        assert "always the likeliest · 7 tokens · seed 5 · stops at 2 texts · raw · with an input" in screen_text(pilot)
        await pilot.press("enter")
        await ask(pilot, "the graft")
        assert "7 tokens" in screen_text(pilot)
        await pilot.press("escape", "R")
        await settle(pilot, seconds=90)
        assert "2 of 2, seed 6" in screen_text(pilot)


async def test_stopping_ends_the_process_and_keeps_what_was_said(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, BASE)
        place(app)._sampling = type(place(app)._sampling)(max_tokens=511, temperature=1.5, top_k=0)
        place(app).query_one(PromptBox).text = "the graft"
        await pilot.press("enter")
        answer = place(app)._exchanges[0].answers[BASE]
        await shows(pilot, lambda: answer.tokens > 3)
        await pilot.press("escape")
        await settle(pilot, seconds=60)
        assert answer.state in ("stopped", "done") and answer.tokens > 3
        if answer.state == "stopped":
            assert "■ stopped" in screen_text(pilot) and answer.tokens < 511
            assert not children("engine.model.say")
    assert not children("engine.model.say"), "the app's end ends every process"


async def test_what_cannot_be_asked_says_why_in_its_pane(app: GraftlineApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, RUNS["areas-scratch"], RUNS["helper-long"], RUNS["areas"])
        await ask(pilot, "x")
        states = [pane.answer.state for pane in place(app)._grid.panes if pane.answer]
        shown = screen_text(pilot)
    assert states == ["failed", "failed", "done"]
    assert "has no checkpoint yet" in shown and "the weights belong to" in " ".join(shown.split())


async def test_an_answer_is_copied_and_the_exchange_saved(
    app: GraftlineApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, BASE, RUNS["areas"])
        await pilot.press("escape", "Y")
        assert app.clipboard == ""
        await pilot.press("enter")
        await ask(pilot, "the graft")
        await pilot.press("escape", "right", "Y")
        assert app.clipboard == texts(app)[1]
        await pilot.press("E")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: (tmp_path / "exchange.md").exists())
        base, areas = texts(app)
    saved = (tmp_path / "exchange.md").read_text()
    assert "# the graft" in saved and base in saved and areas in saved
    assert "## tiny@1" in saved and "temperature 0.8" in saved


@pytest.mark.parametrize("size", [(45, 24), (80, 24), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_foreign_text_in_prompts_and_answers_stays_text(app: GraftlineApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size, notifications=True) as pilot:
        await opened(pilot, RUNS["areas"], BASE)
        place(app).query_one(PromptBox).post_message(events.Paste(NASTY))
        await settle(pilot)
        assert control_characters(screen_text(pilot)) == []
        await pilot.press("enter")
        await settle(pilot, seconds=90)
        answer = place(app)._exchanges[0].answers[BASE]
        answer.text, answer.changes = NASTY * 4, answer.changes + 1
        place(app)._draw_answers()
        await settle(pilot)
        shown = screen_text(pilot)
        assert control_characters(shown) == [] and "[/b][red]x" in shown
        await pilot.press("up")
        await settle(pilot)
        assert control_characters(screen_text(pilot)) == []


async def test_nobody_to_ask_says_what_to_do(empty_app: GraftlineApp) -> None:
    async with empty_app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("6")
        await settle(pilot, lambda: "There is no model to talk to yet" in screen_text(pilot))
        empty_app.screen.query_one(PromptBox).text = "x"
        await pilot.press("enter")
        await settle(pilot)
        assert "❯" not in screen_text(pilot)


def test_the_document_holds_foreign_text_in_fences_it_cannot_close() -> None:
    bad = "a\n```\n# not a heading\n<script>"
    answer = Answer("m@1", state="done", text=bad, tokens=3, seconds=2.0)
    text = markdown(Exchange(Question(bad), {"m@1": answer}), {"m@1": "*na`me*"})
    assert text.count("````text") == 2 and "\n## \\*na\\`me\\*\n" in text
    outside = "".join(text.split("````")[::2])
    assert "<script>" not in outside and "\\<script\\>" in outside
