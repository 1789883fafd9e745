"""The corpus place: the waterfall adds up, samples belong to the chosen rule, keys do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine.corpus.document import markdown
from engine.corpus.report import load_report
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import DOCS, EMAIL, RUNS
from tui.app import GraftlineApp
from tui.screens.corpus import CorpusScreen
from tui.screens.reader import ReaderScreen
from tui.widgets.samples_pane import SamplesPane
from tui.widgets.waterfall import Waterfall, falls


async def opened(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await pilot.press("5")
    await settle(pilot, lambda: "dropped by duplicate" in screen_text(pilot))


async def test_the_waterfall_ends_at_what_was_kept(demo: GraftlineApp) -> None:
    report = load_report(demo.gateway.workspace.corpora / DOCS)
    lines = falls(report)
    assert lines[0].left == report.documents
    assert lines[-2].left == lines[-1].left == report.kept_documents


async def test_samples_of_the_chosen_rule(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert "the same as email.policy in docs" in screen_text(pilot)
        assert "dropped by duplicate  3 of 32" in screen_text(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "dropped by min_chars" in screen_text(pilot)
        await pilot.press("g")
        await settle(pilot)
        assert "sources" in screen_text(pilot) and "412 of 476 documents kept" in screen_text(pilot)
        await pilot.press("G")
        await settle(pilot)
        assert "kept  12 samples" in screen_text(pilot) and "Attach part" in screen_text(pilot)
        await pilot.press("home", "j", "s", "k", "w", "end")
        assert "kept  12 samples" in screen_text(pilot)


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
        assert "sample 2 of 3" in screen_text(pilot) and "dropped by duplicate" in screen_text(pilot)
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
        rules = {one.rule.rule if one.rule else "kept" for one in pane.found}
        assert "kept" in rules and "min_chars" in rules
        assert f"{len(pane.found)} samples with “message 1”" in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert "dropped by duplicate" in screen_text(pilot)
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
    assert "## Dropped by min\\_chars" in text and "## Kept" in text


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
