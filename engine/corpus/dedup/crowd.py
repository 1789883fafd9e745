"""Pairs of a crowd: thousands of documents that share a band, too many to compare all with all.

    documents in order -> each with the crowd's leaders that it is like -> pairs, at most 24 for a document

A crowd's leaders are those that near-duplicate removal would keep, going by estimates, at a threshold of 0.5, of 0.6,
and so on: a document leads at a level unless two leaders of that level before it are that alike. Duplicates are asked
about *earlier, kept* documents only, and these are leaders; so a document meets, at each level, the first and the most
alike of them. Why two lead where one would do: estimates err by 0.04, and a rule may have dropped the first.

Pairs may be lost in a crowd with more than 64 leaders of a level. In simulated crowds of 1,000 to 2,000 documents (a
page's tail changed, words edited, chains of versions, 20 kinds of one page) who stays came out as in comparing all with
all, at every threshold from 0.6 to 0.9, but where most pairs lie at the threshold itself: 24 of 1,451 then got by.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.gathered import Gathered
from engine.corpus.dedup.minhash import PERMUTATIONS, Rows, agreeing
from engine.corpus.measure.words import Indices

_LEVELS = (np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]) * PERMUTATIONS).astype(np.uint8)[:, None]
_SLACK = PERMUTATIONS // 14
"""How far below a level an estimate may be: 0.07, 1.7 standard deviations at most."""
_EACH = 2
"""Leaders of a tight group; and how many of the first, and of the most alike, a document is compared with."""
_MOST = 64
"""Leaders of a level."""
_TOGETHER = 32
"""Documents that meet the leaders at once, as long as none of them becomes one."""
_BLOCK = 1 << 12


def crowd_pairs(members: Indices, rows: Gathered, least: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of a leader and a later document that agree in at least `least` columns, some at a time."""
    leaders = _Leaders(least)
    for begin in range(0, len(members), _BLOCK):
        block = members[begin : begin + _BLOCK]
        yield leaders.meet(block, rows[block])


class _Leaders:
    """The leaders so far."""

    def __init__(self, least: int):
        room = _MOST * len(_LEVELS)
        self._least = np.maximum(_LEVELS.astype(np.int64) - _SLACK, least).astype(np.uint8)
        self._rows = np.zeros((room, PERMUTATIONS), dtype=np.uint16)
        self._numbers = np.zeros(room, dtype=np.int64)
        self._leads = np.zeros((len(_LEVELS), room), dtype=np.bool_)
        self._count = 0

    def meet(self, numbers: Indices, rows: Rows) -> tuple[Indices, Indices]:
        """The leaders to compare each document with. It becomes one itself where too few are like it."""
        earlier, later = [], []
        done, together = 0, 1
        while done < len(rows):
            agree = agreeing(rows[done : done + together, None], self._rows[: self._count]).astype(np.uint8)
            leads = self._leading(agree)
            first = int(np.argmax(leads.any(axis=1))) if leads.any() else -1
            met = len(agree) if first < 0 else first + 1
            which, places = np.nonzero(self._chosen(agree[:met]))
            earlier.append(self._numbers[places])
            later.append(numbers[done + which])
            done += met
            together = min(_TOGETHER, 2 * together) if first < 0 else 1
            if first >= 0:
                self._add(int(numbers[done - 1]), rows[done - 1], leads[first])
        return np.concatenate(earlier), np.concatenate(later)

    def _leading(self, agree: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(documents, levels): where each would lead, given in how many columns it agrees with each leader."""
        leads = self._leads[:, : self._count]
        alike = np.count_nonzero(leads & (agree[:, None] >= _LEVELS), axis=2)
        few: NDArray[np.bool_] = (alike < _EACH) & (np.count_nonzero(leads, axis=1) < _MOST)
        return few

    def _add(self, number: int, row: NDArray[np.uint16], leads: NDArray[np.bool_]) -> None:
        self._rows[self._count], self._numbers[self._count], self._leads[:, self._count] = row, number, leads
        self._count += 1

    def _chosen(self, agree: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(documents, leaders): of each level the first ones that are alike, and the most alike ones."""
        chosen = np.zeros(agree.shape, dtype=np.bool_)
        if not self._count:
            return chosen
        alike = self._leads[:, : self._count] & (agree[:, None] >= self._least)
        document, level = np.ogrid[: len(agree), : len(_LEVELS)]
        for score in (alike.copy(), np.where(alike, agree[:, None], np.uint8(0))):
            for _ in range(_EACH):
                best = score.argmax(axis=2)
                found = np.nonzero(score[document, level, best])
                chosen[found[0], best[found]] = True
                score[document, level, best] = 0
        return chosen
