"""How often which value: columns over an axis, with the bounds of a rule drawn in.

    words in a document                     at least 50
         ░│   ▂▅█▇▅▃▁                       ░ is what the rule drops, on either side of its bounds
       ▂░░│▃▆███████▇▅▃▂▁▁
       10   50      1,000

Shades and the line say the same as the colours do. Counts may be drawn by their logarithm, so that a long tail shows.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from textual.content import Content

from tui import theme
from tui.text import fit

_EIGHTHS = " ▁▂▃▄▅▆▇█"
Style = tuple[str, str]


@dataclass(frozen=True)
class Bins:
    """`counts[n]` values from `edges[n]` up to `edges[n + 1]`; the edges rise, evenly or not."""

    edges: Sequence[float]
    counts: Sequence[int]
    low: float = -math.inf
    high: float = math.inf
    """What a rule keeps."""
    words: Callable[[float], str] = field(default=lambda value: f"{value:.4g}")
    """A value as people read it."""

    def bounded(self, low: float, high: float) -> Bins:
        return replace(self, low=low, high=high)


def columns(bins: Bins, width: int, height: int, *, log: bool = False) -> Content:
    """The histogram in so many cells, its axis included; nothing where there is no room for any of it."""
    bars, room = _squeezed(bins, width), height - 1
    if not bars.counts or room < 1 or width < 8:
        return Content("")
    each = max(1, min(6, width // len(bars.counts)))
    tops = [_size(count, log) for count in bars.counts]
    most = max(tops) or 1.0
    heights = [max(1, round(top / most * room * 8)) if top else 0 for top in tops]
    kept = [bars.low <= _middle(bars, n) <= bars.high for n in range(len(heights))]
    lines = [_line(bars, heights, kept, each, room - 1 - row) for row in range(room)]
    return Content("\n").join([*lines, _axis(bars, each, width)])


def _size(count: int, log: bool) -> float:
    return math.log1p(count) if log else float(count)


def _middle(bins: Bins, n: int) -> float:
    return (bins.edges[n] + bins.edges[n + 1]) / 2


def _squeezed(bins: Bins, width: int) -> Bins:
    """As few bins as find room: neighbours together."""
    many = math.ceil(len(bins.counts) / max(1, width))
    if many <= 1:
        return bins
    counts = [sum(bins.counts[n : n + many]) for n in range(0, len(bins.counts), many)]
    edges = [*bins.edges[:-1:many], bins.edges[-1]]
    return replace(bins, edges=edges, counts=counts)


def _line(bins: Bins, heights: list[int], kept: list[bool], each: int, row: int) -> Content:
    """One row of cells, counted from the axis."""
    parts: list[Style] = []
    bounds = {_column(bins, bound) for bound in (bins.low, bins.high)}
    for n, height in enumerate(heights):
        cell = _EIGHTHS[max(0, min(8, height - 8 * row))]
        if not kept[n] and cell == "█":
            cell = "░"
        bar = cell * (each - 1) + (cell if each == 1 else " ")
        if n in bounds:
            parts.append(("│", theme.BRIGHT))
            bar = bar[1:]
        parts.append((bar, theme.GREEN if kept[n] else theme.AMBER))
    return Content.assemble(*parts)


def _column(bins: Bins, bound: float) -> int | None:
    """The bin that a bound stands in; the nearest end for one beyond all values, none for one that is open."""
    if math.isinf(bound):
        return None
    return max(0, min(len(bins.counts) - 1, bisect_right(bins.edges, bound) - 1))


def _axis(bins: Bins, each: int, width: int) -> Content:
    """Values below their columns: the bounds first, then the ends, then others as far as there is room."""
    cells = [" "] * width
    drawn: set[int] = set()
    marked = [bound for bound in (bins.low, bins.high) if not math.isinf(bound)]
    steps = [round(len(bins.counts) * part / 8) for part in (0, 8, 4, 2, 6)]
    others = [(step * each, bins.edges[step]) for step in steps]
    for at, value in [*(((_column(bins, bound) or 0) * each, bound) for bound in marked), *others]:
        text = bins.words(value)
        start = max(0, min(at, width - len(text)))
        span = range(max(0, start - 1), min(width, start + len(text) + 1))
        if not drawn & set(span):
            cells[start : start + len(text)] = text
            drawn |= set(span)
    return Content.styled(fit("".join(cells), width), theme.MUTED)


def bars(rows: Sequence[tuple[str, float, str]], width: int) -> Content:
    """Lines of label, bar and figure: `en  ███████▌  12,304`."""
    from engine import figures

    if not rows:
        return Content("")
    label = min(max(len(name) for name, _, _ in rows), width // 3)
    tail = max(len(told) for _, _, told in rows)
    most, room = max(value for _, value, _ in rows), max(0, width - label - tail - 3)
    return Content("\n").join(
        Content.assemble(
            (fit(name, label), theme.MUTED), (f" {fit(told, tail, right=True)}  ", theme.BRIGHT),
            (figures.bar(value, most, room), theme.BLUE),
        )
        for name, value, told in rows
    )  # fmt: skip
