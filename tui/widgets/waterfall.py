"""What building a corpus kept and dropped: one line a rule, each taking its bite off what was left before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine import figures
from engine.corpus.report import CorpusReport, RuleCount
from tui import keys, theme
from tui.text import fit


@dataclass(frozen=True)
class Fall:
    """One line: `left` documents after `dropped` were taken off."""

    label: str
    left: int
    dropped: int
    bytes: int
    rule: RuleCount | None = None


def falls(report: CorpusReport) -> list[Fall]:
    """From all that was read, rule by rule, to what was kept."""
    left = report.documents
    lines = [Fall("read", left, 0, sum(source.bytes for source in report.sources))]
    for rule in report.dropped:
        left -= rule.documents
        lines.append(Fall(rule.rule, left, rule.documents, rule.bytes, rule))
    return [*lines, Fall("kept", report.kept_documents, 0, report.kept_bytes)]


class Waterfall(OptionList):
    """The cursor chooses a rule; its samples are shown elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LINES

    @dataclass
    class Chosen(Message):
        fall: Fall

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, markup=False)
        self._falls: list[Fall] = []

    def show(self, report: CorpusReport) -> None:
        self._falls = falls(report)
        self._fill()
        first = next((n for n, fall in enumerate(self._falls) if fall.rule), 0)
        self.highlighted = first

    def on_resize(self, event: events.Resize) -> None:
        self._fill()

    def _fill(self) -> None:
        before = self.highlighted
        self.clear_options()
        width = self.scrollable_content_region.width - 3
        self.add_options([Option(_line(fall, self._falls[0].left, width)) for fall in self._falls])
        self.highlighted = before

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Chosen(self._falls[event.option_index]))


def _line(fall: Fall, most: int, width: int) -> Content:
    """`duplicate   −1,204   3.1 MB  ███████░░`: solid for what is left, light for what this rule took."""
    room = max(0, width - 42)
    left = "▆" * round(fall.left / max(most, 1) * room)
    took = max(1, round((fall.left + fall.dropped) / max(most, 1) * room) - len(left)) if fall.dropped and room else 0
    count = f"−{fall.dropped:,}" if fall.rule else f"{fall.left:,}"
    colour = theme.AMBER if fall.rule else theme.BRIGHT
    return Content.assemble(
        (fit(fall.label, 22), theme.BRIGHT),
        (fit(count, 9, right=True), colour),
        (fit(figures.size(fall.bytes), 9, right=True) + "  ", theme.MUTED),
        (left, theme.GREEN),
        ("░" * took, theme.AMBER),
    )
