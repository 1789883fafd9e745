"""What two texts share, word by word, and how they stand beside each other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.support.screen import control_characters
from tui.widgets.pair_view import Pair, Side
from tui.word_diff import MOST, rows, shared

TEXT = st.text(alphabet="ab .\n", max_size=80)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT)
def test_joined_pieces_are_the_texts_and_what_is_unmarked_is_in_both(left: str, right: str) -> None:
    found = rows(left, right)
    assert "".join(piece.text for row in found for piece in row.left) == left
    assert "".join(piece.text for row in found for piece in row.right) == right
    same = [
        [word for row in found for piece in side(row) if not piece.changed for word in piece.text.split()]
        for side in (lambda row: row.left, lambda row: row.right)
    ]
    assert same[0] == same[1]


def test_a_row_ends_where_both_texts_end_a_line_or_a_long_sentence() -> None:
    assert len(rows("one two\nthree", "one too\nthree")) == 2 and len(rows("one\ntwo", "one two")) == 1
    long = " ".join(f"word{n}" for n in range(40)) + ". And more."
    assert [row.left[0].text.strip() for row in rows(long, long)][-1] == "And more."


def test_texts_longer_than_what_is_compared_are_shown_to_their_ends() -> None:
    text = "word " * (MOST + 5)
    found = rows(text, text)
    assert shared(found) == (MOST + 5, MOST + 5)


def drawn(pair: Pair, width: int) -> str:
    console = Console(width=width, no_color=True, legacy_windows=False)
    with console.capture() as capture:
        console.print(pair)
    return capture.get()


def test_foreign_text_stays_text_in_both_ways_of_drawing() -> None:
    pair = Pair(Side("kept", "a[/]", "one [red]two[/] \x1b[2J three"), Side("dropped", "b", "one four [/x] three"))
    narrow, wide = drawn(pair, 60), drawn(pair, 120)
    assert "{+four [/x]+}" in narrow and "[red]two[/]" in narrow
    assert "[red]two[/]" in wide and "[-" not in wide
    assert not control_characters(narrow) and not control_characters(wide)
