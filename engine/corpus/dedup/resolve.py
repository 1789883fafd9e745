"""Which documents go because they are near duplicates, and which kept one stands for each.

    pairs, documents that the rules keep, a threshold
      -> in order: a document goes if an earlier one that is kept is at least so similar => replaced by it

Twins (the same shingles) are as one: of those that the rules keep the first acts for all, and what becomes of it
becomes of them. It takes a moment for any threshold, since no text is read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.pairs import Pairs
from engine.corpus.measure.words import Indices


class Resolved(NamedTuple):
    """What near-duplicate removal decided."""

    by: Indices
    """(documents): the kept document that stands for this one; its own number where it is not dropped here."""
    similarity: NDArray[np.float32]
    """(documents): how similar the two are; 1 where a document stands for itself."""


def resolve(
    pairs: Pairs, representatives: Indices, passed: NDArray[np.bool_], threshold: float, known: int = 0
) -> Resolved:
    """Greedy, in the order of documents, over those that `passed`.

    Of several kept documents that are similar enough, the most similar stands for a dropped one, the first if equal.
    The first `known` documents are another corpus's, and stay. `representatives`: see `pairs.representatives`.
    """
    actors = _actors(representatives, passed)
    similar = pairs.similarity >= threshold
    one, two = actors[pairs.earlier[similar]], actors[pairs.later[similar]]
    strength = pairs.similarity[similar]
    acting = (one >= 0) & (two >= 0)
    earlier, later, strength = np.minimum(one, two)[acting], np.maximum(one, two)[acting], strength[acting]
    order = np.lexsort((earlier, -strength, later))
    by = np.arange(len(passed), dtype=np.int64)
    likeness = np.ones(len(passed), dtype=np.float32)
    _decide(by, likeness, earlier[order], later[order], strength[order], known)
    ours = known + np.flatnonzero(passed[known:])
    actor = actors[representatives[ours]]
    by[ours], likeness[ours] = by[actor], likeness[actor]
    return Resolved(by, likeness)


def _actors(representatives: Indices, passed: NDArray[np.bool_]) -> Indices:
    """(documents): of each representative's twins the first that passed, or -1; it acts for all of them."""
    actors = np.full(len(passed), -1, dtype=np.int64)
    numbers = np.flatnonzero(passed)[::-1]
    actors[representatives[numbers]] = numbers  # written backwards: the first comes last, and stays
    return actors


def _decide(
    by: Indices,
    likeness: NDArray[np.float32],
    earlier: Indices,
    later: Indices,
    strength: NDArray[np.float32],
    known: int,
) -> None:
    """Round by round: who has no undecided earlier neighbour is decided. Pairs are in order of later, then strength."""
    later_is_known = later < known
    earlier, later, strength = earlier[~later_is_known], later[~later_is_known], strength[~later_is_known]
    undecided = np.zeros(len(by), dtype=np.bool_)
    undecided[later] = True
    while len(later):
        kept = (by[earlier] == earlier) & ~undecided[earlier]
        dropped, first = np.unique(later[kept], return_index=True)
        waits = np.zeros(len(by), dtype=np.bool_)
        waits[later[undecided[earlier]]] = True
        ready = dropped[~waits[dropped]]
        by[ready], likeness[ready] = earlier[kept][first[~waits[dropped]]], strength[kept][first[~waits[dropped]]]
        left = waits[later]
        undecided[later[~left]] = False
        earlier, later, strength = earlier[left], later[left], strength[left]
