"""The corpus place: the waterfall adds up, samples belong to the chosen rule, keys do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.corpus.document import markdown
from engine.corpus.report import load_report
from engine.corpus.waterfall import lines, sources
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import DOCS, EMAIL, RUNS
from tests.tui.test_launch_screen import said
from tui.app import GraftlineApp
from tui.screens.corpus import CorpusScreen
from tui.screens.reader import ReaderScreen
from tui.widgets.samples_pane import SamplesPane
from tui.widgets.waterfall import Waterfall


async def opened(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await pilot.press("5")
    await settle(pilot, lambda: "dropped by words" in screen_text(pilot))


async def to_line(pilot: Pilot[None], label: str) -> None:
    """Move the waterfall's cursor down to a line."""
    waterfall = pilot.app.screen.query_one(Waterfall)
    await pilot.press("g")
    for _ in range(waterfall.option_count):
        if waterfall.chosen is not None and waterfall.chosen.label == label:
            break
        await pilot.press("down")
    await settle(pilot)
    assert waterfall.chosen is not None and waterfall.chosen.label == label


async def test_the_waterfall_ends_at_what_was_kept(demo: GraftlineApp) -> None:
    report = load_report(demo.gateway.workspace.corpora / DOCS)
    assert len(sources(report)) == 2
    for source in ("", *sources(report)):
        found = lines(report, source)
        rules = [line for line in found if line.kind == "rule"]
        kept = next(line for line in found if line.kind == "kept")
        assert found[0].documents - sum(line.documents for line in rules) == rules[-1].left == kept.documents
    assert found[-1].kind == "kept", "what is counted over all sources is not shown of one"


async def test_samples_of_the_chosen_line(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert "words 12, 50 to 100,000" in screen_text(pilot), "the measured value beside the rule's bounds"
        assert "dropped by words  3 of 20" in screen_text(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "alphabetic 0.4183, at least 0.8" in screen_text(pilot)
        await to_line(pilot, "duplicate")
        assert "the same as email.policy in docs" in screen_text(pilot)
        await pilot.press("g")
        await settle(pilot)
        assert "notes/a.jsonl:17: not valid JSON" in screen_text(pilot), "what was damaged stands with the sources"
        await to_line(pilot, "kept")
        assert "kept  12 samples" in screen_text(pilot) and "Attach part" in screen_text(pilot)
        await to_line(pilot, "mojibake")
        assert "changed by mojibake  1 sample" in screen_text(pilot)
        await pilot.press("G")
        await settle(pilot)
        assert "75 % of the word n-grams of item" in screen_text(pilot)


async def test_sources_figures_and_pairs(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        waterfall = demo.screen.query_one(Waterfall)
        await pilot.press("f", "f")
        await settle(pilot)
        assert "source notes" in screen_text(pilot)
        assert waterfall.chosen is not None and (waterfall.chosen.label, waterfall.chosen.documents) == ("words", 5)
        await pilot.press("f")
        for words in ("held out", "B/token", "1,024–2,047", "de", "MB/s", "no such file"):
            await settle(pilot, lambda words=words: words in screen_text(pilot))  # type: ignore[misc]
            await pilot.press("m")
        assert waterfall.chosen.documents == 20, "all sources again"
        await pilot.click("#views", offset=(8, 0))
        await settle(pilot, lambda: "B/token" in screen_text(pilot))
        await pilot.press("minus")
        await settle(pilot, lambda: said(demo, "build it again to try"))

        await to_line(pilot, "near_duplicate")
        assert "[-the number of-] {+how many+}" in screen_text(pilot)
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert isinstance(demo.screen, ReaderScreen)
        assert "similarity 0.87 to email.policy in docs" in screen_text(pilot)
        assert "3 of 8 words shared" in screen_text(pilot)
        row = next(line for line in screen_text(pilot).splitlines() if "the number" in line)
        assert "how many" in row and "[-" not in row, "side by side where there is room"


async def test_samples_are_paged_and_read_full_screen(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        pane = demo.screen.query_one(SamplesPane)
        await pilot.press("n")
        assert pane.list.highlighted == 1
        await pilot.press("n", "n", "n")
        assert pane.list.highlighted == 2
        await pilot.press("N")
        assert pane.list.highlighted == 1
        await pilot.press("enter")
        assert pane.list.has_focus
        await pilot.press("G", "g", "down", "enter")
        await settle(pilot)
        assert isinstance(demo.screen, ReaderScreen)
        assert "sample 2 of 3" in screen_text(pilot) and "dropped by words" in screen_text(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert "sample 3 of 3" in screen_text(pilot)
        await pilot.press("N", "N", "escape")
        await settle(pilot)
        assert isinstance(demo.screen, CorpusScreen) and pane.list.highlighted == 0
        await pilot.press("tab")
        assert demo.screen.query_one(Waterfall).has_focus


async def test_a_search_goes_through_every_sample(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        pane = demo.screen.query_one(SamplesPane)
        await pilot.press("slash", *"message 1", "enter")
        await settle(pilot)
        assert {"kept", "dropped by words"} <= {one.verdict for one in pane.found}
        assert f"{len(pane.found)} samples with “message 1”" in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "dropped by words" in screen_text(pilot)
        await pilot.press("slash", *"zzz")
        await settle(pilot)
        assert "no sample holds these words" in screen_text(pilot) and pane.found == []


async def test_a_narrow_terminal_opens_the_sample_itself(demo: GraftlineApp) -> None:
    for size in ((45, 30), (80, 24)):
        app = GraftlineApp(demo.gateway.home, clock=demo.clock, poll=3600)
        async with app.run_test(size=size) as pilot:
            await opened(pilot)
            await pilot.press("enter")
            await settle(pilot)
            assert "sample 1 of 3" in screen_text(pilot) and not control_characters(screen_text(pilot))


async def test_the_report_is_copied_and_saved(
    demo: GraftlineApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = markdown(load_report(demo.gateway.workspace.corpora / EMAIL))
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("Y")
        assert demo.clipboard == text
        await pilot.press("E")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: (tmp_path / "corpus-email-docs.md").exists())
    assert (tmp_path / "corpus-email-docs.md").read_text() == text
    assert "## Dropped by words" in text and "## Kept" in text


async def test_comma_and_full_stop_turn_to_the_other_corpora(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settle(pilot)
        assert demo.reported == EMAIL
        await pilot.press("full_stop")
        await settle(pilot)
        assert demo.reported == DOCS
        assert "11,204" in screen_text(pilot)
        await pilot.press("comma")
        await settle(pilot)
        assert demo.reported == EMAIL
        await pilot.press("l")
        await settle(pilot)
        assert demo.logged == RUNS["email"]


async def test_build_and_pretrain_open_the_form(demo: GraftlineApp) -> None:
    from tui.screens.launch import LaunchScreen

    for key in ("b", "P"):
        async with demo.run_test(size=(80, 24)) as pilot:
            await pilot.press("5")
            await settle(pilot)
            assert demo.screen.query_one(Waterfall).has_focus
            await pilot.press(key)
            await settle(pilot)
            assert isinstance(demo.screen, LaunchScreen)
        demo = GraftlineApp(demo.gateway.home, clock=demo.clock, poll=3600)
