"""Two texts word by word: what they share and what they do not, cut into rows that can stand side by side.

    "The cat sat." , "The dog sat."  ->  Row(The [cat] sat. | The [dog] sat.)

Words are compared; whitespace only goes along. A row ends where both texts end a line or, in long lines, a sentence
that they share, so that what belongs together stays at one height.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

MOST = 800
"""Words compared of each text, since the worst case is quadratic; what comes after is shown as it stands."""
_ROW = 160
"""Characters from which on a row ends with a sentence."""
_WORD = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*$")


@dataclass(frozen=True)
class Piece:
    """A stretch of one text."""

    text: str
    changed: bool = False
    """The other text does not have it here."""


@dataclass
class Row:
    """What stands side by side."""

    left: list[Piece] = field(default_factory=list)
    right: list[Piece] = field(default_factory=list)


def rows(left: str, right: str) -> list[Row]:
    """Both texts in full, in rows. Joined, the pieces of a side are its text but for whitespace at ends of rows."""
    a, b = words(left), words(right)
    found = [Row()]
    for shared, mine, yours in _stretches(a[:MOST], b[:MOST]):
        if not shared:
            _add(found[-1].left, "".join(mine), changed=True)
            _add(found[-1].right, "".join(yours), changed=True)
            continue
        for one, other in zip(mine, yours):
            _begin(found, one, other)
            _add(found[-1].left, one)
            _add(found[-1].right, other)
    if a[MOST:] or b[MOST:]:
        found.append(Row([Piece("".join(a[MOST:]))], [Piece("".join(b[MOST:]))]))
    return found


def words(text: str) -> list[str]:
    """Words with the whitespace before each; joined they are the text."""
    return _WORD.findall(text)


def shared(found: list[Row]) -> tuple[int, int]:
    """Words that stand in both texts, and words of the longer one."""
    same = sum(len(piece.text.split()) for row in found for piece in row.left if not piece.changed)
    left = sum(len(piece.text.split()) for row in found for piece in row.left)
    right = sum(len(piece.text.split()) for row in found for piece in row.right)
    return same, max(left, right)


def _stretches(a: list[str], b: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    matcher = SequenceMatcher(None, [word.strip() for word in a], [word.strip() for word in b], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag == "equal", a[i:j], b[k:m]


def _begin(found: list[Row], one: str, other: str) -> None:
    """Another row when both go on in a new line, or when both have just ended a sentence in a long row."""
    row = found[-1]
    if not row.left and not row.right:
        return
    breaks = "\n" in _space(one) and "\n" in _space(other)
    ended = row.left and not row.left[-1].changed and _SENTENCE.search(row.left[-1].text)
    if breaks or (ended and sum(len(piece.text) for piece in row.left) >= _ROW):
        found.append(Row())


def _space(word: str) -> str:
    return word[: len(word) - len(word.lstrip())]


def _add(pieces: list[Piece], text: str, *, changed: bool = False) -> None:
    if not text:
        return
    if pieces and pieces[-1].changed == changed:
        pieces[-1] = Piece(pieces[-1].text + text, changed)
    else:
        pieces.append(Piece(text, changed))
