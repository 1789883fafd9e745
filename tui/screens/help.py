"""The keys of the place it was opened from, then those of everywhere, and what the signs mean."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui import keys, theme


class HelpScreen(ModalScreen[None]):
    """Opened with `?` from anywhere."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "back", id="help.back", key_display="esc"),
        Binding("down,j", "scroll(1)", "down", show=False, id="help.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="help.up"),
    ]

    def __init__(self, over: Screen[Any]):
        super().__init__()
        self._over = over

    def compose(self) -> ComposeResult:
        place = getattr(self._over, "PLACE", "") or "here"
        with VerticalScroll(id="help"), Container(id="columns"):
            with Vertical():
                yield Static(_section(place, type(self._over).BINDINGS), classes="keys")
                if place == "lineage":
                    yield Static(_section("in the tree", keys.TREE), classes="keys")
            with Vertical():
                yield Static(_section("everywhere", [*keys.APP, _PALETTE]), classes="keys")
                yield Static(_signs(), classes="keys")

    def on_mount(self) -> None:
        self.query_one("#help").border_subtitle = "esc to go back"

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= 150, "-wide")

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


_PALETTE = Binding("ctrl+p", "command_palette", "find", tooltip="Find any action by its name")


def _section(title: str, bindings: list[BindingType]) -> Content:
    lines = [Content.styled(title, f"bold {theme.GREEN}")]
    for binding in bindings:
        if isinstance(binding, Binding):
            lines.append(
                Content.assemble(
                    (f"  {_shown(binding):>9}  ", theme.AMBER),
                    (f"{binding.description:<10}", theme.BRIGHT),
                    (binding.tooltip or "", theme.MUTED),
                )
            )
    return Content("\n").join(lines)


def _shown(binding: Binding) -> str:
    return binding.key_display or binding.key.split(",")[0].replace("page", "pg ").replace("escape", "esc")


def _signs() -> Content:
    """One line a pair of states, so that it fits beside nothing else."""
    lines = [Content.styled("signs", f"bold {theme.GREEN}")]
    for state, (glyph, colour) in theme.STATES.items():
        lines.append(Content.assemble((f"  {glyph:>9}  ", colour), (state, theme.MUTED)))
    return Content("\n").join(lines)
