"""Which entries of a long array are equal, found by sorting it part by part, so that memory stays bounded.

keys (entries) -> the share of them whose top bits say 0, sorted -> their groups; those that say 1 -> ...
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import Hashes, Indices

_BLOCK = 1 << 20
_ENTRY_BYTES = 64
"""What sorting holds for each entry, at most: keys, places, the order, and a copy of each."""


def groups(
    keys: Hashes, memory: int, second: Hashes | None = None, among: NDArray[np.bool_] | None = None
) -> Iterator[tuple[Indices, Indices]]:
    """Entries with equal keys (and equal `second` ones), a part of them at a time: their places, and (groups + 1) where
    in these each group begins, and where all end.

    Keys must be well mixed in their top bits. Of a group the places ascend; entries that are equal to no other one are
    left out, and so are those that are not `among`. About `memory` bytes are held at most, beside the arguments.
    """
    parts = 1 << max(0, (len(keys) * _ENTRY_BYTES // max(1, memory)).bit_length())
    shift = np.uint64(64 - parts.bit_length() + 1)
    for part in range(parts):
        places = np.arange(len(keys)) if parts == 1 else _places(keys, shift, part)
        places = places if among is None else places[among[places]]
        yield _sorted_groups(keys[places], places, None if second is None else second[places])


def _places(keys: Hashes, shift: np.uint64, part: int) -> Indices:
    """Where keys have these top bits."""
    blocks = range(0, len(keys), _BLOCK)
    return np.concatenate([at + np.flatnonzero(keys[at : at + _BLOCK] >> shift == part) for at in blocks])


def _sorted_groups(keys: Hashes, places: Indices, second: Hashes | None) -> tuple[Indices, Indices]:
    order = np.argsort(keys, kind="stable") if second is None else np.lexsort((second, keys))
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    if second is not None:
        same &= np.diff(second[order]) == 0
    grouped = np.zeros(len(keys), dtype=np.bool_)
    grouped[1:] = same
    grouped[:-1] |= same
    starts = grouped.copy()
    starts[1:] &= ~same
    starts = starts[grouped]
    return places[order[grouped]], np.append(np.flatnonzero(starts), len(starts))


def first_equal(keys: Hashes, memory: int, second: Hashes | None = None) -> Indices:
    """(entries): the place of the first entry that is equal, which is its own where no earlier one is."""
    first = np.arange(len(keys), dtype=np.int64)
    for places, begins in groups(keys, memory, second):
        first[places] = np.repeat(places[begins[:-1]], np.diff(begins))
    return first
