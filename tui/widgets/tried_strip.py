"""Thresholds that are tried out, and what they would keep: one line above the waterfall, which then shows the same.

tried words 50..   keeps 81.2 % of the text (84.0 % as built), 640 documents fewer   0 as built   b build
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from engine import figures
from engine.config.bounds import written
from engine.config.corpus import Bound
from engine.corpus.waterfall import Flow
from tui import theme
from tui.text import cut
from tui.widgets.pressable import Pressable, pressed


class TriedStrip(Pressable):
    """Hidden while nothing is tried."""

    DEFAULT_CSS = """
    TriedStrip {
        height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; display: none;
    }
    """

    def tell(self, tried: Mapping[str, Bound], before: Flow | None, now: Flow | None) -> None:
        self.display = bool(tried)
        if tried and before is not None and now is not None:
            self.update(_words(tried, before, now))


def _words(tried: Mapping[str, Bound], before: Flow, now: Flow) -> Content:
    rules = ", ".join(f"{rule} {written(bound)}" for rule, bound in tried.items())
    by = now.kept.documents - before.kept.documents
    moved = f"{abs(by):,} documents {'more' if by > 0 else 'fewer'}" if by else "as many documents"
    colour = theme.MUTED if not by else theme.GREEN if by > 0 else theme.RED
    return Content.assemble(
        ("tried ", theme.MUTED),
        (cut(rules, 60), f"bold {theme.AMBER}"),
        ("  keeps ", theme.MUTED),
        (f"{figures.share(now.share)} %", f"bold {theme.BRIGHT}"),
        (f" of the text ({figures.share(before.share)} % as built), ", theme.MUTED),
        (moved, f"bold {colour}"),
        "   ",
        pressed(Content.assemble(("0", f"bold {theme.AMBER}"), (" as built", theme.MUTED)), "screen.untry"),
        "   ",
        pressed(Content.assemble(("b", f"bold {theme.AMBER}"), (" build", theme.MUTED)), "screen.build"),
    )
