"""Screens read without colour, and panels stay apart where there are only 256 of them."""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import Color, ColorSystem

from tui import theme


def test_every_state_has_a_sign_of_its_own_one_cell_wide() -> None:
    glyphs = [glyph for glyph, _ in theme.STATES.values()]
    assert len(set(glyphs)) == len(glyphs)
    assert all(cell_len(glyph) == 1 for glyph in glyphs)


def test_grounds_differ_in_a_terminal_of_256_colours() -> None:
    grounds = [theme.THEME.background, theme.THEME.surface, theme.THEME.panel]
    known = [Color.parse(ground or "").downgrade(ColorSystem.EIGHT_BIT).number for ground in grounds]
    assert len(set(known)) == 3
    assert all(number is not None and 232 <= number <= 255 for number in known), "these are greys, not tints"
