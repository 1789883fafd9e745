"""The one door for foreign text: nothing in it is parsed, nothing steers the terminal, columns stay columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from engine.plain import one_line
from tests.support.screen import control_characters
from tui import text

_nasty = st.text(st.one_of(st.characters(), st.sampled_from("[]/\\\x1b\x00\x9b\u202e\u2066\n\t'\"日本e\u0301")))


@given(_nasty)
def test_words_are_what_they_were_in_one_line(foreign: str) -> None:
    content = text.words(foreign, "bold")
    assert isinstance(content, Content)
    assert content.plain == one_line(foreign)
    assert not control_characters(content.plain)
    assert "\n" not in content.plain


@given(_nasty)
def test_a_cell_is_text_and_not_markup(foreign: str) -> None:
    assert text.cell(foreign).plain == one_line(foreign)


@given(_nasty, st.integers(0, 30))
def test_fit_is_exactly_as_wide_as_asked(foreign: str, width: int) -> None:
    assert cell_len(text.fit(foreign, width)) == width
    assert cell_len(text.cut(foreign, width)) <= width


@given(_nasty)
def test_a_page_keeps_its_lines(foreign: str) -> None:
    shown = text.page(foreign).plain
    assert not control_characters(shown)
    assert shown.count("\n") == foreign.replace("\r\n", "\n").count("\n")
