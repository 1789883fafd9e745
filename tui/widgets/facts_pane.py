"""Figures of a corpus below its waterfall: one view of several, and the measure of the rule under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from engine.corpus.report import CorpusReport
from engine.corpus.waterfall import Line
from tui import theme
from tui.corpus_facts import VIEWS, measure
from tui.tokenizer_words import tokenizer_words
from tui.widgets.histogram import Bins
from tui.widgets.pressable import Pressable, pressed
from tui.widgets.sized import Sized

if TYPE_CHECKING:
    from engine.corpus.tokenizer_report import TokenizerReport

MEASURE, TOKENIZER = "measure", "tokenizer"


class FactsPane(Vertical):
    """`m` and `M` turn to the other views; until then a rule shows its measure, and any other line what was made."""

    DEFAULT_CSS = """
    FactsPane #views { height: 1; margin-bottom: 1; text-wrap: nowrap; }
    FactsPane #made { height: 1fr; }
    """

    class TokenizerWanted(Message):
        """Its view is on screen, and nothing is known of it yet."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._tokenizer: TokenizerReport | str = ""
        self._asked = False
        self._report: CorpusReport | None = None
        self._line: Line | None = None
        self._bins: Bins | None = None
        self._chosen = ""
        self._log = False

    def compose(self) -> ComposeResult:
        yield Pressable(id="views")
        yield Sized(id="made")

    def show(self, report: CorpusReport, line: Line | None, bins: Bins | None) -> None:
        """What to draw from: `bins` are those of the line's measure; None when they are not known."""
        if report is not self._report:
            self._tokenizer, self._asked = "", False
        self._report, self._line, self._bins = report, line, bins
        self.draw()

    def know(self, tokenizer: TokenizerReport | str) -> None:
        """The vocabulary of the corpus that is shown was measured, or why it was not."""
        self._tokenizer = tokenizer
        self.draw()

    def turn(self, by: int) -> None:
        names = self._names()
        if names:
            self.choose(names[(names.index(self.view) + by) % len(names)])

    def choose(self, name: str) -> None:
        self._chosen = name
        self.draw()

    def toggle_log(self) -> None:
        self._log = not self._log
        self.draw()

    def _names(self) -> list[str]:
        report = self._report
        if report is None:
            return []
        names = [*(view.name for view in VIEWS if view.there(report)), TOKENIZER]
        return [*names, MEASURE] if self._bins is not None else names

    @property
    def view(self) -> str:
        names = self._names()
        wanted = self._chosen or (MEASURE if self._line is not None and self._line.kind == "rule" else "")
        return wanted if wanted in names else names[0] if names else ""

    def draw(self) -> None:
        report, view = self._report, self.view
        if report is None:
            return
        if view == TOKENIZER and not self._asked:
            self._asked = True
            self.post_message(self.TokenizerWanted())
        tabs = [
            pressed(
                Content.styled(name, f"bold {theme.BRIGHT}" if name == view else theme.FAINT), f"screen.view('{name}')"
            )
            for name in self._names()
        ]
        self.query_one("#views", Pressable).update(Content.styled(" · ", theme.FAINT).join(tabs))
        self.query_one("#made", Sized).show(lambda width, height: self._words(width, height or 6))

    def _words(self, width: int, height: int) -> Content:
        report, view, line = self._report, self.view, self._line
        if report is None:
            return Content("")
        if view == TOKENIZER:
            return tokenizer_words(self._tokenizer, width, height)
        if view == MEASURE and line is not None:
            return measure(line.label, self._bins, width, height, log=self._log)
        return next(one.draw(report, width, height) for one in VIEWS if one.name == view)
