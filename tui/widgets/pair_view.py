"""Two texts that were found alike: side by side where there is room, else as one text with both readings in it.

kept  a.1 in web                   dropped  b.7 in web
The cat sat on the mat.            The dog sat on the mat.            wide: what differs is bold and underlined

The [-cat-] {+dog+} sat on the mat.                                   narrow: the marks of `wdiff`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tui import theme
from tui.text import many_lines, one_line
from tui.word_diff import Piece, Row, rows, shared

WIDE = 88
"""Cells from which on there is room for two columns."""


@dataclass(frozen=True)
class Side:
    """One of the two texts, and what it is: `kept`, `dropped`, `document`, `test item`."""

    role: str
    name: str
    text: str


@dataclass(frozen=True)
class Pair:
    """To be given to a `Static`; draws itself to the room that it has."""

    left: Side
    right: Side

    @cached_property
    def rows(self) -> list[Row]:
        return rows(self.left.text, self.right.text)

    @property
    def told(self) -> str:
        """`351 of 360 words shared`."""
        same, longest = shared(self.rows)
        return "the same words" if same == longest else f"{same:,} of {longest:,} words shared"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _beside(self) if options.max_width >= WIDE else _inline(self)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(20, options.max_width)


def _beside(pair: Pair) -> Table:
    table = Table.grid(expand=True, padding=(0, 3, 0, 0))
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(_title(pair.left, theme.GREEN), _title(pair.right, theme.AMBER))
    table.add_row("", "")
    for n, row in enumerate(pair.rows):
        blank = n and any(pieces and pieces[0].text.startswith("\n\n") for pieces in (row.left, row.right))
        if blank:
            table.add_row("", "")
        table.add_row(_column(row.left, theme.GREEN), _column(row.right, theme.AMBER))
    return table


def _title(side: Side, colour: str) -> Text:
    return Text.assemble((side.role, f"bold {colour}"), "  ", (one_line(side.name), theme.MUTED))


def _column(pieces: Sequence[Piece], colour: str) -> Text:
    text = Text(style=theme.TEXT)
    for n, piece in enumerate(pieces):
        lead, words = _parted(piece)
        text.append(lead if n else "")
        text.append(words, f"bold underline {colour}" if piece.changed else "")
    return text


def _parted(piece: Piece) -> tuple[str, str]:
    """A piece's whitespace before its first word, and the rest; safe to show."""
    words = many_lines(piece.text)
    rest = words.lstrip()
    return words[: len(words) - len(rest)], rest


def _inline(pair: Pair) -> Text:
    """One text: `[-only in the left one-] {+only in the right one+}`."""
    text = Text.assemble(
        _title(pair.left, theme.GREEN), "\n", _title(pair.right, theme.AMBER), "\n\n", style=theme.TEXT
    )
    for n, row in enumerate(pair.rows):
        left, right = list(row.left), list(row.right)
        if n and left and right:
            text.append("\n\n" if left[0].text.startswith("\n\n") else "\n")
        start = True
        while left or right:
            if left and left[0].changed:
                _mark(text, left.pop(0), "[-", "-]", theme.GREEN, start)
            elif right and right[0].changed:
                _mark(text, right.pop(0), "{+", "+}", theme.AMBER, start)
            else:
                lead, words = _parted((left or right)[0])
                text.append(words if start else lead + words)
                del left[:1], right[:1]
            start = False
    return text


def _mark(text: Text, piece: Piece, before: str, after: str, colour: str, start: bool) -> None:
    lead, words = _parted(piece)
    text.append("" if start else lead)
    text.append(f"{before}{words.rstrip()}{after}", f"bold {colour}")
