"""Mixing sources by weight: how many copies of a document are taken, and in which order they stand.

    weight 0.5   half of the documents, chosen by their hash
    weight 2.5   every one twice, and half of them a third time

Copies are made after duplicates have been dropped, so they are none. In the finished corpus the documents stand in
rounds: all first copies, then all second ones, and so on, so that the copies of one are as far apart as can be.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_SPAN = 1 << 64


def copies(digest: bytes, weight: float, seed: int) -> int:
    """How often the document with this digest is taken; on average over documents, `weight` times.

    The same digest, weight and seed always give the same. A larger weight never gives fewer.
    """
    whole = int(weight)
    lot = hashlib.blake2b(digest, digest_size=8, salt=b"copies", key=str(seed).encode()).digest()
    return whole + (int.from_bytes(lot) < (weight - whole) * _SPAN)


def rounds(counts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The numbers of the documents that stand in each round, given how many copies each has."""
    return [np.flatnonzero(counts > turn) for turn in range(int(counts.max(initial=0)))]
