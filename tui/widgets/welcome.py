"""The first screen of an empty workspace: the method in one picture, and four ways to begin, by key or click.

nothing here           the picture, and the choices        ->  Welcome.Chosen("demo" | "corpus" | "import" | "read")
the demo has begun     the picture, and its last words, until the first run is in the tree
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.store.rows import RunRow
from tui import keys, theme
from tui.text import cut, one_line, page

CHOICES = {
    "demo": ("Play the demo", "the whole method, on Python's own help"),
    "corpus": ("Build a corpus of your own", "from text files, JSON lines or folders"),
    "import": ("Import open weights", "a folder or a hub id: a base to branch from"),
    "read": ("Read the keys and signs", "? does so anywhere, ctrl+p finds every action"),
}
_WIDE = 74
"""Cells for the picture with its explanations, and for the choices with theirs."""


class _Choices(OptionList):
    BINDINGS: ClassVar[list[BindingType]] = keys.WELCOME


class Welcome(VerticalScroll, can_focus=False):
    """What to do when there is nothing. Its screen hears `Chosen`."""

    DEFAULT_CSS = """
    Welcome { align: center middle; padding: 1 2; }
    Welcome > * { width: 76; max-width: 100%; height: auto; }
    Welcome OptionList { margin: 1 0; border: none; background: $background; padding: 0; }
    Welcome OptionList:focus { border: none; }
    """

    @dataclass
    class Chosen(Message):
        """One of `CHOICES`."""

        what: str

    def compose(self) -> ComposeResult:
        yield Static(id="method")
        yield _Choices(id="choices")
        yield Static(id="said")

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        wide = self.size.width >= _WIDE
        self.query_one("#method", Static).update(_method(wide))
        choices = self.query_one(_Choices)
        at = choices.highlighted or 0
        choices.clear_options()
        room = max(20, min(_WIDE, self.size.width) - 1)
        choices.add_options(Option(_choice(what, room), id=what) for what in CHOICES)
        choices.highlighted = at

    def show(self, runs: Sequence[RunRow], demo: bool, said: Sequence[str]) -> None:
        """`demo`: it plays now, and `said` are its last words; when it does not, why it ended."""
        self.query_one(_Choices).display = not demo
        going = [f"{run.name}: {run.state}" for run in runs if run.state in ("queued", "running", "stopping")]
        failed = [f"{run.name} {run.state}: {run.error}" for run in runs if run.error]
        lines: list[Content] = []
        if demo:
            lines.append(Content.styled("The demo plays. What it makes appears here by itself.", theme.AMBER))
        lines += [page(line, theme.MUTED) for line in (*said, *([] if demo else going))]
        lines += [page(line, theme.RED) for line in failed]
        self.query_one("#said", Static).update(Content("\n").join(lines))

    def take_focus(self) -> None:
        self.query_one(_Choices).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(event.option_id or "read"))


def _choice(what: str, room: int) -> Content:
    title, why = CHOICES[what]
    if room >= 60:
        return Content.assemble((f"{title:<28}", f"bold {theme.BRIGHT}"), (cut(why, room - 28), theme.MUTED))
    return Content.assemble((title, f"bold {theme.BRIGHT}"), "\n", (cut(why, room - 1), theme.MUTED))


def _method(wide: bool) -> Content:
    """The picture of the method: one base, many variants, and what each step is for."""
    corpus, base = theme.STATES["built"], theme.STATES["frozen"]
    variant = theme.STATES["finished"]
    tree = [
        (corpus, "", "corpus", "text, cleaned and tokenised, named by its content"),
        (base, "└─ ", "base", "pretrained until held-out loss flattens, then frozen"),
        (variant, "   ├─ ", "classifier", "each variant branches off the base, for one task,"),
        (variant, "   ├─ ", "instructions", "at a fraction of what the base cost,"),
        (variant, "   └─ ", "your domain", "and is compared with intervals, side by side"),
    ]
    lines = [
        Content.styled("One base, many variants", f"bold {theme.GREEN}"),
        Content.styled("This workspace is empty. What grows here:", theme.MUTED),
        Content(""),
    ]
    for (glyph, colour), guide, name, why in tree:
        lines.append(
            Content.assemble(
                (f"  {guide}", theme.FAINT), (f"{glyph} ", colour), (f"{name:<{20 - len(guide)}}", theme.BRIGHT),
                (one_line(why) if wide else "", theme.MUTED),
            )
        )  # fmt: skip
    return Content("\n").join(lines)
