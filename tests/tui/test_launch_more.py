"""Every key of the schema in the form, and forms as files: unfold, save, load."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.config.describe import docs, keys
from engine.config.load import KINDS, load
from engine.config.schema import PretrainConfig, TrainConfig, TuneConfig
from tests.support.screen import screen_text, settle
from tests.support.workspace import BASE
from tests.tui.test_launch_screen import form, one, opened, rest
from tui.app import GraftlineApp
from tui.messages import OpenLaunch
from tui.screens.ask import AskScreen
from tui.screens.launch import LaunchScreen
from tui.widgets.form import FormField


async def answer(pilot: Pilot[None], key: str, text: str) -> None:
    """Press a key that asks for one line, and give it."""
    app = pilot.app
    await pilot.press(key)
    await settle(pilot, lambda: isinstance(app.screen, AskScreen))
    app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settle(pilot, lambda: isinstance(app.screen, LaunchScreen))


@pytest.mark.parametrize("kind", ["branch", "pretrain", "evaluate", "corpus"])
async def test_every_key_unfolds_and_says_its_default(demo: GraftlineApp, kind: str) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch(kind, base=BASE if kind != "corpus" else ""))
        before = len(form(demo).query(FormField))
        await pilot.press("ctrl+t")
        await rest(pilot)
        here = {found.key for found in form(demo).query(FormField)}
        assert here - {"model"} == set(keys(KINDS[kind]))
        if kind == "pretrain":
            editor = one(demo, "train.warmup").editor
            assert isinstance(editor, Input) and (editor.value, editor.placeholder) == ("", "20")
            assert not one(demo, "model.layers").display, "a size says how many"
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert len([found for found in form(demo).query(FormField) if found.region.height]) <= before


async def test_a_key_of_the_many_is_checked_and_written(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        await pilot.press("ctrl+t")
        one(demo, "train.weight_decay").editor.focus()
        await pilot.press(*"0.02")
        await rest(pilot)
        assert "weight_decay = 0.02" in form(demo)._draft.toml  # type: ignore[union-attr]
        await pilot.press("x")
        await rest(pilot)
        assert "'0.02x' is not a number" in one(demo, "train.weight_decay").problem
        one(demo, "train.clip").editor.focus()
        await pilot.pause()
        assert "Largest gradient norm" in screen_text(pilot), "what a key means is told in full below the form"


async def test_a_form_is_saved_as_a_file_that_launches_the_same(demo: GraftlineApp, tmp_path: Path) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        await answer(pilot, "ctrl+o", str(tmp_path / "new" / "mine.toml"))
        config = load(tmp_path / "new" / "mine.toml", PretrainConfig)
        assert config == form(demo)._draft.config  # type: ignore[union-attr]


async def test_a_file_fills_the_form_in(demo: GraftlineApp, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('name = "mine"\ncorpus = "python-docs"\n[model]\nlayers = 3\nwidth = 96\n[train]\nwarmup = 7\n')
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("pretrain"))
        await answer(pilot, "ctrl+r", str(file))
        await settle(pilot, lambda: one(demo, "name").value == "mine")
        await rest(pilot)
        assert (one(demo, "model").value, one(demo, "model.layers").value) == ("own", "3")
        assert form(demo)._draft.config == load(file, PretrainConfig)  # type: ignore[union-attr]
        file.write_text('name = "mine"\ncorpsu = "x"\n')
        await answer(pilot, "ctrl+r", str(file))
        await settle(pilot, lambda: any("corpsu" in str(said.message) for said in demo._notifications))
        assert one(demo, "name").value == "mine"


async def test_an_evaluation_is_a_command_and_no_file(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot, OpenLaunch("evaluate", models=(BASE,)))
        await pilot.press("ctrl+o", "ctrl+r")
        await settle(pilot)
        assert isinstance(demo.screen, LaunchScreen) and len(demo._notifications) >= 1


def test_words_defaults_and_choices_are_those_of_the_schema() -> None:
    found = keys(PretrainConfig)
    assert found["train.lr"].doc == "AdamW's peak learning rate." and found["train.lr"].shown == "0.003"
    assert found["model.mlp"].options == ("swiglu", "relu2", "gelu") and found["model.tie_embeddings"].shown == "yes"
    assert found["name"].default is None and found["train.device"].table == "train"
    assert docs(TuneConfig)["batch"] == docs(TrainConfig)["batch"], "what is inherited is documented too"
    assert docs(TuneConfig)["patience"] != docs(TrainConfig)["patience"]
    assert keys(KINDS["branch"])["train.epochs"].shown == "3"
