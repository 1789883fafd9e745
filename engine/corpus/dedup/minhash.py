"""MinHash: a short row of numbers for each document, so that like documents have like rows.

    folded words -> shingles -> 144 hash functions, of each the smallest value in the document -> (documents, 144)

Two documents agree in any one column with a probability that is the Jaccard similarity of their sets of shingles
(Broder 1997). Of each smallest value 16 bits are kept (b-bit minwise hashing, Li and König 2010): those of two unlike
documents agree by chance once in 65,536, which `banding` does not notice, and rows take 288 bytes a document.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.shingles import shingles
from engine.corpus.measure.words import Hashes, Indices, Words, mixed

Rows: TypeAlias = NDArray[np.uint16]
"""(documents, PERMUTATIONS)."""

PERMUTATIONS = 144
"""A number with many divisors: 24 bands of 6 rows, 28 of 5, 36 of 4, 48 of 3, 72 of 2."""

_BLOCK = 1 << 16
"""Shingles hashed at a time: 256 kB, so that they stay in a core's own cache through all functions."""

# The functions are x -> a * x + b modulo 2^32 with odd a, on shingles that are well mixed before.
_MULTIPLIERS = (mixed(np.arange(1, PERMUTATIONS + 1, dtype=np.uint64)) >> np.uint64(32)).astype(np.uint32) | 1
_OFFSETS = mixed(np.arange(1001, PERMUTATIONS + 1001, dtype=np.uint64)).astype(np.uint32)


class Signatures(NamedTuple):
    """Of some documents."""

    rows: Rows
    """(documents, PERMUTATIONS): zeros where a document has no words."""
    twins: Hashes
    """(documents): equal for documents with the same shingles, each as often; 0 where there are no words."""


def signatures(words: Words) -> Signatures:
    """What near duplicates are found by, from folded words. About 0.4 s a core for 100 MB of English."""
    hashes, begins = shingles(words)
    full = np.flatnonzero(np.diff(begins))
    twins = np.zeros(len(begins) - 1, dtype=np.uint64)
    rows = np.zeros((len(begins) - 1, PERMUTATIONS), dtype=np.uint16)
    if len(full):
        twins[full] = np.add.reduceat(mixed(hashes), begins[full])
        rows[full] = _rows((hashes >> np.uint64(32)).astype(np.uint32), begins[full])
    return Signatures(rows, twins)


def agreeing(one: Rows, two: Rows) -> Indices:
    """(pairs): in how many columns each pair of rows agrees; a single row may stand for all on its side."""
    same = (one == two).view(np.uint64).sum(axis=-1)  # eight columns a number; a byte of the sum is 18 at most
    agree: Indices = ((same * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)
    return agree


def _rows(hashes: NDArray[np.uint32], begins: Indices) -> Rows:
    smallest = np.empty((PERMUTATIONS, len(begins)), dtype=np.uint32)
    edges = [*np.flatnonzero(np.diff(begins // _BLOCK, prepend=-1)).tolist(), len(begins)]
    for first, last in pairwise(edges):
        end = begins[last] if last < len(begins) else len(hashes)
        part, at = hashes[begins[first] : end], begins[first:last] - begins[first]
        values = np.empty_like(part)
        for row, (multiplier, offset) in enumerate(zip(_MULTIPLIERS, _OFFSETS)):
            np.multiply(part, multiplier, out=values)
            np.add(values, offset, out=values)
            np.minimum.reduceat(values, at, out=smallest[row, first:last])
    smallest *= np.uint32(0x9E3779B1)  # the top bits of a smallest value are mostly 0: spread what its bits say
    return np.ascontiguousarray((smallest >> np.uint32(16)).astype(np.uint16).T)
