"""One model's answer: who it is, how far it is, and what it says."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine import figures
from tui import keys, theme
from tui.exchange import Answer
from tui.text import fit, one_line, page, words

_STATES = {
    "waiting": ("◌", "waiting"),
    "speaking": ("▶", "speaking"),
    "done": ("✓", "done"),
    "stopped": ("■", "stopped"),
    "failed": ("✗", "failed"),
}


class AnswerPane(Vertical):
    """A column of the place to talk. Its scroll takes the focus, so that arrows read on."""

    DEFAULT_CSS = """
    AnswerPane { height: 1fr; border-left: solid $border; padding: 0 0 0 1; }
    AnswerPane:focus-within { border-left: heavy $primary; }
    AnswerPane .who { height: 1; text-wrap: nowrap; }
    AnswerPane .how { height: 1; text-wrap: nowrap; }
    AnswerPane VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; padding: 0 1 0 0; }
    AnswerPane .said { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.ANSWER

    def __init__(self, model: str):
        super().__init__()
        self.model = model
        self._who, self._how = Static(classes="who"), Static(classes="how")
        self._text = Static(classes="said")
        self.scroll = VerticalScroll(self._text)
        self.answer: Answer | None = None
        self._drawn: tuple[int, int, int] = (-1, -1, -1)

    def compose(self) -> ComposeResult:
        yield from (self._who, self._how, self.scroll)

    def introduce(self, name: str, about: str, glyph: str, does: str = "") -> None:
        """Who speaks here, what kind of model that is, and what it does with a prompt: shown until it does."""
        if self.answer is None:
            self._how.update(words(does, theme.MUTED))
        who = Content.assemble(
            (f"{glyph} ", theme.GREEN), (one_line(name), f"bold {theme.BRIGHT}"), (f"  {one_line(about)}", theme.MUTED)
        )
        self._who.update(who)

    def show(self, answer: Answer | None, now: float) -> None:
        """Draw what is new. `now` is by the clock that the answer's times are by."""
        fresh = answer is not self.answer
        self.answer = answer
        second = int(now) if answer is not None and not answer.over else 0
        drawn = (answer.changes if answer else -1, second, self.size.width)
        if not fresh and drawn == self._drawn:
            return
        said = fresh or drawn[0] != self._drawn[0] or drawn[2] != self._drawn[2]
        self._drawn = drawn
        if answer is not None:
            self._how.update(_how(answer, now))
        if said:
            self._say(answer, fresh)

    def _say(self, answer: Answer | None, fresh: bool) -> None:
        scroll = self.scroll
        follow = fresh or scroll.max_scroll_y - scroll.scroll_y <= 1
        room = max(10, scroll.scrollable_content_region.width - 1)
        self._text.update(_said(answer, room) if answer else Content(""))
        if follow:
            self.call_after_refresh(scroll.scroll_end, animate=False)

    def on_resize(self) -> None:
        if self.answer is not None:
            self._say(self.answer, False)

    def action_scroll(self, by: int) -> None:
        self.scroll.scroll_relative(y=by, animate=False)

    def action_edge(self, last: bool) -> None:
        self.scroll.scroll_end(animate=False) if last else self.scroll.scroll_home(animate=False)


def _how(answer: Answer, now: float) -> Content:
    """`▶ speaking  34 tokens  21/s`."""
    glyph, word = _STATES[answer.state]
    colour = {"speaking": theme.AMBER, "done": theme.GREEN, "failed": theme.RED}.get(answer.state, theme.MUTED)
    parts = [(f"{glyph} {word}", colour)]
    if answer.state == "waiting" and now - answer.began >= 1:
        parts.append((f"  loading torch and the model… {figures.duration(now - answer.began)}", theme.MUTED))
    if answer.tokens:
        parts.append((f"  {answer.tokens} token{'s' * (answer.tokens != 1)}", theme.MUTED))
        if (speed := answer.speed(now)) > 0:
            parts.append((f"  {figures.count(speed)}/s", theme.MUTED))
    if answer.classes:
        parts.append((f"  {len(answer.classes)} classes", theme.MUTED))
    return Content.assemble(*parts)


def _said(answer: Answer, width: int) -> Content:
    if answer.problem:
        return page(answer.problem, theme.RED)
    if answer.classes:
        return _bars(answer.classes, width)
    if answer.state == "done" and not answer.text.strip():
        return Content.styled("(it said nothing)" if not answer.text else "(only blanks)", theme.MUTED)
    return page(answer.text)


def _bars(classes: tuple[tuple[str, float], ...], width: int) -> Content:
    """A class a line: its name, a bar of its probability, the figure."""
    longest = max(len(one_line(name)) for name, _ in classes)
    label = max(4, min(longest, width // 2 - 4))
    lines = []
    for place, (name, chance) in enumerate(classes):
        bar = figures.bar(chance, 1.0, max(4, width - label - 8))
        style = f"bold {theme.BRIGHT}" if place == 0 else ""
        figure = (f" {100 * chance:5.1f} ", theme.BRIGHT if place == 0 else theme.MUTED)
        lines.append(
            Content.assemble((fit(name, label), style), figure, (bar, theme.GREEN if not place else theme.BLUE))
        )
    return Content("\n").join(lines)
