"""The finder (ctrl+p): type a few letters of anything that can be done, or of any name, and press enter.

A theme is shown while the cursor is on it; leaving with escape brings the old one back.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui import keys, theme
from tui.commands import Command, commands, ranked
from tui.pace import Paced
from tui.text import cut, fit, words

if TYPE_CHECKING:
    from tui.app import GraftlineApp

_ROOMY = 70
"""Columns from which on each line itself says what it is about."""
MOST = 100
"""Commands shown. Whoever looks for the hundred-and-first types another letter."""


class FindScreen(Paced[Command | None], ModalScreen[Command | None]):
    """Returns the command that was chosen."""

    CSS_PATH = "find.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.FIND

    def __init__(self, over: Screen[Any]):
        super().__init__()
        self._over = over
        self._all: list[Command] = []
        self._shown: list[Command] = []
        self._palette = theme.PALETTE.name

    @property
    def graft(self) -> GraftlineApp:
        return cast("GraftlineApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="find"):
            yield Input(placeholder="what to do, or where to go", id="query", compact=True)
            yield OptionList(id="found")
            yield Static("", id="about")

    def on_mount(self) -> None:
        self._all = commands(self.graft, self._over)
        self.query_one(OptionList).can_focus = False

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(OptionList).styles.max_height = max(3, min(18, event.size.height - 9))
        self.call_after_refresh(self._search)

    @on(Input.Changed)
    def _search(self) -> None:
        self._shown = ranked(self.query_one(Input).value, self._all, MOST)
        found = self.query_one(OptionList)
        found.clear_options()
        found.add_options(Option(_line(command, found.content_size.width)) for command in self._shown)
        found.highlighted = 0 if self._shown else None
        if not self._shown:
            self._highlighted(None)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._shown):
            self._highlighted(self._shown[event.option_index])

    def _highlighted(self, command: Command | None) -> None:
        wanted = (command.palette if command else "") or self._palette
        if wanted != theme.PALETTE.name:
            self.graft.use_palette(wanted)
        about = command.about if command else "Nothing is called that."
        line = self.query_one("#about", Static)
        line.update(words(about, theme.MUTED))
        line.display = command is None or self.size.width < _ROOMY

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    @on(Input.Submitted)
    def action_do(self) -> None:
        at = self.query_one(OptionList).highlighted
        self.dismiss(self._shown[at] if at is not None else None)

    def action_move(self, by: int) -> None:
        found = self.query_one(OptionList)
        if self._shown:
            found.highlighted = max(0, min(len(self._shown) - 1, (found.highlighted or 0) + by))

    def action_leave(self) -> None:
        if theme.PALETTE.name != self._palette:
            self.graft.use_palette(self._palette)
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.action_leave()


async def find(app: GraftlineApp) -> None:
    """Open the finder, and do what was chosen in it."""
    chosen = await app.push_screen_wait(FindScreen(app.screen))
    if chosen is not None and isawaitable(done := chosen.call()):
        await done


def _line(command: Command, width: int) -> Text:
    """Where it belongs and its name at the left, what it is about where there is room, its key at the right."""
    name = 28 if width >= _ROOMY - 10 else max(12, width - 10)
    about = width - name - 10
    where = f"{command.group} · " if command.group else ""
    title = cut(command.title, name - len(where))
    return Text.assemble(
        (where, theme.MUTED),
        (fit(title, name - len(where)), theme.BRIGHT),
        (f" {fit(command.about, about - 2)} " if about > 10 else " ", theme.MUTED),
        (fit(command.key, 9, right=True) if width >= 30 else "", theme.AMBER),
        no_wrap=True,
    )
