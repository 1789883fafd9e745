"""How much of a document says again what it said before: lines, paragraphs, runs of words.

Rae et al. 2021 (Gopher), table A1. Shares of characters count every word with one space after it, however the text is
spaced, so that all of a text is 1.

    words -> 2-grams that stand twice -> of those, 3-grams that stand twice -> ... -> 10-grams

An n-gram can only stand twice where both (n-1)-grams in it do, so each step looks at what the one before left: in prose
almost nothing after three. Only the 2-grams are hashed; longer ones are pairs of numbers, and exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.counts import share, summed
from engine.corpus.measure.layout import Spans
from engine.corpus.measure.words import Hashes, Indices, Words, mixed

TOP = (2, 3, 4)
"""Lengths of which the most frequent one is measured."""
DUPLICATE = (5, 6, 7, 8, 9, 10)
"""Lengths of which all that repeat are measured."""
_SALT = np.uint64(0xD1B54A32D192ED03)


@dataclass(frozen=True)
class Repeated:
    """All n-grams of one length that stand more than once in their document."""

    n: int
    first: Indices
    """(occurrences): the number of the first word, ascending."""
    group: Indices
    """(occurrences): the same number for the same n-gram, from 0 on."""
    again: NDArray[np.bool_]
    """(occurrences): False for the first of its group."""


def repetition(batch: Batch) -> Columns:
    """Every measure of this file."""
    before = batch.before_words + np.arange(len(batch.before_words))  # with one space after each
    columns = {
        **_spans("line", batch.lines, before),
        **_spans("paragraph", batch.paragraphs, before),
    }
    total = np.diff(before[batch.words.begins])
    for repeated in _repeated(batch.words):
        if repeated.n in TOP:
            columns[f"top_{repeated.n}gram"] = _top(repeated, batch.words, before, total)
        else:
            columns[f"duplicate_{repeated.n}grams"] = _duplicate(repeated, batch.words, before, total)
    return columns


def _spans(name: str, spans: Spans, before: Indices) -> Columns:
    """The share of lines (or paragraphs) that stood before in their document; by number, and by characters."""
    again = _later(mixed(spans.hashes + spans.document.astype(np.uint64) * _SALT))
    sizes = before[spans.after] - before[spans.first]
    characters = summed(spans.document, sizes, spans.documents)
    return {
        f"duplicate_{name}s": share(summed(spans.document, again, spans.documents), spans.counts),
        f"duplicate_{name}_chars": share(summed(spans.document, sizes * again, spans.documents), characters),
    }


def _later(keys: Hashes) -> NDArray[np.bool_]:
    """Which keys stood before."""
    _, firsts = np.unique(keys, return_index=True)
    again = np.ones(len(keys), dtype=np.bool_)
    again[firsts] = False
    return again


def _repeated(words: Words) -> Iterator[Repeated]:
    """The n-grams that repeat, for every length from 2 to the longest."""
    document = words.document
    salted = mixed(words.hashes + document.astype(np.uint64) * _SALT)
    inside = np.flatnonzero(document[1:] == document[:-1])
    found = _grouped(2, inside, salted[inside] + words.hashes[inside + 1])
    yield found
    for n in range(3, DUPLICATE[-1] + 1):
        follows = np.flatnonzero(np.diff(found.first) == 1)
        pairs = found.group[follows].astype(np.uint64) << np.uint64(32) | found.group[follows + 1].astype(np.uint64)
        found = _grouped(n, found.first[follows], pairs)
        yield found


def _grouped(n: int, first: Indices, keys: Hashes) -> Repeated:
    """Only what has a key that stands twice. `first` ascends."""
    order = np.argsort(keys)
    ordered = keys[order]
    same = ordered[1:] == ordered[:-1]
    opens = np.concatenate([np.ones(1, dtype=np.bool_), ~same])[: len(keys)]
    twice = ~opens | np.concatenate([same, np.zeros(1, dtype=np.bool_)])[: len(keys)]
    group = (np.cumsum(opens[twice]) - 1).astype(np.int64)
    place = order[twice]
    back = np.argsort(place)
    group, place = group[back], place[back]
    again = np.ones(len(place), dtype=np.bool_)
    again[np.unique(group, return_index=True)[1]] = False
    return Repeated(n, first[place], group, again)


def _top(found: Repeated, words: Words, before: Indices, total: Indices) -> NDArray[np.float32]:
    """Characters in the most frequent n-gram, all its occurrences; of several the longest; at most 1."""
    counts = np.bincount(found.group)
    at = found.first[~found.again]
    counts = counts[found.group[~found.again]]
    document = np.searchsorted(words.begins, at, side="right") - 1
    sizes = before[at + found.n] - before[at]
    best = np.zeros(len(total), dtype=np.int64)
    np.maximum.at(best, document, counts << 32 | sizes)
    return np.minimum(share((best >> 32) * (best & 0xFFFFFFFF), total), np.float32(1))


def _duplicate(found: Repeated, words: Words, before: Indices, total: Indices) -> NDArray[np.float32]:
    """Characters in n-grams that stood before in the document; where several overlap, each once."""
    begin = found.first[found.again]
    end = begin + found.n
    begin[1:] = np.maximum(begin[1:], end[:-1])
    document = np.searchsorted(words.begins, end - 1, side="right") - 1
    return share(summed(document, before[end] - before[begin], len(total)), total)
