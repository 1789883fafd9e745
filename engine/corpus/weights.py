"""Mixing sources by weight: how many copies of a document are taken, and in which order they stand.

    weight 0.5   half of the documents, chosen by their hash
    weight 2.5   every one twice, and half of them a third time

Copies are made after duplicates have been dropped, so they are none. In the finished corpus the documents stand in
rounds: all first copies, then all second ones, and so on, so that the copies of one are as far apart as can be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import mixed

Copies = NDArray[np.uint8]
"""(documents): 0 for those that are not taken."""
_LOT = 0xC0B1E5


def copies(digests: NDArray[np.uint64], weights: NDArray[np.float64], seed: int) -> Copies:
    """(documents): how often each is taken; on average over many, as often as its source's weight says.

    `digests` are 64 random bits of each text. The same digest, weight and seed always give the same; a larger weight
    never gives fewer.
    """
    whole = np.floor(weights)
    key = mixed(np.array([seed], dtype=np.uint64) + np.uint64(_LOT))
    lots = mixed(digests ^ key) / 2.0**64
    return (whole + (lots < weights - whole)).astype(np.uint8)


def rounds(counts: Copies) -> Iterator[NDArray[np.bool_]]:
    """(documents): who stands in each round."""
    for turn in range(int(counts.max(initial=0))):
        yield counts > turn
