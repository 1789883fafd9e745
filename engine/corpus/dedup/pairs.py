"""All pairs of near duplicates of a corpus, with their exact similarity: found once, then good for every threshold.

    signatures of all documents, in order
      -> twins (the same shingles) stand for each other: one of each goes on
      -> candidates by bands, in the order of documents -> chunks of a few MB of text
      -> workers: texts read, compared exactly => (earlier, later, similarity) of at least the floor

Nothing here knows thresholds or rules: `resolve` applies these to what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.banding import banding
from engine.corpus.dedup.candidates import add_candidates
from engine.corpus.dedup.gathered import Gathered
from engine.corpus.dedup.groups import first_equal
from engine.corpus.dedup.minhash import Rows
from engine.corpus.dedup.runs import Runs
from engine.corpus.dedup.similarity import similarities
from engine.corpus.measure.words import Hashes, Indices
from engine.corpus.pool import in_order

FLOOR = 0.5
"""Pairs of less similarity are not kept, unless a lower threshold is asked for."""
TARGET = 0.6
"""From this similarity on 99 % of all pairs are found; at 0.7 all but 5 in 100,000."""

_CHUNK_BYTES = 1 << 20
_CHUNK_TEXTS = 1 << 16


class Pairs(NamedTuple):
    """Each a pair of documents' numbers, ordered by the later one."""

    earlier: Indices
    later: Indices
    similarity: NDArray[np.float32]
    """Jaccard similarity of the sets of word 5-grams, 0 to 1."""


_NONE = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


class Texts(Protocol):
    """Reads texts of documents, in ascending order; sent to worker processes, so it must be picklable, and small."""

    def __call__(self, numbers: Indices) -> list[str]: ...


Task: TypeAlias = tuple[Indices, Indices, Indices]
"""Documents' numbers, and of each pair the places of both in them."""


class Compared(NamedTuple):
    """What a worker made of a task."""

    pairs: Pairs
    documents: int
    bytes: int
    """Of text read."""


def find_pairs(
    rows: Iterable[Rows],
    twins: Hashes,
    sizes: Indices,
    texts: Texts,
    folder: Path,
    *,
    memory: int,
    known: int = 0,
    near: float = FLOOR,
    workers: int = 1,
    tell: Callable[[int, int], None] = lambda documents, bytes: None,
) -> Pairs:
    """Pairs whose similarity is `FLOOR` (or `near`, where that is lower) or more.

    `rows` are the signatures in blocks, `twins` and `sizes` (bytes of text) arrays over all documents. Of twins the
    first alone takes part. The first `known` documents are other corpora's, which are not compared among each other.
    `folder` takes what does not fit into `memory` bytes, and is left with it. `tell` hears of documents and bytes
    compared, and may raise to stop.
    """
    floor = min(FLOOR, near)
    taking = representatives(twins, memory) == np.arange(len(twins))
    taking &= twins != 0
    numbers = np.flatnonzero(taking)
    runs = Runs(folder, memory // 4)
    held = Gathered(rows, taking, folder, memory // 4)
    add_candidates(runs, held, banding(min(TARGET, near)), floor, int(np.searchsorted(numbers, known)), memory // 2)
    tasks = (
        task
        for earlier, later in runs.merged()
        for task in _tasks(numbers[earlier], numbers[later], sizes)
    )  # fmt: skip
    found = [_NONE]
    for compared in in_order(partial(_Comparer, texts, floor), tasks, workers):
        found.append(compared.pairs)
        tell(compared.documents, compared.bytes)
    return _ordered(found)


def _ordered(found: list[Pairs]) -> Pairs:
    earlier, later = (np.concatenate([getattr(pairs, side) for pairs in found]) for side in ("earlier", "later"))
    similarity = np.concatenate([pairs.similarity for pairs in found])
    order = np.lexsort((earlier, later))
    return Pairs(earlier[order], later[order], similarity[order])


def representatives(twins: Hashes, memory: int) -> Indices:
    """(documents): the number of the first document with the same shingles, which stands for it among pairs."""
    first = first_equal(twins, memory)
    return np.where(twins != 0, first, np.arange(len(twins)))


def _tasks(earlier: Indices, later: Indices, sizes: Indices) -> Iterator[Task]:
    """Pairs in chunks of a few megabytes of text; those of one cluster together, so that a text is read once."""
    new = np.diff(later, prepend=-1) != 0
    first = np.repeat(earlier[new], np.diff(np.append(np.flatnonzero(new), len(later))))
    order = np.lexsort((later, first))
    earlier, later = earlier[order], later[order]
    seen: set[int] = set()
    begin = held = 0
    for at, pair in enumerate(zip(earlier.tolist(), later.tolist())):
        fresh = [number for number in pair if number not in seen]
        held += sum(int(sizes[number]) for number in fresh)
        if at > begin and (held > _CHUNK_BYTES or len(seen) > _CHUNK_TEXTS):
            yield _task(earlier[begin:at], later[begin:at])
            seen, begin, fresh = set(), at, list(pair)
            held = sum(int(sizes[number]) for number in fresh)
        seen.update(fresh)
    if len(later) > begin:
        yield _task(earlier[begin:], later[begin:])


def _task(earlier: Indices, later: Indices) -> Task:
    numbers, places = np.unique(np.concatenate([earlier, later]), return_inverse=True)
    return numbers, places[: len(earlier)], places[len(earlier) :]


class _Comparer:
    """A worker's share."""

    def __init__(self, texts: Texts, floor: float):
        self._texts, self._floor = texts, floor

    def __call__(self, task: Task) -> Compared:
        numbers, one, two = task
        texts = self._texts(numbers)
        similarity = similarities(texts, one, two)
        alike = similarity >= self._floor
        pairs = Pairs(numbers[one[alike]], numbers[two[alike]], similarity[alike])
        return Compared(pairs, len(texts), sum(map(len, texts)))
