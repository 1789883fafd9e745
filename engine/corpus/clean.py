"""Quality rules: measure a document once, then look down a table.

A rule is named after the configuration key that moves it. The first rule that a document breaks is the one that
drops it, so the order here is the order of the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.config.schema import CleanConfig
from engine.errors import InputError

_LETTERS_AND_SPACES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \t\n\r\v\f"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Measures(NamedTuple):
    """Everything that any rule looks at."""

    chars: int
    alphabetic: float
    """Share of letters and spaces among the characters."""
    repeated_lines: float
    """Share of non-blank lines that repeat an earlier one."""
    symbol_words: float
    """Share of words without any letter or digit."""
    mean_word_length: float
    """Characters."""
    toxic: int
    """Distinct listed words found."""


class Rule(NamedTuple):
    name: str
    breaks: Callable[[Measures, CleanConfig], bool]
    reason: str


RULES = (
    Rule("empty", lambda m, c: m.chars == 0, "no text"),
    Rule("min_chars", lambda m, c: m.chars < c.min_chars, "shorter than min_chars"),
    Rule("max_chars", lambda m, c: 0 < c.max_chars < m.chars, "longer than max_chars"),
    Rule("min_alphabetic", lambda m, c: m.alphabetic < c.min_alphabetic, "too few letters and spaces"),
    Rule("max_repeated_lines", lambda m, c: m.repeated_lines > c.max_repeated_lines, "too many repeated lines"),
    Rule("max_symbol_words", lambda m, c: m.symbol_words > c.max_symbol_words, "too many words that are symbols"),
    Rule("mean_word_length", lambda m, c: _outside(m.mean_word_length, *c.mean_word_length), "odd word lengths"),
    Rule("toxic_words", lambda m, c: m.toxic >= 2, "two or more words of the toxic list"),
)


def _outside(value: float, low: float, high: float) -> bool:
    return value < low or 0 < high < value


def broken_rule(text: str, config: CleanConfig, toxic: frozenset[str] = frozenset()) -> Rule | None:
    """The first rule that a text breaks, or None: keep it."""
    measures = measure(text, toxic)
    return next((rule for rule in RULES if rule.breaks(measures, config)), None)


def measure(text: str, toxic: frozenset[str] = frozenset()) -> Measures:
    words = text.split()
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    symbols = sum(1 for word in words if not word.isalnum() and not _LETTER_OR_DIGIT.search(word))
    return Measures(
        chars=len(text),
        alphabetic=_alphabetic(text) / max(1, len(text)),
        repeated_lines=1 - len(set(lines)) / max(1, len(lines)) if lines else 0.0,
        symbol_words=symbols / max(1, len(words)),
        mean_word_length=sum(map(len, words)) / max(1, len(words)),
        toxic=len(toxic.intersection(_WORD.findall(text.casefold()))) if toxic else 0,
    )


def _alphabetic(text: str) -> int:
    """How many letters and spaces. ASCII goes through one C call; the rest, mostly little, a character at a time."""
    ascii_part = text.encode("ascii", "ignore")
    count = len(ascii_part) - len(ascii_part.translate(None, _LETTERS_AND_SPACES))
    if len(ascii_part) < len(text):
        beyond = "".join(_BEYOND_ASCII.findall(text))
        count += sum(1 for character in beyond if character.isalpha() or character.isspace())
    return count


def load_toxic_words(path: str, *, where: object = None) -> frozenset[str]:
    """The words of a list, one a line, case folded; blank lines and `#` comments are skipped. Empty path: none."""
    if not path:
        return frozenset()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"no such file: {path}", where=where, key="clean.toxic_words", fix="check the path") from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=path, fix="save the file as UTF-8") from None
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))
