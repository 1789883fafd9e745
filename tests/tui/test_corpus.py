"""The corpus place: the waterfall adds up, samples belong to the chosen rule, keys do what they say."""

from __future__ import annotations

from engine.corpus.report import load_report
from tests.support.screen import screen_text, settle
from tests.support.workspace import DOCS, EMAIL
from tui.app import GraftlineApp
from tui.widgets.waterfall import Waterfall, falls


async def test_the_waterfall_ends_at_what_was_kept(demo: GraftlineApp) -> None:
    report = load_report(demo.gateway.workspace.corpora / DOCS)
    lines = falls(report)
    assert lines[0].left == report.documents
    assert lines[-2].left == lines[-1].left == report.kept_documents


async def test_samples_of_the_chosen_rule(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        await settle(pilot, lambda: "dropped by duplicate" in screen_text(pilot))
        assert "the same as email.policy in docs" in screen_text(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "dropped by min_chars" in screen_text(pilot)
        await pilot.press("home")
        await settle(pilot)
        assert "sources" in screen_text(pilot)


async def test_brackets_turn_to_the_other_corpora(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settle(pilot)
        assert demo.reported == EMAIL
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert demo.reported == DOCS
        assert "11,204" in screen_text(pilot)
        await pilot.press("left_square_bracket")
        await settle(pilot)
        assert demo.reported == EMAIL


async def test_build_and_pretrain_open_the_form(demo: GraftlineApp) -> None:
    from tui.screens.launch import LaunchScreen

    for key in ("b", "p"):
        async with demo.run_test(size=(80, 24)) as pilot:
            await pilot.press("5")
            await settle(pilot)
            assert demo.screen.query_one(Waterfall).has_focus
            await pilot.press(key)
            await settle(pilot)
            assert isinstance(demo.screen, LaunchScreen)
        demo = GraftlineApp(demo.gateway.home, clock=demo.clock, poll=3600)
