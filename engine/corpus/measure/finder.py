"""Which of many words are among a few that somebody listed, by their hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.corpus.measure.words import Hashes, Indices, word_hash

_PREFIX = np.uint64(48)
"""Bits that are left off for the table that tells most words, at a byte each, not to be listed."""


class Finder:
    """Made once from the listed hashes and the number that each stands for."""

    def __init__(self, entry_of: Mapping[int, int]):
        self._hashes: Hashes = np.array(sorted(entry_of), dtype=np.uint64)
        self._entries: Indices = np.array([entry_of[h] for h in self._hashes.tolist()], dtype=np.int64)
        self._maybe = np.zeros(1 << 16, dtype=np.bool_)
        self._maybe[self._hashes >> _PREFIX] = True

    @classmethod
    def of(cls, spellings: Sequence[str]) -> Finder:
        """Each spelling stands for its place in the list."""
        return cls({word_hash(spelling): number for number, spelling in enumerate(spellings)})

    def find(self, hashes: Hashes) -> tuple[Indices, Indices]:
        """Where they are among `hashes`, and the entry of each."""
        at = np.flatnonzero(self._maybe[hashes >> _PREFIX])
        place = np.minimum(np.searchsorted(self._hashes, hashes[at]), len(self._hashes) - 1)
        same = self._hashes[place] == hashes[at]
        return at[same], self._entries[place[same]]
