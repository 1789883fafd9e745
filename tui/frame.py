"""What the app is before it shows anything of Graftline: its colours, and what it says to the terminal around it.

palette (dark, light, ... none)  ->  theme.X, style sheets and line filters, all at once, while the app runs
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from tui import theme
from tui.palettes import DARK, PALETTES, textual_theme
from tui.recolour import Recolour


def palette_for(wanted: str, colour_system: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The palette to begin with. `auto` is what the terminal can show: none, sixteen or dark."""
    if wanted != "auto":
        return wanted
    if environment.get("NO_COLOR") or colour_system is None:
        return "none"
    return "sixteen" if colour_system in ("standard", "windows") else "dark"


class Frame(App[None]):
    """An app in Graftline's colours."""

    def __init__(self, palette: str = "auto"):
        """`palette` is a name of `PALETTES`, or `auto` for what the terminal can show."""
        plain = palette_for(palette, "truecolor") == "none"  # asked before the framework takes NO_COLOR away
        super().__init__()
        for known in PALETTES.values():
            self.register_theme(textual_theme(known))
        self._recolour: Recolour | None = None
        self.use_palette("none" if plain else palette_for(palette, self.console.color_system))

    def use_palette(self, name: str) -> None:
        """Draw with this palette (a name of `PALETTES`), at once and everywhere."""
        theme.use(name)
        if self._recolour is not None or theme.PALETTE is not DARK:
            self._recolour = Recolour(theme.PALETTE)
        self.no_color = theme.PALETTE.depth == "none"
        self.theme = theme.THEME.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, whichever theme is chosen."""
        return {"muted": theme.MUTED, "faint": theme.FAINT, "bright": theme.BRIGHT}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The framework's, but for its greys of NO_COLOR: no colour means none."""
        kept = [one for one in super().get_line_filters() if not isinstance(one, (Monochrome, NoColor))]
        return [*kept, self._recolour] if self._recolour else kept
