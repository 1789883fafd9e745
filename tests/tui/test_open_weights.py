"""Open weights on the screen: a base goes out by key, and what went out comes in again by form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config.schema import ImportConfig
from engine.freeze.freeze import freeze
from engine.paths import Workspace
from tests.support.screen import settle, shows
from tests.support.stages import build_corpus, pretrain
from tests.support.supervised import supervised
from tests.tui.conftest import open_app
from tests.tui.test_launch_screen import form, one, rest
from tests.tui.test_lineage import said
from tui.app import GraftlineApp
from tui.screens.ask import AskScreen
from tui.screens.launch import LaunchScreen
from tui.screens.lineage import LineageScreen


@pytest.fixture
def app(tmp_path: Path) -> Iterator[GraftlineApp]:
    workspace = Workspace(tmp_path / "runs")
    freeze(workspace, pretrain(workspace, build_corpus(workspace, tmp_path)).id, "tiny")
    with supervised(workspace.home) as client:
        client.sync()
        yield open_app(workspace.home)


async def test_a_base_goes_out_by_key_and_comes_in_by_form(app: GraftlineApp, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, LineageScreen)
        app.screen.go_to("tiny@1")
        await pilot.press("E")
        await settle(pilot, lambda: isinstance(app.screen, AskScreen))
        app.screen.query_one("Input").value = str(folder)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, lambda: (folder / "model.safetensors").exists())
        await shows(pilot, lambda: any("Qwen3ForCausalLM" in text for text in said(app)))

        await pilot.press("I")
        await settle(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await rest(pilot)
        assert "is missing" in one(app, "source").problem
        one(app, "source").editor.value = str(folder)  # type: ignore[union-attr]
        await rest(pilot)
        draft = form(app)._draft
        assert draft is not None and isinstance(draft.config, ImportConfig)
        assert (draft.config.source, draft.config.name) == (str(folder), "out")
        await pilot.press("ctrl+s")
        await shows(pilot, lambda: (tmp_path / "runs" / "bases" / "out@1").is_dir())
