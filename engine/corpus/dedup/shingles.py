"""What two texts are compared by: the set of every five words in a row, as hashes.

    folded words -> hashes of 5 words in a row, those of a document together -> Jaccard similarity of two sets
    |A and B| / |A or B|

Words are folded (case and punctuation do not count). A text of fewer than five words is one shingle, all of it, so that
short texts are alike when they are the same.
"""

from __future__ import annotations

import numpy as np

from engine.corpus.measure.words import Hashes, Indices, Words, mixed, ngrams

WORDS = 5
"""Words in a shingle: as in FineWeb (Penedo et al. 2024, section 3.4) and in RefinedWeb's search for duplicates."""


def shingles(words: Words) -> tuple[Hashes, Indices]:
    """Every shingle's hash, repeated ones too, and (documents + 1) where each document's begin and all end.

    A document without words has none.
    """
    counts = words.counts
    begins = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(np.where(counts >= WORDS, counts - (WORDS - 1), counts > 0), out=begins[1:])
    hashes = np.empty(begins[-1], dtype=np.uint64)
    long, _ = ngrams(words, WORDS)
    hashes[np.repeat(counts >= WORDS, np.diff(begins))] = long
    for size in range(1, WORDS):
        short = np.flatnonzero(counts == size)
        first = words.begins[short]
        row = words.hashes[first]
        for step in range(1, size):
            row = mixed(row) + words.hashes[first + step]
        hashes[begins[short]] = mixed(row)
    return hashes, begins
