"""What the app is before it shows anything of Graftline: the user's colours, keys and manners, and the terminal's.

    settings, environment   ->  palette, keymap, mouse, how slow the line is
    palette (dark ... none) ->  theme.X, style sheets and line filters, all at once, while the app runs

What must hold: nothing is sent to the terminal but pictures and what `tui.terminal` makes.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual import events, on
from textual._styles_cache import StylesCache
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input, TextArea

from engine.config.settings import Found, Settings, settings_files
from engine.plain import many_lines, one_line
from tui import terminal, theme
from tui.keymap import keymap
from tui.line import LineWatch, measured
from tui.palettes import DARK, PALETTES, textual_theme
from tui.recolour import Recolour
from tui.sent import Sent
from tui.text import short_path
from tui.typeahead import Typeahead

SLOW_SECONDS = 2.0
"""Between two repaints, or two looks at the store, on a slow line."""


def palette_for(wanted: str, colour_system: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The palette to begin with. `auto` is what the terminal can show: none, sixteen or dark."""
    if wanted != "auto":
        return wanted
    if environment.get("NO_COLOR") or colour_system is None:
        return "none"
    return "sixteen" if colour_system in ("standard", "windows") else "dark"


def line_for(wanted: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to begin as on a slow line: told so, or over SSH."""
    return wanted == "slow" or (wanted == "auto" and bool(environment.get("SSH_CONNECTION")))


class Frame(App[None]):
    """An app in the user's colours and keys, which knows its terminal."""

    slow: reactive[bool] = reactive(False, init=False)
    """The line to the terminal is slow: repaint seldom, animate nothing."""

    def __init__(self, found: Found | None = None):
        """`found`: the settings in force and the mistakes in their files, to be said; without, as shipped."""
        found = found or Found(settings=Settings())
        self.settings = found.settings
        wanted = self.settings.theme
        plain = palette_for(wanted, "truecolor") == "none"  # asked before the framework takes NO_COLOR away
        super().__init__()
        for known in PALETTES.values():
            self.register_theme(textual_theme(known))
        self._recolour: Recolour | None = None
        self.use_palette("none" if plain else palette_for(wanted, self.console.color_system))
        self.own_keys, wrong = keymap(self.settings.keys, found.key_files)
        self.set_keymap(self.own_keys)
        self._mistakes = [*found.problems, *wrong]
        self._line = LineWatch()
        self._sent = Sent()
        self._watching_line = self.settings.line == "auto"
        self._titled = ""
        self._touched = time.monotonic()
        self._typeahead = Typeahead(self, super().on_event)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self._sent.forget())
        self.slow = line_for(self.settings.line)
        self.set_interval(1.0, self.check_line)
        self.call_after_refresh(self._say_mistakes)

    def _say_mistakes(self) -> None:
        for mistake in self._mistakes:
            self.say(str(mistake), severity="error")

    def say(self, text: str, *, severity: SeverityLevel = "information") -> None:
        """A notification. The text is content: never markup, never terminal control."""
        self.notify(many_lines(text), severity=severity, markup=False, timeout=10 if severity == "error" else 5)

    @on(events.DescendantFocus)
    def _still_caret(self, event: events.DescendantFocus) -> None:
        """A blinking caret sends bytes for as long as a field is open."""
        if isinstance(event.widget, Input | TextArea):
            event.widget.cursor_blink = False

    # --- colours ----------------------------------------------------------------------------------

    def use_palette(self, name: str) -> None:
        """Draw with this palette (a name of `PALETTES`), at once and everywhere."""
        theme.use(name)
        if self._recolour is not None or theme.PALETTE is not DARK:
            self._recolour = Recolour(theme.PALETTE)
        self.no_color = theme.PALETTE.depth == "none"
        self.theme = theme.THEME.name

    def choose_palette(self, name: str) -> None:
        """Use a palette until the app ends, and say how to keep it."""
        self.use_palette(name)
        self.say(f'To keep it: theme = "{name}" in {short_path(settings_files(Path())[0])}')

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, whichever theme is chosen."""
        return {"muted": theme.MUTED, "faint": theme.FAINT, "bright": theme.BRIGHT}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The framework's, but for its greys of NO_COLOR: no colour means none."""
        kept = [one for one in super().get_line_filters() if not isinstance(one, (Monochrome, NoColor))]
        return [*kept, self._recolour] if self._recolour else kept

    # --- the line to the terminal -----------------------------------------------------------------

    def get_driver_class(self) -> type[Driver]:
        """The framework's driver, with an eye on how long its writes wait."""
        return measured(super().get_driver_class())

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Of every picture send what differs from the one before."""
        super()._display(screen, renderable if self.is_headless else self._sent.narrow(renderable))

    def action_redraw(self) -> None:
        """Send all of the screen: another program's words may stand on it, which we know nothing of."""
        self._sent.forget()
        self.screen.refresh(layout=True)

    @property
    def repaint_seconds(self) -> float:
        """Between two repaints of what moves by itself, such as live curves."""
        return max(self.settings.repaint, SLOW_SECONDS) if self.slow else self.settings.repaint

    @property
    def poll_seconds(self) -> float:
        """Between two looks at the store; decided when the app starts."""
        slow = line_for(self.settings.line)
        return max(self.settings.poll, SLOW_SECONDS) if slow else self.settings.poll

    def watch_slow(self, slow: bool) -> None:
        self.animation_level = "none" if slow else "full"
        self.set_class(slow, "-slow")

    def turn_slow(self) -> None:
        """Spare the line from now on, or no longer, whatever it was found to be."""
        self.slow = not self.slow
        self._watching_line = False

    def check_line(self) -> None:
        """Spare a line that has kept us waiting; called about once a second."""
        waited = getattr(self._driver, "waited", 0.0)
        if self._watching_line and not self.slow and self._line.stalls(waited):
            self.slow = True
            self.say("The line to this terminal is slow: repainting every 2 s from now on.", severity="warning")

    # --- who looks ----------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Resize):
            self._sent.forget()
        if isinstance(event, events.InputEvent):
            self._touched = time.monotonic()
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._typeahead.take(event)
        else:
            await super().on_event(event)

    @property
    def seconds_away(self) -> float:
        """How long ago the user last did something here; infinite while another window has the keyboard."""
        return time.monotonic() - self._touched if self.app_focus else math.inf

    # --- what the terminal itself can do ----------------------------------------------------------

    def to_terminal(self, sequence: str) -> None:
        """Send what is no part of the picture. Only `tui.terminal` makes such sequences."""
        if self._driver is not None and not (self._driver.is_headless or self._driver.is_web):
            self._driver.write(terminal.wrapped(sequence))

    def copy(self, text: str, what: str) -> None:
        """Put `text` on the clipboard of the computer one sits at, also over SSH, and say that `what` was copied."""
        self.copy_to_clipboard(text)
        if terminal.in_tmux():
            self.to_terminal(terminal.clipboard(text))
        size = f" ({len(text):,} characters)" if len(text) > 80 else ""
        doubt = " Many terminals take less than that." if len(text) > terminal.MOST_COPIED else ""
        self.say(f"Copied {one_line(what)}{size}.{doubt}", severity="warning" if doubt else "information")

    def show_settings_path(self) -> None:
        """Say where the user's settings file is, and copy its path."""
        path = settings_files(Path())[0]
        self.copy(str(path), f"the path of your settings: {short_path(path)}")

    def bell(self) -> None:
        """Never: what is worth a sound is worth a notification."""

    def show_title(self, title: str) -> None:
        """The terminal's own title, sent when it changes."""
        if title != self._titled:
            self.to_terminal(terminal.title(title) if self._titled else terminal.TITLE_SAVE + terminal.title(title))
            self._titled = title

    # --- what is gone -----------------------------------------------------------------------------

    def pop_screen(self) -> AwaitComplete:
        """A cache of colours in the framework holds all that 1024 widgets drew, though they are gone: forget it.

        Without this, what a form has shown costs the garbage collector 10 ms a round ever after, until 1024 are held.
        """
        StylesCache.get_inner_outer.cache_clear()
        return super().pop_screen()

    def on_unmount(self) -> None:
        StylesCache.get_inner_outer.cache_clear()
        if self._titled:
            self.to_terminal(terminal.TITLE_BACK)
