"""What each character of a batch is: a letter, a digit or something else, without a loop over characters.

    UTF-8 bytes -> one kind a byte (that of the character which begins there) -> counts of any stretch

ASCII is looked up in a table of 256. Beyond it every *different* character is asked once, as `str` knows it, so that
é, ж and 語 are letters here as they are in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import Indices, Text

LETTER, DIGIT, OTHER, INSIDE, UNKNOWN = range(5)
"""INSIDE: no character begins at this byte."""
_LOOK = 12
"""Bytes of a word that are looked at one by one."""


@dataclass(frozen=True)
class Characters:
    """The kinds of all bytes of a text, and what is counted from them."""

    text: Text
    kinds: NDArray[np.uint8]

    @classmethod
    def of(cls, text: Text) -> Characters:
        kinds = _ASCII[text.data]
        leads = np.flatnonzero(text.data >= 0xC0)
        if len(leads):
            kinds[leads] = _kinds(_code_points(text.data, leads))
        return cls(text, kinds)

    @cached_property
    def _before(self) -> NDArray[np.int32] | None:
        """(bytes + 1): how many characters begin before each byte; None where that is the number of the byte."""
        if not np.any(self.text.data >= 0x80):
            return None
        return _running(self.kinds != INSIDE)

    def between(self, starts: Indices, ends: Indices) -> Indices:
        """Characters in each stretch of bytes."""
        if self._before is None:
            return ends - starts
        return (self._before[ends] - self._before[starts]).astype(np.int64)

    @cached_property
    def lengths(self) -> Indices:
        """(documents): characters of each."""
        return self.between(self.text.begins[:-1], self.text.begins[1:] - 1)

    def count(self, kind: int) -> Indices:
        """(documents): characters of this kind in each."""
        marks, begins = self.kinds == kind, self.text.begins.tolist()
        return np.array([np.count_nonzero(marks[a:b]) for a, b in pairwise(begins)], dtype=np.int64)

    def any_in(self, kind: int, starts: Indices, ends: Indices) -> NDArray[np.bool_]:
        """Which of these stretches of bytes, none empty, have a character of this kind. Most words begin with one."""
        found: NDArray[np.bool_] = self.kinds[starts] == kind
        left = np.flatnonzero(~found)
        for step in range(1, _LOOK):
            left = left[starts[left] + step < ends[left]]
            here = self.kinds[starts[left] + step] == kind
            found[left[here]] = True
            left = left[~here]
        if len(left):  # such as a line of dashes
            running = _running(self.kinds == kind)
            found[left] = running[ends[left]] > running[starts[left]]
        return found


def _running(marks: NDArray[np.bool_]) -> NDArray[np.int32]:
    out = np.zeros(len(marks) + 1, dtype=np.int32)
    np.cumsum(marks, dtype=np.int32, out=out[1:])
    return out


def _code_points(data: NDArray[np.uint8], leads: Indices) -> NDArray[np.int32]:
    """The characters that begin at these bytes, each of two to four."""
    last = len(data) - 1
    first, second, third, fourth = (data[np.minimum(leads + step, last)].astype(np.int32) for step in range(4))
    second, third, fourth = second & 0x3F, third & 0x3F, fourth & 0x3F
    two = (first & 0x1F) << 6 | second
    three = (first & 0x0F) << 12 | second << 6 | third
    four = (first & 0x07) << 18 | second << 12 | third << 6 | fourth
    return np.where(first < 0xE0, two, np.where(first < 0xF0, three, four))


def _kinds(points: NDArray[np.int32]) -> NDArray[np.uint8]:
    """One kind a character; a text has few different ones, and those that were seen before are known."""
    kinds = _KNOWN[points]
    new = np.unique(points[kinds == UNKNOWN])
    if len(new):
        _KNOWN[new] = [_kind(chr(point)) for point in new]
        kinds = _KNOWN[points]
    return kinds


def _kind(character: str) -> int:
    if character.isalpha():
        return LETTER
    return DIGIT if character.isalnum() else OTHER


_KNOWN = np.full(0x110000, UNKNOWN, dtype=np.uint8)
_ASCII = np.array([_kind(chr(byte)) for byte in range(128)] + [INSIDE] * 64 + [OTHER] * 64, dtype=np.uint8)
