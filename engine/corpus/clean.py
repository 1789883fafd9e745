"""What quality rules look at, a document at a time. (The first issue's measures: the vectorised ones replace them.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

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
