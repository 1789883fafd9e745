"""Graftline's colours: dark, calm, one green for what grows, amber for what moves, red for what broke.

Colour only ever repeats what a glyph or a word says already, so every screen reads without it. The greys are nearly
neutral on purpose: a terminal of 256 colours then takes them for greys (233 to 235), and panels stay apart; a tint
further in they would all turn black.
"""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="graftline",
    primary="#8fbf8f",
    secondary="#86a8c9",
    accent="#e0b872",
    success="#8fbf8f",
    warning="#e0b872",
    error="#e08578",
    foreground="#d3d8dc",
    background="#14171a",
    surface="#1b1f23",
    panel="#23282d",
    variables={
        "muted": "#7f8a94",
        "faint": "#4a545d",
        "border": "#39434b",
        "border-blurred": "#2a3238",
        "block-cursor-background": "#2b4437",
        "block-cursor-foreground": "#eef3ef",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#2a2f34",
        "block-cursor-blurred-foreground": "#d3d8dc",
        "block-hover-background": "#20292b",
        "footer-background": "#1b1f23",
        "footer-foreground": "#7f8a94",
        "footer-key-foreground": "#e0b872",
        "footer-description-foreground": "#9aa4ad",
        "input-selection-background": "#34503f",
        "scrollbar": "#2f383f",
        "scrollbar-background": "#14191d",
        "scrollbar-hover": "#46525b",
        "scrollbar-active": "#8fbf8f",
    },
)

MUTED = "#7f8a94"
FAINT = "#4a545d"
GREEN = "#8fbf8f"
BLUE = "#86a8c9"
AMBER = "#e0b872"
RED = "#e08578"
BRIGHT = "#eef3ef"
SERIES = ("#8fbf8f", "#86a8c9", "#e0b872", "#c49bc9", "#e08578", "#7fc4c0", "#d0cf8e", "#b0a08f")
"""Lines of a chart and their legends, in order; each also has its own marker."""

STATES: dict[str, tuple[str, str]] = {
    "queued": ("◌", MUTED),
    "running": ("▶", AMBER),
    "stopping": ("◧", AMBER),
    "stopped": ("■", BLUE),
    "finished": ("✓", GREEN),
    "failed": ("✗", RED),
    "cancelled": ("⊘", MUTED),
    "frozen": ("◆", GREEN),
    "built": ("▤", BLUE),
}
"""A state's glyph and colour. Every glyph is one cell wide and unlike the others."""
