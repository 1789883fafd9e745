"""Nothing that steers a terminal gets through, and nothing else is touched."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from engine.plain import many_lines, one_line


@given(st.text())
def test_no_control_and_no_reordering_gets_through(text: str) -> None:
    for safe in (one_line(text), many_lines(text).replace("\n", "")):
        assert not [c for c in safe if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
        assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


_DISPUTED = [*map(chr, [*range(0xFE00, 0xFE10), *range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400)])]
_DISPUTED += map(chr, range(0xE0100, 0xE01F0))
"""Characters that change their neighbour's width in some terminals."""


@given(
    st.text(
        alphabet=st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn"), exclude_characters=_DISPUTED)
    )
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert one_line(text) == text == many_lines(text)


@given(st.text(st.one_of(st.characters(), st.sampled_from([*_DISPUTED, *"👩❤1क日\u200d\u0301"]))))
def test_what_is_left_is_as_wide_in_terminals_that_join_as_in_those_that_do_not(text: str) -> None:
    safe = one_line(text)
    assert cell_len(safe) == sum(wcwidth(character) for character in safe)


def test_joined_signs_come_apart() -> None:
    assert one_line("👩\u200d🔬 👍🏽 ❤\ufe0f 🇩🇪 co\xadop") == "👩🔬 👍 ❤ DE co-op"


def test_an_escape_stays_visible() -> None:
    assert one_line("a\x1b[31mred\nnext") == "a␛[31mred next"
    assert many_lines("a\r\n\tb\x07") == "a\n    b␇"
