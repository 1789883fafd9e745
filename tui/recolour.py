"""Colours at the last moment: those of an earlier palette become today's, and few-coloured terminals get what they can.

Widgets draw with the full colours of the palette in use; this filter then turns each finished line into what the
terminal is to get. So no widget knows how many colours there are, and nothing keeps an old one.

    full       colours of other palettes -> those of this one
    sixteen    ground and text -> the terminal's own default, so that light terminals stay light;
               muted and faint -> dim; bright -> bold; cursor -> reversed; all others -> the nearest of the sixteen
    none       the same, but other grounds are reversed when nearer to text than to the ground, and colours go
"""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui import theme
from tui.palettes import Palette

_DEFAULT = RichColor.default()
_WHITE = RichColor.from_ansi(15)
_PLAIN = Style.from_color(_DEFAULT, _DEFAULT)
_MOST_STYLES = 4096
"""Styles remembered. A screen has some fifty; a day of charts and palettes a few hundred."""


class Recolour(LineFilter):
    """For one palette, which must be the one in use while lines go through."""

    def __init__(self, palette: Palette):
        super().__init__()
        self.palette = palette
        self._last = {"full": lambda style: style, "sixteen": self._sixteen, "none": self._none}[palette.depth]
        self._known: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, self.restyle(style), control) for text, style, control in segments]

    def restyle(self, style: Style | None) -> Style:
        """A style as the terminal is to get it."""
        style = style or Style.null()
        found = self._known.get(style)
        if found is None:
            if len(self._known) >= _MOST_STYLES:
                self._known.clear()
            found = self._known[style] = self._last(_today(style))
        return found

    def _sixteen(self, style: Style) -> Style:
        if _hex(style.bgcolor) in (self.palette.cursor, self.palette.selection):
            return style + _PLAIN + Style(reverse=not style.reverse)
        if style.bgcolor is None or style.bgcolor.is_default or _lightness(style.bgcolor) < 0.08:
            return style + self._weight(style) + Style.from_color(self._foreground(style.color), _DEFAULT)
        return style + Style.from_color(_WHITE, _nearest(style.bgcolor))

    def _foreground(self, colour: RichColor | None) -> RichColor:
        greys = (self.palette.text, self.palette.muted, self.palette.faint, self.palette.bright)
        if colour is None or colour.is_default or _hex(colour) in greys:
            return _DEFAULT
        return _nearest(colour)

    def _none(self, style: Style) -> Style:
        light = style.bgcolor is not None and not style.bgcolor.is_default and _lightness(style.bgcolor) > 0.4
        return style + (Style(reverse=not style.reverse) if light else self._weight(style)) + _PLAIN

    def _weight(self, style: Style) -> Style:
        """What a grey meant, by weight instead."""
        colour = _hex(style.color)
        if colour in (self.palette.muted, self.palette.faint):
            return Style(dim=True)
        return Style(bold=True) if colour == self.palette.bright else Style.null()


def _today(style: Style) -> Style:
    """The style with each colour as the palette in use has it."""
    old = (_hex(style.color), _hex(style.bgcolor))
    new = (theme.now(old[0]), theme.now(old[1]))
    if new == old:
        return style
    return style + Style(color=new[0] or None, bgcolor=new[1] or None)


def _hex(colour: RichColor | None) -> str:
    return colour.triplet.hex if colour is not None and colour.triplet is not None else ""


def _nearest(colour: RichColor) -> RichColor:
    """The most alike of the sixteen."""
    return RichColor.from_ansi(colour.downgrade(ColorSystem.STANDARD).number or 0)


def _lightness(colour: RichColor) -> float:
    """0 for black, 1 for white."""
    return max(colour.get_truecolor()) / 255
