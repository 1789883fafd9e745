"""Exact duplicates: texts that are the same but for whitespace, of which the first is kept.

    words between whitespace -> 16 bytes a document (in the workers)
    digests of all documents, in order -> for each document, the number of the first with the same (here, in arrays)

First means first in the order of sources and files, which is fixed, so that the same document always wins.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.groups import first_equal
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.words import Hashes, Indices, Text, Words

DIGEST_BYTES = 16


def identity(batch: Batch) -> Columns:
    """The measure that tells who is the same: the 16 bytes of `digests` as two numbers."""
    halves = digests(batch.text, batch.words).view("<u8")
    return {"digest_0": halves[:, 0], "digest_1": halves[:, 1]}


def digests(text: Text, words: Words) -> NDArray[np.uint8]:
    """(documents, 16): BLAKE2b of each document's words with one space between; equal for what is the same text."""
    inside = np.zeros(len(text.data) + 1, dtype=np.int8)
    inside[words.starts] += 1
    inside[words.ends + 1] -= 1
    spaced = text.data.copy()
    spaced[words.ends] = ord(" ")
    kept = spaced[np.cumsum(inside[:-1], dtype=np.int8).view(np.bool_)].data
    sizes = np.zeros(len(words.starts) + 1, dtype=np.int64)
    np.cumsum(words.ends - words.starts + 1, out=sizes[1:])
    begins = sizes[words.begins].tolist()
    found = [
        hashlib.blake2b(kept[begin : max(begin, end - 1)], digest_size=DIGEST_BYTES).digest()
        for begin, end in pairwise(begins)
    ]
    return np.frombuffer(b"".join(found), dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def exact_duplicates(digest_0: Hashes, digest_1: Hashes, passed: NDArray[np.bool_], memory: int) -> Indices:
    """(documents): the number of the first document with the same digest, which is its own where none is earlier.

    `passed` tells which documents the rules keep: others are nobody's duplicate, and nobody is theirs. About `memory`
    bytes are held at most, beside the arguments and the answer.
    """
    numbers = np.flatnonzero(passed)
    first = np.arange(len(passed), dtype=np.int64)
    first[numbers] = numbers[first_equal(digest_0[numbers], memory, second=digest_1[numbers])]
    return first
