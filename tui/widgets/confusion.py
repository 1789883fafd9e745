"""A confusion matrix as text: rows are what was right, columns what the model said.

A cell's shade (░ ▒ ▓ █) is its share of the row, so it reads without colour; the diagonal is what was right.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tui import theme
from tui.text import fit, words

_SHADES = " ░▒▓█"
_FOOT = "precision"
Counts = Mapping[str, Mapping[str, int]]


class Confusion(Static):
    """Shows one model's matrix, redrawn when its room changes."""

    DEFAULT_CSS = "Confusion { text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._counts: Counts = {}

    def show(self, counts: Counts) -> None:
        self._counts = counts
        self.refresh(layout=True)

    def render(self) -> Content:
        return matrix(self._counts, self.content_size.width or self.size.width)


def classes_of(counts: Counts) -> list[str]:
    """Every target, then outputs that are no target: in the order given."""
    return list(dict.fromkeys([*counts, *(output for row in counts.values() for output in row)]))


def matrix(counts: Counts, width: int) -> Content:
    """The matrix in `width` cells; classes that find no room are counted aloud."""
    names = classes_of(counts)
    if not names or width < 20:
        return Content("")
    label = min(max(len(_FOOT), *(cell_len(name) for name in names)), max(len(_FOOT), width // 4)) + 1
    tail = 8  # "  recall"
    longest = max(cell_len(name) for name in names)
    room = width - label - tail
    cell = max(6, min(longest + 2, room // len(names), 14))
    shown = names[: max(1, room // cell)]
    lines = [
        Content.styled(
            " " * label + "".join(fit(name, cell - 1, right=True) + " " for name in shown) + "  recall", theme.MUTED
        )
    ]
    lines += [_row(counts, target, shown, label, cell) for target in names if target in counts]
    precisions = [
        _share(counts.get(name, {}).get(name, 0), sum(row.get(name, 0) for row in counts.values())) for name in shown
    ]
    lines.append(Content.styled(fit(_FOOT, label) + "".join(f"{p:>{cell - 1}} " for p in precisions), theme.MUTED))
    if len(shown) < len(names):
        lines.append(words(f"{len(names) - len(shown)} more columns find no room here", theme.AMBER))
    return Content("\n").join(lines)


def _row(counts: Counts, target: str, shown: list[str], label: int, cell: int) -> Content:
    row = counts[target]
    total = sum(row.values())
    parts: list[tuple[str, str]] = [(fit(target, label), theme.BRIGHT)]
    for name in shown:
        count = row.get(name, 0)
        share = count / total if total else 0.0
        right = name == target
        ground = theme.dim(theme.GREEN if right else theme.RED, 1 - 0.55 * share) if count else theme.GROUND
        colour = theme.BRIGHT if right or share >= 0.2 else theme.MUTED
        shade = _SHADES[min(4, int(share * 4 + 0.999))]
        bold = "bold " if right else ""
        parts.append((f"{shade}{count or '·':>{cell - 3}} ", f"{bold}{colour} on {ground}"))
        parts.append((" ", theme.MUTED))
    parts.append((f"{_share(row.get(target, 0), total):>8}", theme.MUTED))
    return Content.assemble(*parts)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"
