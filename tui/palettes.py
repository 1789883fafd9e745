"""The palettes that a user can choose, as values: every colour a screen draws with, by what it means.

Colour only ever repeats what a glyph or a word says already, so every screen reads without it. Text keeps WCAG's
contrast of 4.5 on every ground it stands on (the tests count it), what is `faint` 3 on the ground itself: it only
guides the eye. The dark greys are nearly neutral on purpose: a terminal of 256 colours then takes them for greys
(233 to 235), and panels stay apart; a tint further in they would all turn black.

A colour has one meaning in all palettes (greys that would be the same differ in their last digit), so that what was
drawn with one palette can be shown in another: `tui.recolour`, where `sixteen` and `none` lose their colours too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.theme import Theme

Depth = Literal["full", "sixteen", "none"]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours are `#rrggbb`. `depth` is what reaches the terminal: all, its own sixteen, or none."""

    name: str
    about: str
    """One line for settings and the command palette."""
    dark: bool = True
    depth: Depth = "full"
    ground: str
    surface: str
    panel: str
    text: str
    bright: str
    """Text that stands out."""
    muted: str
    """Text that stands back."""
    faint: str
    """Lines and guides; never what must be read."""
    green: str
    """What grew: finished, better, chosen."""
    blue: str
    """What is neither good nor bad: stopped, built, found."""
    amber: str
    """What moves, or wants to be looked at."""
    red: str
    """What broke."""
    cursor: str
    """Behind the line under the cursor, where the keys go."""
    cursor_away: str
    """Behind it while the keys go elsewhere."""
    hover: str
    border: str
    border_soft: str
    selection: str
    scrollbar: str
    scrollbar_hover: str
    series: tuple[str, ...]
    """Lines of a chart and their legends, in order; each also has its own marker."""


def textual_theme(palette: Palette) -> Theme:
    """The palette in the framework's terms, for style sheets."""
    return Theme(
        name=f"graftline-{palette.name}",
        dark=palette.dark,
        primary=palette.green,
        secondary=palette.blue,
        accent=palette.amber,
        success=palette.green,
        warning=palette.amber,
        error=palette.red,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.surface,
        panel=palette.panel,
        variables={
            "muted": palette.muted,
            "faint": palette.faint,
            "bright": palette.bright,
            "border": palette.border,
            "border-blurred": palette.border_soft,
            "block-cursor-background": palette.cursor,
            "block-cursor-foreground": palette.bright,
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": palette.cursor_away,
            "block-cursor-blurred-foreground": palette.text,
            "block-hover-background": palette.hover,
            "footer-background": palette.surface,
            "footer-foreground": palette.muted,
            "footer-key-foreground": palette.amber,
            "footer-description-foreground": palette.muted,
            "input-selection-background": palette.selection,
            "scrollbar": palette.scrollbar,
            "scrollbar-background": palette.ground,
            "scrollbar-background-hover": palette.ground,
            "scrollbar-background-active": palette.ground,
            "scrollbar-corner-color": palette.ground,
            "scrollbar-hover": palette.scrollbar_hover,
            "scrollbar-active": palette.green,
        },
    )


DARK = Palette(
    name="dark",
    about="calm greys, green for what grew, amber for what moves",
    ground="#14171a",
    surface="#1b1f23",
    panel="#23282d",
    text="#d3d8dc",
    bright="#eef3ef",
    muted="#98a2ab",
    faint="#5f6a73",
    green="#8fbf8f",
    blue="#86a8c9",
    amber="#e0b872",
    red="#e08578",
    cursor="#243a2f",
    cursor_away="#2a2f34",
    hover="#20292b",
    border="#39434b",
    border_soft="#2a3238",
    selection="#34503f",
    scrollbar="#2f383f",
    scrollbar_hover="#46525b",
    series=("#8fbf8e", "#86a8c8", "#e0b873", "#c49bc9", "#e08579", "#7fc4c0", "#d0cf8e", "#b0a08f"),
)

LIGHT = Palette(
    name="light",
    about="dark text on paper, for bright rooms",
    dark=False,
    ground="#fcfcfa",
    surface="#f3f3f0",
    panel="#e6e7e4",
    text="#24292e",
    bright="#0b0f12",
    muted="#545d65",
    faint="#838c93",
    green="#2c6b3a",
    blue="#285a88",
    amber="#7a5000",
    red="#a8352a",
    cursor="#cfe3d4",
    cursor_away="#dfe2df",
    hover="#e9efe9",
    border="#b4babf",
    border_soft="#d3d7d9",
    selection="#b9d8c2",
    scrollbar="#c9cfd2",
    scrollbar_hover="#a4acb2",
    series=("#2c6b3b", "#2462a8", "#8a5a00", "#8a3a9c", "#b0302a", "#00757d", "#4d4d4d", "#a0417a"),
)

CONTRAST = Palette(
    name="contrast",
    about="white and strong colours on black",
    ground="#010101",
    surface="#0c0c0c",
    panel="#1c1c1c",
    text="#fefefe",
    bright="#fdfdfe",
    muted="#d4d4d4",
    faint="#9a9a9a",
    green="#6dff6d",
    blue="#8fd0ff",
    amber="#ffd24a",
    red="#ffa399",
    cursor="#00366a",
    cursor_away="#303030",
    hover="#202020",
    border="#b0b0b0",
    border_soft="#7a7a7a",
    selection="#00509c",
    scrollbar="#8a8a8a",
    scrollbar_hover="#c0c0c0",
    series=("#6dff6e", "#8fd0fe", "#ffd24b", "#e58cff", "#ffa398", "#38f2e0", "#ffff9c", "#fffffd"),
)

COLOUR_BLIND = Palette(
    name="colour-blind",
    about="Okabe and Ito's colours, which stay apart for colour-blind eyes",
    ground="#14171a",
    surface="#1b1f23",
    panel="#23282d",
    text="#d3d8dc",
    bright="#f2f5f7",
    muted="#98a2ab",
    faint="#5f6a73",
    green="#2bb38c",
    blue="#56b4e9",
    amber="#e69f00",
    red="#ea7c42",
    cursor="#22354a",
    cursor_away="#2a2f34",
    hover="#1f272e",
    border="#39434b",
    border_soft="#2a3238",
    selection="#2f5070",
    scrollbar="#2f383f",
    scrollbar_hover="#46525b",
    series=("#56b4e8", "#e69f01", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#3b86d8", "#d3d8db"),
)

SIXTEEN = Palette(
    name="sixteen",
    about="the terminal's own sixteen colours, whatever it makes of them",
    depth="sixteen",
    ground="#020202",
    surface="#000001",
    panel="#000002",
    text="#aaaaaa",
    bright="#fdfdfe",
    muted="#808080",
    faint="#555555",
    green="#00aa00",
    blue="#00aaaa",
    amber="#aa5500",
    red="#aa0000",
    cursor="#0000aa",
    cursor_away="#555556",
    hover="#000003",
    border="#555557",
    border_soft="#555558",
    selection="#0000a9",
    scrollbar="#555559",
    scrollbar_hover="#aaaaa9",
    series=("#00aa01", "#00aaa9", "#aa5501", "#aa00aa", "#aa0001", "#5555ff", "#55ff55", "#aaaaa8"),
)

NONE = Palette(
    name="none",
    about="no colour at all: bold, dim, underlined and reversed",
    depth="none",
    ground="#020202",
    surface="#000001",
    panel="#000002",
    text="#c0c0bf",
    bright="#fdfdfe",
    muted="#909090",
    faint="#606060",
    green="#c0c0be",
    blue="#c0c0bd",
    amber="#c0c0bc",
    red="#c0c0bb",
    cursor="#d0d0d0",
    cursor_away="#b0b0af",
    hover="#000003",
    border="#606061",
    border_soft="#606062",
    selection="#d0d0cf",
    scrollbar="#c0c0ba",
    scrollbar_hover="#fffffc",
    series=("#c0c0b9", "#c0c0b8", "#c0c0b7", "#c0c0b6", "#c0c0b5", "#c0c0b4", "#c0c0b3", "#c0c0b2"),
)

PALETTES = {palette.name: palette for palette in (DARK, LIGHT, CONTRAST, COLOUR_BLIND, SIXTEEN, NONE)}
