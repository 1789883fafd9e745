"""The keys in force: of the widget that has them, of the place it was opened from, of everywhere; and what signs mean.

`/` shows only the lines whose words match. Keys are the user's own where the settings give others.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from tui import keys, theme
from tui.key_words import all_of
from tui.text import cut, fit
from tui.widgets.key_bar import KeyBar

COLUMN = 68
"""Cells that one column of keys wants."""
_KEYS, _WORD = 11, 13
_PHONE = 56
"""Cells of a row from which on key, word and why stand side by side."""


class Line(NamedTuple):
    key: str
    word: str
    why: str
    colour: str = ""


class HelpScreen(ModalScreen[None]):
    """Opened with `?` from anywhere."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.HELP

    def __init__(self, over: Screen[Any]):
        super().__init__()
        self._sections = sections(over)

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield Input(placeholder="words to look for", id="query", compact=True)
            with VerticalScroll(id="scroll"), Horizontal(id="columns"):
                for at in range(3):
                    yield Static("", id=f"column-{at}", classes="column")
            yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#query").display = False
        self.query_one("#scroll").focus()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    @on(Input.Changed)
    def _draw(self) -> None:
        query = self.query_one("#query", Input).value
        blocks = [block for title, lines in self._sections if (block := matching(title, lines, query))]
        room = self.query_one("#scroll").scrollable_content_region.width
        many = max(1, min(3, room // COLUMN))
        width = room // many - 2
        for at, column in enumerate(columns(blocks, many)):
            drawn = [_block(title, lines, width) for title, lines in column]
            self.query_one(f"#column-{at}", Static).update(Content("\n\n").join(drawn))
        for at in range(3):
            self.query_one(f"#column-{at}").display = at < many
        if not blocks:
            self.query_one("#column-0", Static).update(Content.styled("No key does that here.", theme.MUTED))

    @on(Input.Submitted)
    def _searched(self) -> None:
        self.query_one("#scroll").focus()

    def action_search(self) -> None:
        query = self.query_one("#query", Input)
        query.display = True
        query.focus()

    def action_leave(self) -> None:
        query = self.query_one("#query", Input)
        if not query.display:
            self.dismiss(None)
            return
        query.value = ""
        query.display = False
        self.query_one("#scroll").focus()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one("#scroll").scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        scroll = self.query_one("#scroll")
        scroll.scroll_relative(y=by * max(1, scroll.size.height - 1), animate=False)

    def action_edge(self, end: bool) -> None:
        scroll = self.query_one("#scroll")
        (scroll.scroll_end if end else scroll.scroll_home)(animate=False)


Section = tuple[str, list[Line]]


def sections(over: Screen[Any]) -> list[Section]:
    """What can be pressed on a screen, by where it belongs."""
    groups: dict[str, dict[str, list[Binding]]] = {}
    for node, binding, _, _ in over.active_bindings.values():
        if not binding.tooltip or not binding.id:  # the framework's own, such as ctrl+q
            continue
        group = "everywhere" if node is over.app else _name(over) if node is over else f"in the {_kind(node)}"
        groups.setdefault(group, {}).setdefault(binding.action, []).append(binding)
    inner = [name for name in groups if name not in (_name(over), "everywhere")]
    order = [name for name in (_name(over), *inner, "everywhere") if name in groups]
    return [*((name, _lines(groups[name].values())) for name in order), ("signs", _signs())]


def _lines(found: Iterable[list[Binding]]) -> list[Line]:
    """What the place can do, then how to go from pane to pane."""
    last = sorted(found, key=lambda same: same[0].action.startswith("app.focus_"))
    return [Line(all_of(same), same[0].description, same[0].tooltip) for same in last]


def _signs() -> list[Line]:
    return [Line(glyph, state, "", colour) for state, (glyph, colour) in theme.STATES.items()]


def _name(screen: Screen[Any]) -> str:
    return getattr(screen, "PLACE", "") or "here"


def _kind(node: object) -> str:
    """`tree` for a LineageTree: the last word of its class's name."""
    name = type(node).__name__
    start = max(at for at, letter in enumerate(name) if letter.isupper())
    return name[start:].lower()


def matching(title: str, lines: list[Line], query: str) -> Section | None:
    """The lines in which every word of the query stands; a section's own name brings all of it."""
    words = query.casefold().split()
    kept = [
        line for line in lines if all(word in f"{title} {line.key} {line.word} {line.why}".casefold() for word in words)
    ]
    return (title, kept) if kept else None


def columns(blocks: list[Section], many: int) -> list[list[Section]]:
    """The blocks in order, dealt to columns of nearly the same height."""
    total = sum(len(lines) + 2 for _, lines in blocks)
    dealt: list[list[Section]] = [[] for _ in range(many)]
    at, filled = 0, 0
    for title, lines in blocks:
        height = len(lines) + 2
        if at < many - 1 and dealt[at] and filled + height / 2 > total / many:
            at, filled = at + 1, 0
        dealt[at].append((title, lines))
        filled += height
    return dealt


def _block(title: str, lines: list[Line], width: int) -> Content:
    return Content("\n").join([Content.styled(title, f"bold {theme.GREEN}"), *(_drawn(line, width) for line in lines)])


def _drawn(line: Line, width: int) -> Content:
    """Key, word and why in a row; on a phone the why has rows of its own, for there it would be cut."""
    if width >= _PHONE or not line.why:
        why = cut(line.why, width - _KEYS - _WORD - 3)
    else:
        why = "\n" + "\n".join(f"   {part}" for part in wrap(line.why, max(8, width - 3)))
    return Content.assemble(
        (fit(line.key, _KEYS, right=True) + "  ", line.colour or theme.AMBER),
        (fit(line.word, _WORD) + " ", theme.BRIGHT),
        (why, theme.MUTED),
    )
