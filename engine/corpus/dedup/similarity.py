"""The exact Jaccard similarity of pairs of texts.

    texts, pairs of them -> each text's set of shingles, made once -> |A and B| / |A or B| of each pair

Sets are of 44 bits of each shingle's hash: two texts of 1,000 words, with nothing in common, share one by chance once
in 10 million.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.shingles import shingles
from engine.corpus.measure.words import Hashes, Indices, folded

_BITS = np.uint64(44)
_SLICE = 1 << 17
"""Shingles compared at a time."""


def similarities(texts: Sequence[str], one: Indices, two: Indices) -> NDArray[np.float32]:
    """(pairs): how similar `texts[one]` and `texts[two]` are, 0 to 1; two texts without words are not similar.

    At most 2^20 texts.
    """
    sets, begins = _sets(texts)
    sizes = np.diff(begins)
    total = sizes[one] + sizes[two]
    common = np.zeros(len(one), dtype=np.int64)
    edges = [*np.flatnonzero(np.diff(np.cumsum(total) // _SLICE, prepend=-1)).tolist(), len(one)]
    for first, last in pairwise(edges):
        common[first:last] = _common(sets, begins, one[first:last], two[first:last])
    return (common / np.maximum(total - common, 1)).astype(np.float32)


def _sets(texts: Sequence[str]) -> tuple[Hashes, Indices]:
    """Each text's shingles, each once and sorted; and (texts + 1) where each text's begin."""
    hashes, begins = shingles(folded(texts)[1])
    text = np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(begins))
    keyed = np.sort(text << _BITS | hashes >> np.uint64(64) - _BITS)
    keyed = keyed[np.diff(keyed, prepend=~keyed[:1]) != 0]
    bounds = np.arange(len(texts) + 1, dtype=np.uint64) << _BITS
    return keyed & ((np.uint64(1) << _BITS) - np.uint64(1)), np.searchsorted(keyed, bounds)


def _common(sets: Hashes, begins: Indices, one: Indices, two: Indices) -> Indices:
    """(pairs): how many shingles both have. Sorting all pairs' shingles together brings equal ones side by side."""
    sides = np.concatenate([one, two])
    sizes = begins[sides + 1] - begins[sides]
    ends = np.cumsum(sizes)
    places = np.arange(ends[-1]) + np.repeat(begins[sides] - (ends - sizes), sizes)
    pair = np.repeat(np.tile(np.arange(len(one), dtype=np.uint64), 2), sizes)
    keyed = np.sort(pair << _BITS | sets[places])
    twice = keyed[1:][keyed[1:] == keyed[:-1]] >> _BITS
    return np.bincount(twice.astype(np.int64), minlength=len(one))
