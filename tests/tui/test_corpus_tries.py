"""Other thresholds tried out on a corpus that was really built: typed, nudged, switched off, and taken into a build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.launch.client import Client
from engine.paths import Workspace
from tests.support.processes import children
from tests.support.screen import screen_text, settle
from tests.support.web import web_corpus
from tests.tui.conftest import open_app
from tests.tui.test_launch_screen import said
from tui.screens.ask import AskScreen
from tui.screens.corpus import CorpusScreen
from tui.screens.launch import LaunchScreen
from tui.widgets.form import FormField
from tui.widgets.samples_pane import SamplesPane
from tui.widgets.waterfall import Waterfall


@pytest.fixture(scope="module")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("web") / "runs"
    web_corpus(Workspace(home))
    with Client(home) as client:
        client.sync()
        client.notices()
        yield home
        client.shutdown()


def shown(pilot: Pilot[None], label: str) -> tuple[int, int | None]:
    """Documents of a line of the waterfall, and as it was built."""
    found = {line.label: line for line in pilot.app.screen.query_one(Waterfall).lines_shown}
    return found[label].documents, found[label].was


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("v")
    await settle(pilot, lambda: isinstance(pilot.app.screen, AskScreen))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


async def test_thresholds_are_tried_and_built_with(web_home: Path) -> None:
    app = open_app(web_home)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        await settle(pilot, lambda: "10 to 1,000" in screen_text(pilot) and "· measure" in screen_text(pilot))
        assert isinstance(app.screen, CorpusScreen)
        built = shown(pilot, "words")[0]
        assert shown(pilot, "words")[1] is None
        kept = [one for one in app.screen.query_one(SamplesPane).found if one.kept]
        assert kept and kept[0].why == "words 10, 10 to 1,000", "what the rule only just keeps stands below the others"

        await typed(pilot, "30..50")
        await settle(pilot, lambda: "tried words 30..50" in screen_text(pilot))
        stricter, was = shown(pilot, "words")
        assert stricter > built == was and "would go by words" in screen_text(pilot)
        await pilot.press("plus")
        await settle(pilot, lambda: "words 28..55" in screen_text(pilot))
        assert built < shown(pilot, "words")[0] < stricter
        await pilot.press("space")
        await settle(pilot, lambda: "words off" in screen_text(pilot))
        assert shown(pilot, "words") == (0, built) and "as it was built" in screen_text(pilot)

        await pilot.press("g")
        await typed(pilot, "chars 100..")
        await settle(pilot, lambda: "chars 100.." in screen_text(pilot))
        assert shown(pilot, "chars")[0] > 0
        await typed(pilot, "nosuchrule 3..")
        await settle(pilot, lambda: said(app, "there is no such rule"))
        assert "nosuchrule" not in app.screen.tried

        await pilot.press("b")
        await settle(pilot, lambda: isinstance(app.screen, LaunchScreen))
        fields = {one.key: one.value for one in app.screen.query(FormField)}
        assert fields["clean.rules"] == "words off, chars 100.."
        assert fields["sources[1].name"] == "news" and fields["tokenizer.vocab_size"] == "300"
        await pilot.press("escape", "0")
        await settle(pilot, lambda: "tried" not in screen_text(pilot))
        assert shown(pilot, "words") == (built, None)
        await pilot.press("M")
        await settle(pilot, lambda: "tokens of more than a byte" in screen_text(pilot))
    assert not children("engine.corpus.previewing"), "what held the measures ended with the app"
