"""Candidate pairs as they are found, a pair perhaps many times; each once, in order, in the end. On disk when many.

pairs with their likeness -> sorted runs, in memory or on disk -> merged, block by block => each pair once
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import Hashes, Indices

_FIRST, _ALIKE = 32, 96
"""Candidates kept for one document: the first ones, and the most alike."""
_PAIR_BYTES = 9
_LOW = np.uint64(0xFFFFFFFF)


class Runs:
    """Collects pairs; needs the numbers of documents to be below 2^32."""

    def __init__(self, folder: Path, memory: int):
        """`folder`: where runs go that do not fit into `memory` bytes. It must exist, and is left with them."""
        self._folder, self._most = folder, max(64, memory // (4 * _PAIR_BYTES))
        self._pairs: list[Hashes] = [np.empty(0, dtype=np.uint64)]
        self._agree: list[NDArray[np.uint8]] = [np.empty(0, dtype=np.uint8)]
        self._held = 0
        self._files: list[tuple[Path, Path]] = []

    def add(self, earlier: Indices, later: Indices, agree: NDArray[np.uint8]) -> None:
        """`agree`: how alike each pair is; the same for a pair whenever it comes."""
        self._pairs.append(later.astype(np.uint64) << np.uint64(32) | earlier.astype(np.uint64))
        self._agree.append(agree)
        self._held += len(agree)
        if self._held > self._most:
            self._shrink()
            if self._held > self._most // 2:
                self._spill()

    def merged(self) -> Iterator[tuple[Indices, Indices]]:
        """The earlier and the later documents of all pairs, some at a time, in order of the later, then the earlier."""
        self._shrink()
        runs = [(np.load(pairs, mmap_mode="r"), np.load(agree, mmap_mode="r")) for pairs, agree in self._files]
        runs += zip(self._pairs, self._agree)
        for low, high in self._ranges([pairs for pairs, _ in runs]):
            cuts = [(_place(pairs, low), _place(pairs, high)) for pairs, _ in runs]
            pairs = np.concatenate([pairs[a:b] for (pairs, _), (a, b) in zip(runs, cuts)])
            agree = np.concatenate([agree[a:b] for (_, agree), (a, b) in zip(runs, cuts)])
            pairs = _chosen(*_once(pairs, agree))
            yield (pairs & _LOW).astype(np.int64), (pairs >> np.uint64(32)).astype(np.int64)

    def _ranges(self, runs: list[Hashes]) -> Iterator[tuple[int, int]]:
        """Ranges of pairs that cut no document's in two and hold about as many as fit."""
        step = max(1, self._most // 64)
        samples = np.sort(np.concatenate([pairs[::step] for pairs in runs]))
        inner = {int(pair) >> 32 << 32 for pair in samples[::32]}
        edges = sorted(inner | {0, 1 << 64})
        yield from pairwise(edges)

    def _shrink(self) -> None:
        """Of what is held, each pair once, sorted."""
        if self._pairs:
            pairs, agree = _once(np.concatenate(self._pairs), np.concatenate(self._agree))
            self._pairs, self._agree, self._held = [pairs], [agree], len(pairs)

    def _spill(self) -> None:
        if not self._held:
            return
        paths = (
            self._folder / f"pairs-{len(self._files):04d}.npy",
            self._folder / f"agree-{len(self._files):04d}.npy",
        )
        np.save(paths[0], self._pairs[0])
        np.save(paths[1], self._agree[0])
        self._files.append(paths)
        self._pairs, self._agree, self._held = [], [], 0


def _place(pairs: Hashes, edge: int) -> int:
    return len(pairs) if edge >> 64 else int(np.searchsorted(pairs, np.uint64(edge)))


def _once(pairs: Hashes, agree: NDArray[np.uint8]) -> tuple[Hashes, NDArray[np.uint8]]:
    unique, first = np.unique(pairs, return_index=True)
    return unique, agree[first]


def _chosen(pairs: Hashes, agree: NDArray[np.uint8]) -> Hashes:
    """Sorted pairs without those that are, for their later document, neither among the first nor the most alike."""
    later = pairs >> np.uint64(32)
    rank = np.arange(len(pairs)) - np.searchsorted(later, later)
    if rank.max(initial=0) < _ALIKE:
        return pairs
    kept = rank < _FIRST
    order = np.lexsort((pairs, -agree.astype(np.int16), later))
    kept[order[rank < _ALIKE]] = True  # in this order too a document's pairs begin where they did
    return pairs[kept]
