"""Where one model goes wrong: its confusion matrix and its scores by class, or all its scores."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.compare.table import Comparison, ComparisonRow
from tui import theme
from tui.text import cut, one_line, words
from tui.widgets.confusion import Confusion
from tui.widgets.score_table import figure, with_interval

_KINDS = ("precision", "recall", "f1")


class ErrorsPane(VerticalScroll, can_focus=True):
    """Of the model under the table's cursor."""

    DEFAULT_CSS = """
    ErrorsPane Confusion { height: auto; margin-bottom: 1; }
    ErrorsPane #per-class { height: auto; }
    """

    def compose(self) -> ComposeResult:
        yield Confusion(id="confusion")
        yield Static(id="per-class")

    def show(self, comparison: Comparison, row: ComparisonRow) -> None:
        confusion = self.query_one(Confusion)
        confusion.display = bool(row.confusion)
        confusion.show(row.confusion)
        self.query_one("#per-class", Static).update(_scores(row) if row.confusion else _all_scores(comparison, row))


def title(row: ComparisonRow) -> str:
    return f"who was taken for whom: {row.name}" if row.confusion else "all scores"


def _all_scores(comparison: Comparison, here: ComparisonRow) -> Content:
    """Every model's scores, that of the model under the cursor first."""
    rows = [here, *(row for row in comparison.rows if row is not here)]
    blocks = [Content("\n").join([words(row.name, f"bold {theme.BRIGHT}"), _scores(row)]) for row in rows]
    return Content("\n\n").join(blocks)


def _scores(row: ComparisonRow) -> Content:
    """Every score; a class's three in one line."""
    lines: list[Content] = []
    by_class: dict[str, dict[str, float]] = {}
    for score in row.scores:
        metric, colon, name = score.metric.partition(":")
        if colon:
            by_class.setdefault(name, {})[metric] = score.value
        else:
            label = one_line(metric).replace("_", " ")
            unit = " bits" if metric == "bits_per_byte" else ""
            figures = (f"{with_interval(score):>13}{unit}", theme.BRIGHT)
            lines.append(Content.assemble((f"{label:<15}", theme.MUTED), figures, (f"   n {score.n:,}", theme.FAINT)))
    if by_class:
        lines.append(Content.styled(f"\n{'':<15}" + "".join(f"{kind:>11}" for kind in _KINDS), theme.MUTED))
        for name, values in by_class.items():
            shown = "".join(f"{figure(values[k], k) if k in values else '–':>11}" for k in _KINDS)
            lines.append(Content.assemble((f"{cut(name, 14):<15}", theme.BRIGHT), shown))
    return Content("\n").join(lines)
