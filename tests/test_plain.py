"""Nothing that steers a terminal gets through, and nothing else is touched."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from engine.plain import many_lines, one_line


@given(st.text())
def test_no_control_and_no_reordering_gets_through(text: str) -> None:
    for safe in (one_line(text), many_lines(text).replace("\n", "")):
        assert not [c for c in safe if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
        assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert one_line(text) == text == many_lines(text)


def test_an_escape_stays_visible() -> None:
    assert one_line("a\x1b[31mred\nnext") == "a␛[31mred next"
    assert many_lines("a\r\n\tb\x07") == "a\n    b␇"
