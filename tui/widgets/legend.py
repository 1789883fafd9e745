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


def legend(series: Sequence[Series], view: View, width: int, most: int) -> list[Row]:
    """At most `most` lines, each `width` cells; what is only context gives way first, the rest is counted."""
    likely = max(1, most) * max(1, width // 8)  # no more than so many items can stand there
    items = [_item(series, index, view, width) for index in range(min(len(series), likely))]
    lines = _wrapped(items, width)
    if len(lines) > most or len(items) < len(series):
        front = [index for index, one in enumerate(series) if not one.behind]
        lines = _wrapped([_item(series, index, view, width) for index in front[:likely]], width)
        if len(lines) > most or len(front) > likely:
            last = _cut(lines[most - 1], width - len("and 99 more"))
            shown = sum(len(line) for line in lines[: most - 1]) + len(last)
            lines = [*lines[: most - 1], [*last, Segment(f"and {len(front) - shown // 3} more", style(theme.AMBER))]]
    return [[*line, Segment(" " * (width - cells(line)))] for line in lines]


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


def _wrapped(items: Sequence[Row], width: int) -> list[Row]:
    lines: list[Row] = []
    for item in items:
        if lines and cells(lines[-1]) + cells(item) <= width:
            lines[-1] += item
        else:
            lines.append(list(item))
    return lines


def _cut(line: Row, width: int) -> Row:
    """The line without the items that do not fit."""
    while line and cells(line) > width:
        line = line[:-3]
    return line


def written(value: float | None) -> str:
    """A value as the legend writes it."""
    if value is None:
        return figures.UNKNOWN
    if abs(value) >= 10_000:
        return figures.count(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"
