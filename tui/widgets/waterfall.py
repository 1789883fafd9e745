"""What building a corpus kept and dropped: one line a rule, each taking its bite off what was left before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine import figures
from engine.corpus.reasons import stays
from engine.corpus.waterfall import Line
from tui import keys, theme
from tui.text import fit

_LABEL, _COUNT, _SIZE, _DELTA = 20, 10, 9, 9
_SIGNS = {"rule": "−", "change": "~", "clusters": "−"}


class Waterfall(OptionList):
    """The cursor chooses a line; its samples are shown elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LINES

    @dataclass
    class Chosen(Message):
        line: Line

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, markup=False)
        self._falls: list[Line] = []

    @property
    def chosen(self) -> Line | None:
        at = self.highlighted
        return self._falls[at] if at is not None and at < len(self._falls) else None

    @property
    def lines_shown(self) -> tuple[Line, ...]:
        return tuple(self._falls)

    def show(self, lines: Sequence[Line], *, afresh: bool = False) -> None:
        """Other lines. The cursor stays on what it was on, unless `afresh`: then it goes to the first rule."""
        before = None if afresh or self.chosen is None else self.chosen.key
        self._falls = list(lines)
        first = next((n for n, line in enumerate(self._falls) if line.kind == "rule"), 0)
        self._fill(next((n for n, line in enumerate(self._falls) if line.key == before), first))

    def on_resize(self, event: events.Resize) -> None:
        self._fill(self.highlighted)

    def _fill(self, highlighted: int | None) -> None:
        width, most = self.scrollable_content_region.width - 3, self._falls[0].documents if self._falls else 0
        made = [line_words(line, most, width) for line in self._falls]
        if len(made) == self.option_count and self.highlighted == highlighted:
            for n, content in enumerate(made):
                self.replace_option_prompt_at_index(n, content)
            if (line := self.chosen) is not None:
                self.post_message(self.Chosen(line))
            return
        self.clear_options()
        for line, content in zip(self._falls, made):
            self.add_option(Option(content))
            if line.kind == "kept":
                self.add_option(None)  # what follows is no part of the fall
        self.highlighted = highlighted

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if (line := self.chosen) is not None:
            self.post_message(self.Chosen(line))


def line_words(line: Line, most: int, width: int) -> Content:
    """`words  50 to 1,000   −1,204   3.1 MB  ███████░░`: solid for what is left, light for what this rule took.

    While other thresholds are tried out, with what changed: `−1,310  +106`.
    """
    tried = line.was is not None
    spare = width - _LABEL - _COUNT - _SIZE - 2 - (_DELTA if tried else 0)
    limits = 0 if spare < 24 else 16 if spare < 60 else 26
    rule = line.rule
    allowed = stays(rule) if rule is not None else ""
    colour = {"rule": theme.AMBER, "change": theme.BLUE, "clusters": theme.AMBER}.get(line.kind, theme.BRIGHT)
    return Content.assemble(
        (fit(line.label, _LABEL), theme.BRIGHT),
        (fit(allowed, limits), theme.MUTED),
        (fit(f"{_SIGNS.get(line.kind, '')}{line.documents:,}", _COUNT, right=True), colour),
        _delta(line) if tried else "",
        (fit(figures.size(line.bytes) if line.bytes > 0 else "", _SIZE, right=True) + "  ", theme.MUTED),
        *_bar(line, most, max(0, spare - limits)),
    )


def _delta(line: Line) -> tuple[str, str]:
    """By how much a line changed: more dropped, or fewer."""
    by = line.documents - (line.was or 0)
    if not by or line.kind == "read":
        return fit("", _DELTA), theme.FAINT
    better = (by < 0) == (line.kind == "rule")
    return fit(f"{by:+,}".replace("-", "−"), _DELTA, right=True), f"bold {theme.GREEN if better else theme.RED}"


def _bar(line: Line, most: int, room: int) -> list[tuple[str, str]]:
    if line.kind not in ("read", "rule", "kept") or not room:
        return []
    left = "▆" * round(line.left / max(most, 1) * room)
    taken = line.kind == "rule" and line.documents > 0
    took = max(1, round((line.left + line.documents) / max(most, 1) * room) - len(left)) if taken else 0
    return [(left, theme.GREEN), ("░" * took, theme.AMBER)]
