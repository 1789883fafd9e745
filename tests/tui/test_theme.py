"""Palettes: contrast, colours that stay apart, one meaning a colour, and a change that reaches every cell."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.style import Style

from tests.support.colour import contrast, nearest
from tests.support.screen import settle
from tui import theme
from tui.app import GraftlineApp
from tui.frame import palette_for
from tui.palettes import COLOUR_BLIND, CONTRAST, DARK, LIGHT, NONE, PALETTES, SIXTEEN, Palette
from tui.recolour import Recolour

FULL = [palette for palette in PALETTES.values() if palette.depth == "full"]
full = pytest.mark.parametrize("palette", FULL, ids=lambda p: p.name)
WORDS = ("text", "bright", "muted", "green", "blue", "amber", "red")


def test_every_state_has_a_sign_of_its_own_one_cell_wide() -> None:
    glyphs = [glyph for glyph, _ in theme.STATES.values()]
    assert len(set(glyphs)) == len(glyphs)
    assert all(cell_len(glyph) == 1 for glyph in glyphs)


@pytest.mark.parametrize("palette", [DARK, COLOUR_BLIND], ids=lambda p: p.name)
def test_grounds_differ_in_a_terminal_of_256_colours(palette: Palette) -> None:
    grounds = [palette.ground, palette.surface, palette.panel]
    known = [Color.parse(ground).downgrade(ColorSystem.EIGHT_BIT).number for ground in grounds]
    assert len(set(known)) == 3
    assert all(number is not None and 232 <= number <= 255 for number in known), "these are greys, not tints"


@full
def test_text_can_be_read_on_every_ground(palette: Palette) -> None:
    grounds = (palette.ground, palette.surface, palette.panel, palette.cursor, palette.cursor_away)
    enough = 5.5 if palette is CONTRAST else 4.5
    for word in WORDS:
        for ground in grounds:
            # Under the cursor lines are bold, for which WCAG asks less.
            least = enough if ground in grounds[:3] else 4.0
            assert contrast(getattr(palette, word), ground) >= least, (word, ground)
    assert contrast(palette.faint, palette.ground) >= 3
    assert contrast(palette.bright, palette.ground) >= 12


def test_high_contrast_is_higher_than_any_other() -> None:
    def lowest(palette: Palette) -> float:
        return min(contrast(getattr(palette, word), palette.panel) for word in WORDS)

    assert lowest(CONTRAST) >= 7 > max(lowest(palette) for palette in FULL if palette is not CONTRAST)


@full
def test_lines_of_a_chart_stay_apart(palette: Palette) -> None:
    assert nearest(palette.series) >= 15
    assert all(contrast(line, palette.ground) >= 3 for line in palette.series)


def test_colour_blind_eyes_tell_lines_and_verdicts_apart() -> None:
    assert nearest(COLOUR_BLIND.series, deuteranopic=True) >= 15
    signs = (COLOUR_BLIND.green, COLOUR_BLIND.blue, COLOUR_BLIND.amber, COLOUR_BLIND.red)
    assert nearest(signs, deuteranopic=True) >= 15


def test_a_colour_means_one_thing_in_all_palettes() -> None:
    meant: dict[str, str] = {}
    for palette in PALETTES.values():
        for name, value in asdict(palette).items():
            colours = value if name == "series" else (value,)
            for at, colour in enumerate(colours):
                if isinstance(colour, str) and colour.startswith("#"):
                    assert re.fullmatch("#[0-9a-f]{6}", colour), "in small letters, as they are looked up"
                    assert meant.setdefault(colour, f"{name} {at}") == f"{name} {at}", colour


def test_what_was_drawn_with_one_palette_is_shown_in_another() -> None:
    theme.use("dark")
    behind = theme.dim(theme.GREEN, 0.5)
    theme.use("light")
    assert theme.now(DARK.muted) == LIGHT.muted
    assert theme.now(DARK.series[3]) == LIGHT.series[3]
    assert theme.now(behind) == theme.dim(LIGHT.green, 0.5)
    assert theme.now("#123456") == "#123456"


def test_sixteen_colours_are_the_terminal_s_own() -> None:
    theme.use("sixteen")
    drawn = Recolour(SIXTEEN).restyle
    assert drawn(Style(color=SIXTEEN.green, bgcolor=SIXTEEN.panel)) == Style(color="color(2)", bgcolor="default")
    assert drawn(Style(color=SIXTEEN.muted, bgcolor=SIXTEEN.ground)) == Style(
        color="default", bgcolor="default", dim=True
    )
    assert drawn(Style(color=SIXTEEN.red, bgcolor=SIXTEEN.cursor)) == Style(
        color="default", bgcolor="default", reverse=True
    )
    assert drawn(Style(color=DARK.amber, bgcolor=DARK.ground)) == Style(color="color(3)", bgcolor="default")


def test_without_colour_the_cursor_is_reversed_and_weight_tells_the_rest() -> None:
    theme.use("none")
    drawn = Recolour(NONE).restyle
    plain = Style(color="default", bgcolor="default")
    assert drawn(Style(color=NONE.green, bgcolor=NONE.cursor)) == plain + Style(reverse=True)
    assert drawn(Style(color=NONE.faint, bgcolor=NONE.panel)) == plain + Style(dim=True)
    assert drawn(Style(color=NONE.bright)) == plain + Style(bold=True)
    assert drawn(Style(color=NONE.red, bgcolor=NONE.ground)) == plain


@pytest.mark.parametrize(
    ("wanted", "system", "environment", "found"),
    [
        ("auto", "truecolor", {}, "dark"),
        ("auto", "256", {}, "dark"),
        ("auto", "standard", {}, "sixteen"),
        ("auto", None, {}, "none"),
        ("auto", "truecolor", {"NO_COLOR": "1"}, "none"),
        ("auto", "truecolor", {"NO_COLOR": ""}, "dark"),  # as no-color.org has it: set and not empty
        ("light", "standard", {"NO_COLOR": "1"}, "light"),
    ],
)
def test_the_terminal_decides_unless_told(
    wanted: str, system: str | None, environment: dict[str, str], found: str
) -> None:
    assert palette_for(wanted, system, environment) == found


def _colours(app: GraftlineApp) -> set[str]:
    """Every colour on the screen."""
    found = set()
    for strip in app.screen._compositor.render_strips(app.size):
        for segment in strip:
            for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                if colour is not None and not colour.is_default:
                    found.add(colour.triplet.hex if colour.triplet else colour.name)
    return found


@pytest.mark.parametrize("place", [*"123456789", "question_mark"])
async def test_a_change_of_palette_reaches_every_cell(demo: GraftlineApp, place: str) -> None:
    """Whatever a place keeps, in tables, caches or constants: none of it shows an old colour."""
    theme.use("dark")
    async with demo.run_test(size=(140, 45)) as pilot:
        await settle(pilot)
        await pilot.press(place)
        await settle(pilot)
        for name in ("light", "none", "sixteen", "dark"):
            demo.use_palette(name)
            await settle(pilot)
            seen = _colours(demo)
            others = {colour for colour in theme._MEANINGS if theme.now(colour) != colour}
            assert not seen & others, name
            if name == "none":
                assert not seen
            if name == "sixteen":
                assert not any(colour.startswith("#") for colour in seen)


async def test_no_color_in_the_environment_means_none(demo: GraftlineApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = GraftlineApp(demo.gateway.home, clock=demo.clock, poll=3600)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert theme.PALETTE is NONE
        assert not _colours(app)
