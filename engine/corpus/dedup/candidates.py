"""Pairs of documents that may be alike, from their signatures alone.

    rows (documents, 144) -> band by band: documents with the same band -> pairs -> likeness by all 144 columns -> runs

Every pair of a small group is a candidate. A crowd (a group of more than 32: the same page thousands of times, with
other dates) would give millions, so that there each document meets the crowd's leaders alone: see `crowd`. What two
signatures agree in tells the similarity to within 0.04; pairs that are clearly below the floor are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from engine.corpus.dedup.banding import Banding
from engine.corpus.dedup.crowd import crowd_pairs
from engine.corpus.dedup.gathered import Gathered
from engine.corpus.dedup.groups import groups
from engine.corpus.dedup.minhash import PERMUTATIONS, agreeing
from engine.corpus.dedup.runs import Runs
from engine.corpus.measure.words import Hashes, Indices, mixed

Pairs: TypeAlias = tuple[Indices, Indices]
"""(pairs) the earlier document of each, (pairs) the later one."""

_SLACK = 0.1
"""How far below the floor a pair's estimate may lie: 2.4 standard deviations of an estimate at 0.5."""
_CROWD = 32
"""The largest group in which all are compared with all."""
_SLICE = 1 << 14
"""Members of groups whose pairs are made at a time."""


def add_candidates(runs: Runs, rows: Gathered, banding: Banding, floor: float, known: int, memory: int) -> None:
    """Every pair that shares a band, with how many columns it agrees in, into `runs`.

    Documents are given by their place in `rows`. Two of the first `known`, which are another corpus's, make no pair.
    About `memory` bytes are held, beside what `runs` holds.
    """
    least = max(1, int((floor - _SLACK) * PERMUTATIONS))
    together = max(1, memory // 2 // (8 * max(1, len(rows))))
    for first in range(0, banding.bands, together):
        bands = range(first, min(first + together, banding.bands))
        for keys in _band_keys(rows, bands, banding.rows):
            for members, begins in groups(keys, memory // 2):
                for earlier, later in _pairs(members, begins, rows, least):
                    new = later >= known
                    _keep_alike(runs, rows, earlier[new], later[new], least)


def _band_keys(rows: Gathered, bands: range, size: int) -> list[Hashes]:
    """Each band's columns as one hash a document."""
    keys = [np.empty(len(rows), dtype=np.uint64) for _ in bands]
    for begin in range(0, len(rows), _SLICE):
        block = rows[begin : begin + _SLICE]
        for out, band in zip(keys, bands):
            key = np.zeros(len(block), dtype=np.uint64)
            for column in range(band * size, (band + 1) * size):
                key = mixed(key + block[:, column].astype(np.uint64) + np.uint64(1))
            out[begin : begin + _SLICE] = key
    return keys


def _pairs(members: Indices, begins: Indices, rows: Gathered, least: int) -> Iterator[Pairs]:
    """Of groups of documents that share a band: all pairs of small ones, chosen pairs of crowds."""
    sizes = np.diff(begins)
    for group in np.flatnonzero(sizes > _CROWD):
        yield from crowd_pairs(members[begins[group] : begins[group + 1]], rows, least)
    small = np.repeat(sizes <= _CROWD, sizes)
    left = np.repeat(begins[1:], sizes)[small] - np.flatnonzero(small)  # members from this one to its group's end
    members = members[small]
    for begin in range(0, len(members), _SLICE):
        at, rest = np.arange(begin, min(begin + _SLICE, len(members))), left[begin : begin + _SLICE]
        for step in range(1, int(rest.max(initial=1))):
            at, rest = at[rest > step], rest[rest > step]
            yield members[at], members[at + step]


def _keep_alike(runs: Runs, rows: Gathered, earlier: Indices, later: Indices, least: int) -> None:
    for begin in range(0, len(earlier), _SLICE):
        one, two = earlier[begin : begin + _SLICE], later[begin : begin + _SLICE]
        agree = agreeing(rows[one], rows[two])
        alike = agree >= least
        runs.add(one[alike], two[alike], agree[alike].astype(np.uint8))
