"""Sums by document, and shares that are 0 where there is nothing to share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import Indices


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float32]:
    """`part / whole`, 0 where `whole` is 0."""
    shares: NDArray[np.float32] = (part / np.maximum(whole, 1)).astype(np.float32)
    return shares


def whole(counts: NDArray[Any]) -> NDArray[np.int32]:
    """Counts as they are stored."""
    return counts.astype(np.int32)


def document_of(begins: Indices, places: Indices) -> Indices:
    """The number of the document in which each place stands; `begins` as in `Text` and `Words`."""
    return np.searchsorted(begins, places, side="right") - 1


def per_document(begins: Indices, places: Indices) -> Indices:
    """(documents): how many of these sorted places stand in each."""
    return np.diff(np.searchsorted(places, begins))


def summed(document: Indices, values: NDArray[Any], documents: int) -> NDArray[np.float64]:
    """(documents): the sum of the values that belong to each."""
    sums: NDArray[np.float64] = np.bincount(document, weights=values, minlength=documents).astype(np.float64)
    return sums
