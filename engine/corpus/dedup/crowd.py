"""Pairs of a crowd: thousands of documents that share a band, too many to compare all with all.

    documents in order -> each with the crowd's leaders that it is like -> pairs, at most 24 for a document

A crowd's leaders are those that near-duplicate removal would keep, going by estimates, at a threshold of 0.5, of 0.6,
and so on: a document leads at a level unless two leaders of that level before it are that alike. Duplicates are asked
about *earlier, kept* documents only, and these are leaders; so a document meets, at each level, the first and the most
alike of them. Why two lead where one would do: estimates err by 0.04, and a rule may have dropped the first.

Pairs may be lost only in a crowd with more than 64 leaders of a level, which are all unlike each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.minhash import PERMUTATIONS, Rows, agreeing
from engine.corpus.measure.words import Indices

_LEVELS = (np.array([[0.5], [0.6], [0.7], [0.8], [0.9], [1.0]]) * PERMUTATIONS).astype(np.int64)
_SLACK = PERMUTATIONS // 14
"""How far below a level an estimate may be: 0.07, 1.7 standard deviations at most."""
_EACH = 2
"""Leaders of a tight group; and how many of the first, and of the most alike, a document is compared with."""
_MOST = 64
"""Leaders of a level."""
_BLOCK = 1 << 12


def crowd_pairs(members: Indices, rows: Rows, least: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of a leader and a later document that agree in at least `least` columns, some at a time."""
    leaders = _Leaders()
    for begin in range(0, len(members), _BLOCK):
        block = members[begin : begin + _BLOCK]
        met = [leaders.meet(int(number), row, least) for number, row in zip(block, np.asarray(rows[block]))]
        yield np.concatenate(met), np.repeat(block, [len(earlier) for earlier in met])


class _Leaders:
    """The leaders so far."""

    def __init__(self) -> None:
        room = _MOST * len(_LEVELS)
        self._rows = np.zeros((room, PERMUTATIONS), dtype=np.uint16)
        self._numbers = np.zeros(room, dtype=np.int64)
        self._leads = np.zeros((len(_LEVELS), room), dtype=np.bool_)
        self._count = 0

    def meet(self, number: int, row: NDArray[np.uint16], least: int) -> Indices:
        """The leaders to compare a document with. It becomes one itself where too few are like it."""
        if not self._count:
            self._add(number, row, np.ones(len(_LEVELS), dtype=np.bool_))
            return np.empty(0, dtype=np.int64)
        leads, agree = self._leads[:, : self._count], agreeing(self._rows[: self._count], row)
        places = _chosen(leads & (agree >= np.maximum(_LEVELS - _SLACK, least)), agree)
        alike = np.count_nonzero(leads & (agree >= _LEVELS), axis=1)
        self._add(number, row, (alike < _EACH) & (np.count_nonzero(leads, axis=1) < _MOST))
        return self._numbers[places]

    def _add(self, number: int, row: NDArray[np.uint16], leads: NDArray[np.bool_]) -> None:
        if leads.any():
            self._rows[self._count], self._numbers[self._count], self._leads[:, self._count] = row, number, leads
            self._count += 1


def _chosen(eligible: NDArray[np.bool_], agree: Indices) -> Indices:
    """Of each level (levels, leaders) the first ones and the most alike ones that are eligible."""
    levels = np.arange(len(eligible))
    chosen = np.zeros(eligible.shape[1] + 1, dtype=np.bool_)
    for score in (eligible.astype(np.int64), np.where(eligible, agree, 0)):
        for _ in range(_EACH):
            best = score.argmax(axis=1)
            chosen[np.where(score[levels, best] > 0, best, -1)] = True
            score[levels, best] = 0
    return np.flatnonzero(chosen[:-1])
