"""Any amount of English-looking prose from nothing but Python's own documentation: no download, no licence to mind.

    the documentation's words -> which word follows which -> a walk -> sentences -> paragraphs

A walk jumps to any word now and then, so that two documents share next to no runs of five words, however much is
generated, while stop words, word lengths and punctuation stay as prose has them. The same seed and interpreter give
the same text; another version of Python, whose documentation differs, another.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.python_docs import entries

_JUMP = 0.12
"""Of the words, how many follow from nothing ..."""
_COINED = 0.25
"""... and of those, how many stand in no documentation: the long tail that real text has."""
_COINAGES = 60_000
_AHEAD = 1 << 20
"""Words walked at a time ..."""
_WALKERS = 4096
"""... by so many walks at once."""
_RARE = 3
"""A word that stands less often is no word of the language."""
_WORD = re.compile(r"(?<![\w.`*:'])[A-Za-z][a-z]*(?![\w.`*(:'])")
_LISTS = tomllib.loads(Path(__file__).with_name("words.toml").read_text())
_NAMES, _SAID, _SYLLABLES = (_LISTS[kind].split() for kind in ("names", "said", "syllables"))


class Prose:
    """An endless supply of sentences, drawn by one random generator."""

    def __init__(self, rng: np.random.Generator, without: Iterable[str] = ()) -> None:
        """`without`: words that must stand nowhere, because something else plants them."""
        self.rng = rng
        self._learn(frozenset(without))
        self._words: Iterator[str] = self._walk()

    def _learn(self, without: frozenset[str]) -> None:
        told = [word.lower() for entry in entries() for word in [*_WORD.findall(entry.text), "."]]
        words, ids, counts = np.unique(np.array(told), return_inverse=True, return_counts=True)
        known = (counts >= _RARE) & (words != ".") & ~np.isin(words, list(without))
        known &= (np.char.str_len(words) > 1) | (words == "a") | (words == "i")
        both = known[ids[:-1]] & known[ids[1:]]
        before, after = ids[:-1][both], ids[1:][both]
        order = np.argsort(before, kind="stable")
        self._after = after[order]
        """What follows each word, as often as it does, those of one word together ..."""
        self._begins = np.searchsorted(before[order], np.arange(len(words) + 1))
        """... and where each word's begin."""
        self._any = ids[known[ids]]
        coined = self._coined(without)
        self._begins = np.append(self._begins, np.full(len(coined), self._begins[-1]))
        self._first_coined = len(words)
        self._spelled = [*map(str, words), *coined]

    def _coined(self, without: frozenset[str]) -> list[str]:
        """Words that could be: two to four syllables."""
        made = {"".join(self.rng.choice(_SYLLABLES, int(self.rng.integers(2, 5)))) for _ in range(_COINAGES)}
        return [*map(str, self.rng.permutation(sorted(made - without)))]

    def _walk(self) -> Iterator[str]:
        steps = _AHEAD // _WALKERS
        at = self._anywhere()
        while True:
            path = np.empty((_WALKERS, steps), dtype=np.int64)
            for step in range(steps):
                first, many = self._begins[at], self._begins[at + 1] - self._begins[at]
                place = first + (self.rng.random(_WALKERS) * many).astype(np.int64)
                follows = self._after[np.minimum(place, len(self._after) - 1)]
                at = np.where((self.rng.random(_WALKERS) < _JUMP) | (many == 0), self._anywhere(), follows)
                path[:, step] = at
            yield from map(self._spelled.__getitem__, path.ravel().tolist())

    def _anywhere(self) -> NDArray[np.int64]:
        """Where a jump leads, for each walk: mostly to a word of the documentation, as often as it stands there."""
        known = self.rng.choice(self._any, _WALKERS)
        coined = self._first_coined + self.rng.zipf(1.2, _WALKERS) % (len(self._spelled) - self._first_coined)
        return np.where(self.rng.random(_WALKERS) < _COINED, coined, known)

    def words(self, count: int) -> list[str]:
        take = self._words.__next__
        return [take() for _ in range(count)]

    def sentence(self, low: int = 7, high: int = 26) -> str:
        """So many words, with a comma here and there, a capital letter and an end."""
        words = self.words(int(self.rng.integers(low, high)))
        if len(words) > 10:
            words[len(words) // 2] += ","
        words[0] = words[0].capitalize()
        return " ".join(words) + (".", ".", ".", ".", ".", ".", ".", ".", "?", "!")[int(self.rng.integers(10))]

    def paragraph(self, low: int = 2, high: int = 8) -> str:
        return " ".join(self.sentence() for _ in range(int(self.rng.integers(low, high))))

    def name(self) -> str:
        return _NAMES[int(self.rng.integers(len(_NAMES)))]

    def said(self) -> str:
        """A line of a conversation."""
        verb = _SAID[int(self.rng.integers(len(_SAID)))]
        return f"“{self.sentence(4, 14)[:-1]},” {verb} {self.name()}. “{self.sentence(4, 14)}”"
