"""What a line of the lineage tree says in its columns, and which columns a given width has room for.

Columns (widths) + Line  ->  segments, exactly as wide as the columns together
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from engine import figures
from engine.store.rows import Node, ScoreRow
from tui import theme
from tui.lineage_rows import SHORT, Line, headline, title
from tui.text import cut, fit

GUTTER = 3
"""Cells before the name: the cursor's sign, the mark, the pin."""


@dataclass(frozen=True)
class Columns:
    """Widths in cells; 0: not shown. The name takes what is left."""

    name: int
    heldout: int = 0
    spark: int = 0
    score: int = 0
    metric: int = 0
    range: int = 0
    bits: int = 0
    tokens: int = 0
    cost: int = 0
    age: int = 0
    note: int = 0


_WISHES = (
    ("heldout", 7, 34), ("score", 11, 42), ("cost", 7, 54), ("age", 5, 60), ("spark", 9, 68), ("metric", 5, 76),
    ("bits", 8, 98), ("range", 18, 118), ("tokens", 8, 126), ("note", 30, 165),
)  # fmt: skip
"""Column, its cells, and the least width of a line that shows it: the most telling first."""


def columns(width: int) -> Columns:
    """The columns of a line of `width` cells."""
    given = {name: wide for name, wide, least in _WISHES if width >= least}
    if width >= 140:
        given["spark"] = 25
    return Columns(name=max(8, width - GUTTER - sum(given.values())), **given)


@dataclass(frozen=True)
class Row:
    """A line and what is known about it besides."""

    line: Line
    cursor: bool
    marked: bool
    pinned: bool
    progress: float | None
    """Share done of a run that runs."""
    now: float


def cells(row: Row, wide: Columns) -> list[Segment]:
    """The whole line."""
    sign = Segment("›" if row.cursor else " ", Style(color=theme.BRIGHT))
    mark = Segment(("●" if row.marked else " ") + ("▴" if row.pinned else " "), Style(color=theme.AMBER))
    if row.line.more:
        return [sign, mark, *_more(row.line, wide.name)]
    node = row.line.node
    age = figures.age(row.now - node.created) if node.created else ""
    return [
        sign,
        mark,
        *_title(row, wide.name),
        _number(figures.loss(node.heldout_loss) if node.heldout_loss is not None else "", wide.heldout),
        *_spark(node, wide.spark),
        *_score(node, wide),
        _number(_bits(node), wide.bits),
        _number(figures.count(node.cost.tokens) if node.cost.tokens else "", wide.tokens),
        _number(figures.duration(node.cost.seconds) if node.cost.seconds else "", wide.cost),
        Segment(fit(age, wide.age, right=True), Style(color=theme.MUTED)),
        Segment(fit("  " + cut(node.note, wide.note - 2), wide.note) if wide.note else "", Style(color=theme.MUTED)),
    ]


def _title(row: Row, width: int) -> list[Segment]:
    """The guide, the state's glyph, the name, and in what room is left what kind of thing it is."""
    line, node = row.line, row.line.node
    glyph, colour = theme.STATES.get(node.state, ("?", theme.MUTED))
    guide = cut(line.guide, width - 3)
    room = width - len(guide) - 2
    name = cut(title(node), room)
    rest = cut(_aside(row), max(0, room - cell_len(name) - 2))
    dim = node.scratch or not line.hit
    segments = [
        Segment(guide, Style(color=theme.FAINT)),
        Segment(glyph + " ", Style(color=colour)),
        Segment(name, Style(color=theme.MUTED if dim else theme.BRIGHT, bold=node.kind == "base")),
        Segment("  " + rest if rest else "", Style(color=theme.MUTED)),
    ]
    used = sum(segment.cell_length for segment in segments)
    return [*segments, Segment(" " * (width - used))]


def _aside(row: Row) -> str:
    node = row.line.node
    parts = [("scratch " if node.scratch else "") + (node.method or node.kind)]
    if row.progress is not None:
        parts.insert(0, f"{row.progress:.0%}")
    elif node.state not in ("finished", "frozen", "built"):
        parts.append(node.state)
    if row.line.folded:
        parts.append(f"+{_below(node):,} folded")
    if node.tags:
        parts.append(" ".join(f"#{tag}" for tag in node.tags))
    return " · ".join(parts)


def _more(line: Line, width: int) -> list[Segment]:
    guide = cut(line.guide, width - 3)
    text = f"… {line.more:,} more of {title(line.node)}: → shows them"
    return [
        Segment(guide, Style(color=theme.FAINT)),
        Segment(fit(text, width - len(guide)), Style(color=theme.MUTED)),
    ]


def _below(node: Node) -> int:
    return sum(1 + _below(child) for child in node.children)


def _number(text: str, width: int) -> Segment:
    return Segment(fit(text, width, right=True))


def _spark(node: Node, width: int) -> list[Segment]:
    if not width:
        return []
    return [Segment(" " + figures.sparkline(node.loss_history, width - 2) + " ", Style(color=theme.BLUE))]


def _score(node: Node, wide: Columns) -> list[Segment]:
    """The score that speaks for the model, its metric, and its interval drawn on a scale of 0 to 100."""
    score = headline(node)
    if score is None:
        return [_number("", wide.score + wide.metric + wide.range)]
    text = figures.interval(score.value, score.low, score.high)
    return [
        Segment(fit(text, wide.score, right=True), Style(color=theme.BRIGHT, bold=True)),
        Segment(fit(" " + SHORT.get(score.metric, ""), wide.metric), Style(color=theme.MUTED)),
        Segment(_range(score, wide.range), Style(color=theme.GREEN)),
    ]


def _range(score: ScoreRow, width: int) -> str:
    """` ···├─●─┤····· `: where the score lies between nothing and everything, and how sure it is."""
    inner = width - 2
    if inner < 5:
        return " " * width
    scale = ["·"] * inner

    def at(value: float) -> int:
        return max(0, min(inner - 1, round(value * (inner - 1))))

    low, high = score.low, score.high
    if low is not None and high is not None:
        for cell in range(at(low), at(high) + 1):
            scale[cell] = "─"
        scale[at(low)], scale[at(high)] = "├", "┤"
    scale[at(score.value)] = "●"
    return f" {''.join(scale)} "


def _bits(node: Node) -> str:
    return figures.loss(node.bits_per_byte[0].value) if node.bits_per_byte else ""


_SORTED_BY = {"name": "name", "loss": "heldout", "score": "score", "cost": "cost", "age": "age"}


def head(wide: Columns, style: Style, sort: str, turned: bool) -> list[Segment]:
    """The headings; an arrow at the one that siblings are sorted by, upwards when the order is turned round."""
    words = {
        "name": "lineage",
        "heldout": "held-out" if wide.heldout >= 9 else "loss",
        "score": "score ±95%",
        "range": " 0     to    100",
        "bits": "bits/B",
        "spark": " trend",
        "note": "  note",
    }
    arrow = "▴" if turned else "▾"
    segments = [Segment(" " * GUTTER, style)]
    for name in wide.__dataclass_fields__:
        width = getattr(wide, name)
        text = words.get(name, name if name != "metric" else "")
        left = name in ("name", "spark", "range", "note")
        if _SORTED_BY.get(sort) == name:
            text = f"{text} {arrow}" if left else f"{arrow}{text}"[:width]
        segments.append(Segment(fit(text, width, right=not left), style) if width else Segment(""))
    return segments
