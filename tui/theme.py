"""The palette in use, its colours by name: `theme.MUTED`, `theme.SERIES`, `theme.STATES`.

They change while the app runs, so they are looked up when something is drawn. What was drawn before, and still stands
in some table or cache, is brought up to date on its way to the terminal: `now` knows what any colour of any palette,
and any blend made here, meant.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache

from textual.color import Color
from textual.theme import Theme

from tui.palettes import DARK, PALETTES, Palette, textual_theme

PALETTE: Palette
THEME: Theme
GROUND: str
TEXT: str
BRIGHT: str
MUTED: str
FAINT: str
GREEN: str
BLUE: str
AMBER: str
RED: str
CURSOR: str
SERIES: tuple[str, ...]
STATES: dict[str, tuple[str, str]]
"""A state's glyph and colour. Every glyph is one cell wide and unlike the others."""


def use(name: str) -> Theme:
    """Draw with this palette from now on. Raises `KeyError` for a name that is none of `PALETTES`."""
    global PALETTE, THEME, GROUND, TEXT, BRIGHT, MUTED, FAINT, GREEN, BLUE, AMBER, RED, CURSOR, SERIES, STATES
    PALETTE = palette = PALETTES[name]
    THEME = textual_theme(palette)
    GROUND, TEXT, BRIGHT, MUTED, FAINT = palette.ground, palette.text, palette.bright, palette.muted, palette.faint
    GREEN, BLUE, AMBER, RED = palette.green, palette.blue, palette.amber, palette.red
    CURSOR, SERIES = palette.cursor, palette.series
    STATES = _states(palette)
    return THEME


def _states(palette: Palette) -> dict[str, tuple[str, str]]:
    return {
        "queued": ("◌", palette.muted),
        "running": ("▶", palette.amber),
        "stopping": ("◧", palette.amber),
        "stopped": ("■", palette.blue),
        "finished": ("✓", palette.green),
        "failed": ("✗", palette.red),
        "cancelled": ("⊘", palette.muted),
        "frozen": ("◆", palette.green),
        "built": ("▤", palette.blue),
    }


def dim(colour: str, share: float) -> str:
    """A colour nearer to the ground by `share` (0 to 1), for what stands behind."""
    return _blend(colour, GROUND, share)


@lru_cache(maxsize=1024)
def _blend(colour: str, ground: str, share: float) -> str:
    blend = Color.parse(colour).blend(Color.parse(ground), share).hex6.lower()
    _BLENDS.setdefault(blend, (colour, share))
    return blend


def now(colour: str) -> str:
    """What a `#rrggbb`, drawn with whichever palette, is in the palette in use. Strangers stay as they are."""
    if colour in _MEANINGS:
        name, index = _MEANINGS[colour]
        found = getattr(PALETTE, name)
        return str(found[index] if name == "series" else found)
    if colour in _BLENDS:
        of, share = _BLENDS[colour]
        return dim(now(of), share)
    return colour


def _meanings() -> dict[str, tuple[str, int]]:
    """Every colour of every palette, and which one of its palette it is."""
    found: dict[str, tuple[str, int]] = {}
    for palette in PALETTES.values():
        colours = {name: value for name, value in asdict(palette).items() if str(value).startswith("#")}
        found |= {value: (name, 0) for name, value in colours.items()}
        found |= {value: ("series", index) for index, value in enumerate(palette.series)}
    return found


_MEANINGS = _meanings()
_BLENDS: dict[str, tuple[str, float]] = {}
"""Blends made so far: of what, and how near to the ground."""

use(DARK.name)
