"""Short items word by word: how many of an item's words stand where a run in common says they should.

A short item with one word changed has no long run left: of nine words perhaps two, the changed one, and six. Six words
in a row alone are a turn of speech; but where the two before them are the item's as well, it is the item. So wherever a
run of a short row is found, the row is laid beside the document at that place, and equal words are counted, a word to
the left or right included, for a word may have been put in or left out. Words that stand in item after item of the
suite do not count: two questions from one template are not the same question.
"""

from __future__ import annotations

import numpy as np

from engine.corpus.contamination.index import Index
from engine.corpus.measure.words import Indices, Words

LEAST, MOST = 6, 24
"""Telling words, at least, and words of a row that is looked at this way: a longer one keeps enough whole runs."""
ALIKE = 0.8
"""Of a short row's words, that make it found."""
_NEAR = (-1, 0, 1)


def alike(
    words: Words, index: Index, group: Indices, row: Indices, document: Indices, slant: Indices, groups: int
) -> Indices:
    """(groups): telling words of the group's row that stand in place; 0 for rows that are not short.

    (runs) `slant`: the number of the document's word beside which the row's first one comes to stand.
    """
    short = np.flatnonzero((index.counted[row] >= LEAST) & (index.words[row] < MOST))
    if not len(short):
        return np.zeros(groups, dtype=np.int64)
    once = short[np.unique(np.stack([group[short], slant[short]]), axis=1, return_index=True)[1]]
    sizes = index.words[row[once]]
    pair = np.repeat(once, sizes)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = index.begins[row[pair]] + place
    same = np.zeros(len(pair), dtype=np.bool_)
    for step in _NEAR:
        word = slant[pair] + place + step
        inside = (word >= words.begins[document[pair]]) & (word < words.begins[document[pair] + 1])
        same |= inside & (words.hashes[np.clip(word, 0, len(words.hashes) - 1)] == index.hashes[at])
    same &= index.telling[at]
    counts = np.bincount(np.repeat(np.arange(len(once)), sizes)[same], minlength=len(once))
    best = np.zeros(groups, dtype=np.int64)
    np.maximum.at(best, group[once], counts)
    return best
