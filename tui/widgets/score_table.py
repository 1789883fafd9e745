"""Models side by side: score with its interval drawn as a whisker, and the difference to the baseline.

      model          accuracy  40      ┊            90      less the baseline's              cost
    ◆ areas-scratch  53.8 ±7.6    ├────●────┤               the baseline                     1m02s
    ▸ areas          76.9 ±6.4         ┊       ├───●──┤   ▲ +23.1 [+13.8, +32.5]  better     1m02s

All whiskers share one scale; the dotted line is the baseline's score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine import figures
from engine.compare.table import Comparison, ComparisonRow, Difference
from engine.store.rows import ScoreRow
from tui import keys, theme
from tui.text import fit
from tui.widgets import ticks

_PADDING = 1


@dataclass(frozen=True)
class Scale:
    """From scores to columns of a whisker."""

    low: float
    high: float
    width: int

    def at(self, value: float) -> int:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return max(0, min(self.width - 1, round(share * (self.width - 1))))


@dataclass(frozen=True)
class Columns:
    """Widths in cells; 0: left out. Their order is the table's."""

    name: int
    score: int
    whisker: int
    difference: int
    verdict: int
    p: int
    n: int
    cost: int


def columns(width: int, names: int) -> Columns:
    """Share `width`: the whisker takes what the rest leaves."""
    name = min(max(14, names + 2), 16 if width < 90 else 22 if width < 110 else 36)
    p, n = (9 if width >= 100 else 0), (7 if width >= 110 else 0)
    cost = 9 if width >= 88 else 7
    score, difference, verdict = 13, 27, (10 if width >= 100 else 0)
    if width < 66:  # a phone: the difference without its interval, no cost
        name, difference, cost = min(name, 16, max(8, width - 2 * _PADDING - score - 10)), 10, 0
    rest = width - 2 * _PADDING - name - score - difference - verdict - p - n - cost
    return Columns(name, score, min(rest, 110) if rest >= 10 else 0, difference, verdict, p, n, cost)


def figure(value: float, metric: str) -> str:
    """A score in the unit it is read in: points of a hundred, or bits per byte."""
    return f"{value:.3f}" if metric == "bits_per_byte" else figures.share(value)


def with_interval(score: ScoreRow | None) -> str:
    if score is None:
        return figures.UNKNOWN
    if score.metric != "bits_per_byte":
        return figures.interval(score.value, score.low, score.high)
    known = score.low is not None and score.high is not None
    return f"{score.value:.3f}" + (f" ±{((score.high or 0) - (score.low or 0)) / 2:.3f}" if known else "")


def difference_words(difference: Difference, room: int = 27) -> str:
    """`+23.1 [+13.8, +32.5]`, in points or bits per byte; without the interval where there is no room for it."""
    values = (difference.value, difference.low, difference.high)
    if difference.metric == "bits_per_byte":
        value, low, high = (f"{v:+.3f}" for v in values)
    else:
        value, low, high = (f"{100 * v:+.1f}" for v in values)
    return f"{value} [{low}, {high}]" if room >= 22 else value


def verdict_words(difference: Difference) -> tuple[str, str]:
    """A word, the sign before it, and a colour."""
    if not difference.significant:
        return "≈ unclear", theme.MUTED
    return ("▲ better", theme.GREEN) if difference.better else ("▼ worse", theme.RED)


def metrics_of(comparison: Comparison) -> list[str]:
    """Metrics of the whole suite that some model has, the primary one first; a class's own are left out."""
    found = [score.metric for row in comparison.rows for score in row.scores if ":" not in score.metric]
    return list(dict.fromkeys([comparison.metric, *found]))


def scale_of(comparison: Comparison, metric: str, width: int) -> Scale:
    """Round limits around every interval shown."""
    scores = [score for row in comparison.rows if (score := row.score(metric))]
    ends = [v for s in scores for v in (s.value, s.low, s.high) if v is not None]
    low, high = ticks.snapped(min(ends, default=0.0), max(ends, default=1.0), logarithmic=False, parts=5)
    if metric != "bits_per_byte":
        low, high = max(0.0, low), min(1.0, high)
    return Scale(low, high, width)


class ScoreTable(ScrollView, can_focus=True):
    """One row a model; the cursor chooses whose details are shown below."""

    DEFAULT_CSS = """
    ScoreTable { overflow-x: hidden; scrollbar-size: 0 1; }
    ScoreTable > .scores--cursor { background: $block-cursor-background; text-style: bold; }
    ScoreTable:blur > .scores--cursor { background: $block-cursor-blurred-background; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"scores--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = keys.SCORES

    cursor: reactive[int] = reactive(0)
    metric: reactive[str] = reactive("")

    class Moved(Message):
        """Another model is under the cursor."""

        def __init__(self, row: ComparisonRow):
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.comparison: Comparison | None = None
        self.costs: Mapping[str, float] = {}

    def show(self, comparison: Comparison | None, costs: Mapping[str, float]) -> None:
        """`costs`: seconds by model id. The cursor stays with its model."""
        before = self.row.model if self.row else ""
        self.comparison, self.costs = comparison, costs
        rows = comparison.rows if comparison else ()
        if comparison and self.metric not in metrics_of(comparison):
            self.metric = comparison.metric
        at = next((i for i, row in enumerate(rows) if row.model == before), None)
        if at is None:  # the first that is not the baseline: what people come to see
            at = next((i for i, row in enumerate(rows) if not row.baseline), 0)
        self.virtual_size = Size(0, len(rows) + 1)
        self.cursor = at
        self.refresh()
        if self.row:
            self.post_message(self.Moved(self.row))

    @property
    def row(self) -> ComparisonRow | None:
        rows = self.comparison.rows if self.comparison else ()
        return rows[self.cursor] if self.cursor < len(rows) else None

    def next_metric(self, by: int) -> None:
        if self.comparison:
            known = metrics_of(self.comparison)
            self.metric = known[(known.index(self.metric) + by) % len(known)]

    def action_move(self, by: int) -> None:
        if self.comparison:
            self.cursor = max(0, min(self.cursor + by, len(self.comparison.rows) - 1))

    def watch_cursor(self) -> None:
        if self.row:
            self.post_message(self.Moved(self.row))
            self.scroll_to(y=max(0, self.cursor + 2 - self.size.height), animate=False, immediate=True)

    def on_click(self, event: events.Click) -> None:
        at = event.y - 1 + self.scroll_offset.y
        if event.y >= 1 and self.comparison and 0 <= at < len(self.comparison.rows):
            self.cursor = at

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        number = round(self.scroll_offset.y) + y - 1
        comparison = self.comparison
        if comparison is None or (y > 0 and number >= len(comparison.rows)):
            return Strip.blank(width, base)
        wide = columns(width, max(len(row.name) for row in comparison.rows))
        scale = scale_of(comparison, self.metric, max(1, wide.whisker - 4))
        if y == 0:
            return Strip(self._head(comparison, wide, scale)).crop_extend(0, width, base).apply_style(base)
        here = number == self.cursor
        under = self.get_component_rich_style("scores--cursor") if here else base
        segments = self._row(comparison, comparison.rows[number], wide, scale)
        ground = Style(bgcolor=under.bgcolor, bold=True if here else None)
        painted = [Segment(s.text, base + (s.style or Style()) + ground) for s in segments]
        return Strip(painted).crop_extend(0, width, base + ground)

    def _head(self, comparison: Comparison, wide: Columns, scale: Scale) -> list[Segment]:
        metric = {"bits_per_byte": "bits/byte"}.get(self.metric, self.metric.replace("_", " "))
        ends = [figure(v, self.metric).removesuffix(".0") for v in (scale.low, scale.high)]
        axis = fit(f"{ends[0]}{ends[1]:>{max(0, wide.whisker - 4 - len(ends[0]))}}", max(0, wide.whisker - 4))
        cells = [
            " " * _PADDING,
            fit("  model", wide.name),
            fit(f"{metric[: wide.score - 1]} ", wide.score, right=True),
            f"  {axis}  " if wide.whisker > 4 else " " * wide.whisker,
            fit("  less the baseline's" if wide.difference > 20 else "  less", wide.difference),
            fit("", wide.verdict),
            fit("p (Holm)" if wide.p else "", wide.p),
            fit("items" if wide.n else "", wide.n, right=True),
            fit("cost" if wide.cost else "", wide.cost, right=True),
        ]
        return [Segment("".join(cells), Style(color=theme.MUTED))]

    def _row(self, comparison: Comparison, row: ComparisonRow, wide: Columns, scale: Scale) -> list[Segment]:
        score = row.score(self.metric)
        difference = next((d for d in row.differences if d.metric == self.metric), None)
        less, verdict, colour, p = _less(row, difference, wide.difference)
        reference = next((r.score(self.metric) for r in comparison.rows if r.baseline), None)
        cost = self.costs.get(row.model)
        return [
            Segment(" " * _PADDING),
            Segment("◆ " if row.baseline else "  ", Style(color=theme.AMBER)),
            Segment(fit(row.name, wide.name - 2), Style(color=theme.BRIGHT)),
            Segment(fit(with_interval(score) + " ", wide.score, right=True), Style(color=theme.BRIGHT, bold=True)),
            *_whisker(score, reference, scale, wide.whisker, theme.AMBER if row.baseline else theme.GREEN),
            Segment(fit(verdict[:1], 2), Style(color=colour)),
            Segment(fit(less, wide.difference - 2), Style(color=theme.MUTED if difference is None else theme.BRIGHT)),
            Segment(fit(verdict[2:], wide.verdict), Style(color=colour)),
            Segment(fit(p, wide.p), Style(color=theme.MUTED)),
            Segment(
                fit(f"{score.n if score else 0:,}" if wide.n else "", wide.n, right=True), Style(color=theme.MUTED)
            ),
            Segment(fit(figures.duration(cost), wide.cost, right=True), Style(color=theme.MUTED)),
        ]


def _less(row: ComparisonRow, difference: Difference | None, room: int) -> tuple[str, str, str, str]:
    """Difference, verdict, its colour, and p."""
    if row.baseline:
        return ("the baseline" if room >= 14 else "baseline"), "", theme.MUTED, ""
    if difference is None:
        return "not tested", "", theme.MUTED, ""
    verdict, colour = verdict_words(difference)
    p = "< 0.001" if difference.p_holm < 0.001 else f"{difference.p_holm:.3f}"
    return difference_words(difference, room), verdict, colour, p


def _whisker(
    score: ScoreRow | None, reference: ScoreRow | None, scale: Scale, width: int, colour: str
) -> list[Segment]:
    """`├───●──┤` on the common scale, with the baseline's score as a dotted line behind."""
    if width <= 4:
        return [Segment(" " * width)]
    chars = [" "] * scale.width
    if reference is not None:
        chars[scale.at(reference.value)] = "┊"
    if score is not None:
        low = scale.at(score.value if score.low is None else score.low)
        high = scale.at(score.value if score.high is None else score.high)
        for at in range(low, high + 1):
            chars[at] = "─"
        chars[low], chars[high] = "├", "┤"
        chars[scale.at(score.value)] = "●"
    return [Segment("  "), Segment("".join(chars), Style(color=colour)), Segment("  ")]
