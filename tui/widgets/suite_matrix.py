"""All suites at a glance: models by suites, each task's primary score with its interval, the best marked."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content

from engine.compare.overview import Column, Overview
from engine.compare.table import PRIMARY
from engine.plain import one_line
from tui import theme
from tui.text import fit, words
from tui.widgets.score_table import with_interval

_SHORT = {"accuracy": "accuracy", "token_f1": "token F1", "bits_per_byte": "bits/byte"}
_LEAST, _MOST = 14, 18
"""Cells of a column: `★1.125 ±0.030` must fit."""


def matrix_words(overview: Overview, names: Mapping[str, str], here: str, width: int) -> Content:
    """The table in `width` cells, with the suite `here` marked; suites that find no room are counted aloud."""
    longest = max((cell_len(one_line(names.get(m, m))) for m in overview.models), default=0)
    name = min(max(len("model"), longest), max(12, width // 3)) + 2
    column = max(_LEAST, min(_MOST, (width - name) // max(1, len(overview.columns))))
    fitting = max(1, (width - name) // column)
    at = next((place for place, column in enumerate(overview.columns) if column.suite == here), 0)
    start = max(0, min(at - fitting + 1, len(overview.columns) - fitting))
    shown = overview.columns[start : start + fitting]
    lines = [_heads(shown, here, name, column), _metrics(shown, name, column)]
    lines += [_row(overview, model, fit(names.get(model, model), name), shown, column) for model in overview.models]
    lines += [Content(""), Content.styled("★ the best of its column   · not evaluated", theme.MUTED)]
    if len(shown) < len(overview.columns):
        lines.append(words(f"{len(overview.columns) - len(shown)} more suites find no room here", theme.AMBER))
    return Content("\n").join(lines)


def _heads(columns: tuple[Column, ...], here: str, name: int, width: int) -> Content:
    cells = []
    for column in columns:
        mark = "▸" if column.suite == here else " "
        style = f"bold {theme.BRIGHT}" if column.suite == here else theme.MUTED
        cells.append((mark + fit(column.suite, width - 2) + " ", style))
    return Content.assemble((fit("model", name), theme.MUTED), *cells)


def _metrics(columns: tuple[Column, ...], name: int, width: int) -> Content:
    cells = "".join(fit(" " + _SHORT.get(PRIMARY[column.task], column.metric), width) for column in columns)
    return Content.styled(" " * name + cells, theme.FAINT)


def _row(overview: Overview, model: str, name: str, columns: tuple[Column, ...], width: int) -> Content:
    cells = []
    for column in columns:
        score = overview.scores.get((model, column.suite))
        best = overview.is_best(model, column)
        if score is None:
            cells.append((fit(" ·", width), theme.FAINT))
        else:
            style = f"bold {theme.GREEN}" if best else theme.BRIGHT
            cells.append((fit(f"{'★' if best else ' '}{with_interval(score)}", width), style))
    return Content.assemble((name, theme.BRIGHT), *cells)
