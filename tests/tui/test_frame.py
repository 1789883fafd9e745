"""Every key that works everywhere, the finder, the help and the key bar, on the real store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TextArea

from engine.config.settings import Found, Settings
from tests.support.screen import screen_text, settle, shows
from tests.support.workspace import NOW
from tui import theme
from tui.app import GraftlineApp
from tui.commands import Command, commands, ranked
from tui.key_page import page
from tui.key_words import all_of, spoken
from tui.keymap import PARTS, known, sections
from tui.screens.find import FindScreen
from tui.screens.help import HelpScreen
from tui.screens.launch import LaunchScreen
from tui.screens.place import Place
from tui.widgets.curve import Curve
from tui.widgets.key_bar import KeyBar
from tui.widgets.place_bar import PLACES

ROOT = Path(__file__).parents[2]
SIZES = [(45, 24), (80, 24), (120, 40), (200, 60)]
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")


def _place(app: GraftlineApp) -> str:
    assert isinstance(app.screen, Place)
    return app.screen.PLACE


async def _find(pilot: Pilot[Any], query: str) -> FindScreen:
    await pilot.press("ctrl+p", *query)
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, FindScreen)
    return screen


# --- keys of everywhere ---------------------------------------------------------------------------


async def test_numbers_go_to_places(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for number, place in enumerate(PLACES, 1):
            if isinstance(demo.focused, Input | TextArea):
                await pilot.press("escape")  # out of the prompt, which takes digits for text
            await pilot.press(str(number))
            await settle(pilot)
            assert _place(demo) == place


@pytest.mark.parametrize("key", ["question_mark", "h"])
@pytest.mark.parametrize("back", ["escape", "question_mark", "h", "q"])
async def test_help_opens_and_closes(demo: GraftlineApp, key: str, back: str) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(key)
        assert isinstance(demo.screen, HelpScreen)
        await pilot.press(back)
        assert _place(demo) == "lineage"


async def test_q_ends_the_app(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert demo._exit


async def test_quitting_asks_when_something_was_typed(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("b")
        await settle(pilot, lambda: isinstance(demo.screen, LaunchScreen))
        assert isinstance(demo.screen, LaunchScreen) and not demo.screen.unsaved, (
            "what was filled in for one is not typed"
        )
        await pilot.press(*"mine", "ctrl+q")
        await shows(pilot, lambda: "Quit?" in screen_text(pilot))
        await pilot.press("n")
        await pilot.pause()
        assert not demo._exit and isinstance(demo.screen, LaunchScreen)
        await pilot.press("ctrl+q")
        await shows(pilot, lambda: "Quit?" in screen_text(pilot))
        await pilot.press("y")
        await shows(pilot, lambda: demo._exit)


async def test_the_user_s_own_keys_are_heard_and_shown(demo: GraftlineApp) -> None:
    own = Settings(keys={"place.runs": "f5", "app.help": "f1"}, place="logs")
    app = GraftlineApp(demo.gateway.home, found=Found(settings=own), clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert _place(app) == "logs", "where the settings say"
        await pilot.press("2")
        assert _place(app) == "logs"
        await pilot.press("f5")
        await settle(pilot)
        assert _place(app) == "runs"
        assert "f1 keys" in screen_text(pilot)
        await pilot.press("f1")
        await pilot.press("slash", *"every run in", "enter")
        await pilot.pause()
        assert re.search(r"f5 +runs", screen_text(pilot))


async def test_mistakes_in_settings_are_said(demo: GraftlineApp) -> None:
    own = Settings(keys={"place.run": "f5"})
    app = GraftlineApp(demo.gateway.home, found=Found(settings=own), clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        said = [str(one.message) for one in app._notifications]
        assert "keys.place.run: there is no such key binding (did you mean place.runs?)" in said


async def test_what_is_copied_is_said(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        demo.copy("x" * 90, "[red]it\x1b[0m")
        demo.copy("y" * 80_000, "a table")
        await pilot.pause()
        said = [str(one.message) for one in demo._notifications]
        assert said[-2:] == [
            "Copied [red]it␛[0m (90 characters).",
            "Copied a table (80,000 characters). Many terminals take less than that.",
        ]
        assert demo.clipboard == "y" * 80_000


# --- the key bar ----------------------------------------------------------------------------------


@sizes
async def test_the_key_bar_shows_whole_keys_and_always_the_way_to_help(
    demo: GraftlineApp, size: tuple[int, int]
) -> None:
    async with demo.run_test(size=size) as pilot:
        await settle(pilot)
        bar = demo.screen.query_one(KeyBar)
        line = screen_text(pilot).split("\n")[-1]
        assert line.rstrip().endswith("? keys  q quit")
        placed = bar.placed(bar.content_size.width)
        for at, key in placed:
            assert line[1:][at : at + key.width] == f"{key.key} {key.word}"
        ends = [at + key.width for at, key in placed]
        assert all(end < at for end, (at, _) in zip(ends, placed[1:], strict=False))
        assert ends[-1] <= bar.content_size.width


async def test_a_click_on_the_key_bar_does_what_the_key_does(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        line = screen_text(pilot).split("\n")[-1]
        await pilot.click(KeyBar, offset=(line.index("? keys"), 0))
        await pilot.pause()
        assert isinstance(demo.screen, HelpScreen)


async def test_a_click_on_the_place_bar_goes_there(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        line = screen_text(pilot).split("\n")[0]
        await pilot.click("PlaceBar", offset=(line.index("corpus"), 0))
        await settle(pilot)
        assert _place(demo) == "corpus"


# --- help -----------------------------------------------------------------------------------------


@sizes
async def test_help_holds_every_key_of_the_place_and_of_its_widget(demo: GraftlineApp, size: tuple[int, int]) -> None:
    async with demo.run_test(size=size) as pilot:
        await settle(pilot)
        wanted = {one.binding.description for one in demo.screen.active_bindings.values() if one.binding.id}
        await pilot.press("question_mark")
        await pilot.pause()
        help = demo.screen
        assert isinstance(help, HelpScreen)
        listed = {line.word for _, lines in help._sections for line in lines}
        assert wanted <= listed
        titles = [title for title, _ in help._sections]
        assert titles[0] == "lineage" and "in the tree" in titles and titles[-2:] == ["everywhere", "signs"]
        seen = screen_text(pilot)
        for _ in range(12):
            await pilot.press("pagedown")
            seen += screen_text(pilot)
        assert all(word in seen for word in wanted)
        if size[0] < 60:
            assert "…" not in seen, "what has no room beside the key has rows of its own"


async def test_help_is_searched(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark", "slash", *"curves")
        await pilot.pause()
        assert "Curves of this node" in screen_text(pilot) and "Branch a variant" not in screen_text(pilot)
        await pilot.press(*"xyz")
        await pilot.pause()
        assert "No key does that here." in screen_text(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "Branch a variant" in screen_text(pilot), "escape leaves the search first"
        await pilot.press("escape")
        assert _place(demo) == "lineage"


# --- the finder -----------------------------------------------------------------------------------


async def test_the_finder_holds_every_action_of_every_place(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        found = commands(demo, demo.screen)
        titles = {(command.group or "lineage", command.title) for command in found}
        for place in PLACES:
            for part in (place, *PARTS.get(place, ())):
                for binding in sections().get(part, []):
                    active = any(one.binding.id == binding.id for one in demo.screen.active_bindings.values())
                    assert (place, binding.description) in titles or (place == "lineage" and not active), binding.id


async def test_an_action_of_another_place_s_widget_is_done_on_that_widget(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        await _find(pilot, "fold every base")
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(demo.screen, Place) and demo.screen.PLACE == "lineage")
        assert "areas-scratch" not in screen_text(pilot)


async def test_the_caret_does_not_blink(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen = await _find(pilot, "x")
        assert screen.query_one(Input).cursor_blink is False


async def test_an_action_of_another_place_is_done_there(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await _find(pilot, "logs search")
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(demo.screen, Place) and demo.screen.PLACE == "logs")
        assert isinstance(demo.focused, Input), "the search has the keys"


async def test_a_model_is_gone_to_by_name(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        await _find(pilot, "refer")
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(demo.screen, Place) and demo.screen.PLACE == "lineage")
        assert re.search(r"› .*reference", screen_text(pilot))


async def test_a_theme_is_shown_while_chosen_and_taken_back_by_escape(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await _find(pilot, "theme light")
        assert theme.PALETTE.name == "light"
        await pilot.press("escape")
        assert theme.PALETTE.name == "dark" and _place(demo) == "lineage"
        await _find(pilot, "theme contrast")
        await pilot.press("enter")
        await settle(pilot)
        assert theme.PALETTE.name == "contrast"
        assert any('theme = "contrast"' in str(one.message) for one in demo._notifications)


async def test_the_finder_is_moved_in_and_clicked(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen = await _find(pilot, "")
        found = screen.query_one(OptionList)
        for key, at in (("down", 1), ("ctrl+n", 2), ("up", 1), ("pagedown", 11), ("ctrl+p", 10), ("pageup", 0)):
            await pilot.press(key)
            assert found.highlighted == at, key
        screen.query_one(Input).value = "every run in a table"
        await pilot.pause()
        await pilot.click("#found", offset=(2, 0))
        await settle(pilot, lambda: isinstance(demo.screen, Place) and demo.screen.PLACE == "runs")


async def test_nothing_found_is_said_and_enter_does_nothing(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await _find(pilot, "qqzzxx")
        assert "Nothing is called that." in screen_text(pilot)
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(demo.screen, Place))


def test_better_matches_come_first() -> None:
    def command(title: str, about: str = "") -> Command:
        return Command(title, about, lambda: None)

    found = [
        command("resume"),
        command("x", "about a resume"),
        command("presume"),
        command("go resume"),
        command("r-e-s"),
    ]
    assert [one.title for one in ranked("resum", found, 9)] == ["resume", "go resume", "presume", "x"]
    assert [one.title for one in ranked("res", found, 9)][-1] == "r-e-s", "letters in order, last"
    assert ranked("nothing", found, 9) == [] and len(ranked("", found, 2)) == 2


# --- words for keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("question_mark", "?"), ("slash", "/"), ("left_square_bracket", "["), ("pagedown", "pgdn"), ("escape", "esc"),
        ("ctrl+a", "^a"), ("shift+left", "⇧←"), ("plus", "+"), ("equals_sign", "="), ("G", "G"), ("f5", "f5"),
    ],
)  # fmt: skip
def test_keys_are_written_as_people_do(key: str, written: str) -> None:
    assert spoken(key) == written


def test_all_keys_of_an_action_are_written_once() -> None:
    assert all_of([known()["tree.down"]]).startswith("↓ j")


def test_the_page_of_keys_is_what_the_code_says() -> None:
    """`python -m tui.key_page > docs/keys.md` writes it."""
    assert (ROOT / "docs" / "keys.md").read_text(encoding="utf-8") == page()


# --- a slow line ----------------------------------------------------------------------------------


async def test_a_slow_line_is_shown_and_spared_until_told_otherwise(demo: GraftlineApp) -> None:
    found = Found(settings=Settings(line="slow", repaint=0.3))
    app = GraftlineApp(demo.gateway.home, found=found, clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "≈" in screen_text(pilot).split("\n")[0]
        assert app.animation_level == "none" and app.repaint_seconds == 2.0
        await _find(pilot, "fast line")
        await pilot.press("enter")
        await settle(pilot)
        assert "≈" not in screen_text(pilot).split("\n")[0]
        assert app.animation_level == "full" and app.repaint_seconds == 0.3


async def test_a_line_that_stalls_becomes_a_slow_one_once(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        driver: Any = demo._driver
        for waited in (0.1, 0.2, 0.9, 1.8, 2.7):
            driver.waited = waited
            demo.check_line()
        await pilot.pause()
        assert demo.slow
        assert sum("slow" in str(one.message) for one in demo._notifications) == 1


async def test_the_monitor_begins_as_the_settings_say(demo: GraftlineApp) -> None:
    found = Found(settings=Settings(place="monitor", x="tokens", log_y=True, smoothing=0.85))
    app = GraftlineApp(demo.gateway.home, found=found, clock=lambda: NOW, poll=3600)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        curve = app.screen.query(Curve).first()
        assert (curve.x_kind, curve.log_y, curve.smoothing) == ("tokens", True, 0.8)
