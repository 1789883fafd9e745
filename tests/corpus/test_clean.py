"""Each rule drops what it names, keeps prose, and can be switched off."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.schema import CleanConfig
from engine.corpus.clean import RULES, broken_rule, load_toxic_words, measure
from engine.errors import InputError

PROSE = "The quick brown fox jumps over the lazy dog, and then it sleeps in the warm afternoon sun."
STRICT = CleanConfig(max_chars=500)
OFF = CleanConfig(
    min_chars=0, min_alphabetic=0, max_repeated_lines=1, max_symbol_words=1, mean_word_length=(0, 0), toxic_words=""
)
TOXIC = frozenset({"darn", "blast"})

BAD = {
    "empty": "",
    "min_chars": "Too short.",
    "max_chars": PROSE * 6,
    "min_alphabetic": "12345 67890 " * 5,
    "max_repeated_lines": "Home and about\n" * 4 + "Something else stands here\n",
    "max_symbol_words": "words and --- *** === ||| ### between words",
    "mean_word_length": "abcdefghijklmnopqrstuvwxyz" * 4,
    "toxic_words": PROSE + " Darn and BLAST!",
}


def test_prose_is_kept() -> None:
    assert broken_rule(PROSE, STRICT, TOXIC) is None


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_each_rule_drops_its_example(name: str) -> None:
    rule = broken_rule(BAD[name], STRICT, TOXIC)
    assert rule is not None and rule.name == name


@pytest.mark.parametrize("name", [rule.name for rule in RULES if rule.name not in ("empty", "toxic_words")])
def test_zero_or_one_switches_a_rule_off(name: str) -> None:
    assert broken_rule(BAD[name], OFF) is None


def test_one_toxic_word_twice_is_not_two() -> None:
    assert broken_rule(PROSE + " Darn, darn it.", STRICT, TOXIC) is None
    assert broken_rule(PROSE + " Undarned blasting.", STRICT, TOXIC) is None


def test_every_rule_but_empty_is_named_after_its_key() -> None:
    keys = {field.name for field in msgspec.structs.fields(CleanConfig)}
    assert {rule.name for rule in RULES} - {"empty"} == keys


@given(st.text())
def test_measures_are_what_they_say(text: str) -> None:
    """The quick ways of counting against the plain ones."""
    m = measure(text)
    assert m.chars == len(text)
    spaces = " \t\n\r\v\f"
    letters = [c.isalpha() or c in spaces or (ord(c) > 127 and c.isspace()) for c in text]
    assert m.alphabetic * len(text) == pytest.approx(sum(letters))
    words = text.split()
    symbols = [not any(c.isalnum() for c in word) for word in words]
    assert m.symbol_words * len(words) == pytest.approx(sum(symbols))


def test_a_toxic_list_is_folded_and_commented(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# bad words\nDarn\n\n  blast \n")
    assert load_toxic_words(str(tmp_path / "list")) == TOXIC
    with pytest.raises(InputError, match=r"c\.toml: clean\.toxic_words: no such file"):
        load_toxic_words(str(tmp_path / "none"), where="c.toml")
