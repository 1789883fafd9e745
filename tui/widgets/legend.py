"""The lines above a plot: marker, label and value of each series, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from engine import figures
from tui import theme
from tui.text import cut
from tui.widgets.plot import Row, style
from tui.widgets.series import Series, View, marker_of, value_at

LABEL_CELLS = 34
ITEM = 3
"""Segments an item is made of: marker, label, value."""


def legend(series: Sequence[Series], view: View, width: int, most: int) -> list[Row]:
    """At most `most` lines, each `width` cells; what is only context gives way first, the rest is counted."""
    lines, left = _lines(series, range(len(series)), view, width, most)
    if left:
        front = [index for index, one in enumerate(series) if not one.behind]
        lines, left = _lines(series, front, view, width, most)
    if left:
        kept = _cut(lines[-1], width - len("and 99 more"))
        left += (len(lines[-1]) - len(kept)) // ITEM
        lines = [*lines[:-1], [*kept, Segment(f"and {left} more", style(theme.AMBER))]]
    return [[*line, Segment(" " * (width - cells(line)))] for line in lines]


def _lines(series: Sequence[Series], wanted: Sequence[int], view: View, width: int, most: int) -> tuple[list[Row], int]:
    """Items one after the other in at most `most` lines, and how many had no room."""
    lines: list[Row] = []
    free = 0
    for place, index in enumerate(wanted):
        item = _item(series, index, view, width)
        long = cells(item)
        if long > free:
            if len(lines) == most:
                return lines, len(wanted) - place
            lines.append([])
            free = width
        lines[-1] += item
        free -= long
    return lines, 0


def cells(line: Row) -> int:
    return sum(segment.cell_length for segment in line)


def _item(series: Sequence[Series], index: int, view: View, width: int) -> Row:
    one = series[index]
    value = written(value_at(one, view))
    return [
        Segment(f"{marker_of(series, index)} ", style(one.ink, bold=True)),
        Segment(cut(one.label, max(1, min(LABEL_CELLS, width - len(value) - 5))) + " ", style(theme.MUTED)),
        Segment(f"{value}  ", style(theme.BRIGHT)),
    ]


def _cut(line: Row, width: int) -> Row:
    """The line without the items that do not fit."""
    while line and cells(line) > width:
        line = line[:-ITEM]
    return line


def written(value: float | None) -> str:
    """A value as the legend writes it."""
    if value is None:
        return figures.UNKNOWN
    if abs(value) >= 10_000:
        return figures.count(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"
