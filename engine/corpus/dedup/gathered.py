"""The signatures of the documents that are compared, as one array: in memory where they fit, else mapped from a file.

blocks of rows, in order + which documents take part -> gathered[places] (documents asked for, 144)
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.minhash import PERMUTATIONS, Rows
from engine.corpus.measure.words import Indices

_TOGETHER = 1 << 10
"""Rows read before their pages are given back. The system maps 64 kB around each: 64 MB."""


class Gathered:
    """Rows by place. Pages of a mapped file count as memory held, so they are given back as others are read."""

    def __init__(self, blocks: Iterable[Rows], taking: NDArray[np.bool_], folder: Path, memory: int):
        """`taking` is (documents of all blocks). More than `memory` bytes of rows go into a file of `folder`."""
        self._map: mmap.mmap | None = None
        count = int(np.count_nonzero(taking))
        chosen = _chosen(blocks, taking)
        if count * PERMUTATIONS * 2 <= memory:
            self._rows: Rows = np.empty((count, PERMUTATIONS), dtype=np.uint16)
            at = 0
            for rows in chosen:
                self._rows[at : at + len(rows)] = rows
                at += len(rows)
        else:
            self._rows = self._mapped(chosen, folder / "rows")

    def _mapped(self, chosen: Iterable[Rows], path: Path) -> Rows:
        with path.open("wb") as file:
            for rows in chosen:
                rows.tofile(file)
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(self._map, dtype=np.uint16).reshape(-1, PERMUTATIONS)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, places: Indices | slice) -> Rows:
        """A copy of some rows."""
        if isinstance(places, slice):
            places = np.arange(len(self))[places]
        rows = np.empty((len(places), PERMUTATIONS), dtype=np.uint16)
        for begin in range(0, len(places), _TOGETHER):
            chunk = places[begin : begin + _TOGETHER]
            np.take(self._rows, chunk, axis=0, out=rows[begin : begin + len(chunk)])
            if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
                self._map.madvise(mmap.MADV_DONTNEED)  # read again, they come from the system's cache of the file
        return rows


def _chosen(blocks: Iterable[Rows], taking: NDArray[np.bool_]) -> Iterable[Rows]:
    done = 0
    for block in blocks:
        yield block[taking[done : done + len(block)]]
        done += len(block)
