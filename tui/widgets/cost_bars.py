"""What one base cost beside what its branches cost, as bars of one scale: the method's whole point in four lines."""

from __future__ import annotations

import math

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine import figures
from engine.store.rows import BaseCost
from tui import theme
from tui.text import cut


class CostBars(Static):
    """Four lines: the base, its branches after it, the same branches without sharing a base, and that in words."""

    DEFAULT_CSS = """
    CostBars { height: auto; padding: 0 1; background: $surface; text-wrap: nowrap; }
    """

    cost: reactive[BaseCost | None] = reactive(None)
    short: reactive[bool] = reactive(False, layout=True)
    """One line instead of four, for low terminals."""

    def watch_cost(self) -> None:
        self.display = self.cost is not None

    def render(self) -> Content:
        cost = self.cost
        if cost is None:
            return Content("")
        if self.short:
            return Content.styled(cut(in_words(cost), self.content_size.width), theme.MUTED)
        return Content("\n").join(self._lines(cost))

    def _lines(self, cost: BaseCost) -> list[Content]:
        scratch = cost.from_scratch_seconds
        base, branches = cost.cost.seconds, cost.branch_cost.seconds
        largest = max(base + branches, scratch or 0.0, 1e-9)
        width = max(4, self.content_size.width - 26)
        lines = [
            _bar(f"base {cost.base}", base, 0.0, largest, width, theme.GREEN),
            _bar(_branches(cost), branches, base, largest, width, theme.BLUE),
        ]
        if scratch is not None and scratch > base + branches:
            lines.append(_bar("from scratch", scratch, 0.0, largest, width, theme.FAINT))
        return [*lines, Content.styled(cut(in_words(cost), self.content_size.width), theme.MUTED)]


def in_words(cost: BaseCost) -> str:
    """`tiny@1: 2m10s; 3 branches: 48s; from scratch: 7m18s (59% saved)`"""
    text = f"{cost.base}: {figures.duration(cost.cost.seconds)}"
    if not cost.branches:
        return f"{text}; no branches yet"
    text += f"; {_branches(cost)}: {figures.duration(cost.branch_cost.seconds)}"
    if cost.branches > 1 and cost.from_scratch_seconds is not None:
        saved = 1 - (cost.cost.seconds + cost.branch_cost.seconds) / max(cost.from_scratch_seconds, 1e-9)
        text += f"; from scratch: {figures.duration(cost.from_scratch_seconds)} ({saved:.0%} saved)"
    return text


def _branches(cost: BaseCost) -> str:
    return "1 branch" if cost.branches == 1 else f"{cost.branches} branches"


def _bar(label: str, seconds: float, after: float, largest: float, width: int, colour: str) -> Content:
    """One line; its bar begins where `after` seconds end."""
    return Content.assemble(
        (cut(label, 15).ljust(16), theme.MUTED),
        (f"{figures.duration(seconds):>6}  ", theme.BRIGHT),
        " " * math.ceil(after / largest * width),
        (figures.bar(seconds, largest, width), colour),
    )
