"""Test items as sorted n-gram hashes: what a batch of documents is looked up in.

    test sets -> rows of folded words -> runs of n words, each with its row and place -> Index

How many words in a row are looked up depends on the row: `ngram` (8 by default) in a long one, and half of it in one of
fewer than `LONG` times that many words, for of such a row with a tenth of its words changed too few whole runs are
left. A row of fewer words than the half is one run; in rows below `SHORTEST` nothing can be told.

A run that stands in many items of one suite is a template or a prompt, and says nothing of any of them: those in more
than a hundredth of its items, and in more than ten, or in more than half of a smaller suite's, are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.corpus.contamination.items import TestItem, TestSet
from engine.corpus.measure.batch import Batch
from engine.corpus.measure.words import Hashes, Indices, Words, ngrams

VERSION = 1
"""Counts changes of how anything is looked for."""
SHORTEST = 5
"""Words of the shortest row that is looked for, as one run."""
SHARE = 0.5
"""Of a row's words, found close together, that make it found. Tülu 3 (Lambert et al. 2024, 3.2) flags an item when
half of its tokens stand in 8-grams of the training text; Llama 3 (2024, 5.1.4) decides by the same ratio, per suite."""
NEEDED = 7
"""Words to find at the least, of a row that has so many: fewer are a turn of speech."""
LONG = 16
"""From so many times `ngram` words on, a row is looked up by whole n-grams. With every tenth word changed at random, at
least half of the words of 128 still stand in unchanged 8-grams in 99.8 % of draws, of 32 in 95 %."""
COMMON_SHARE, COMMON_ITEMS = 0.01, 10
WIDE_SHARE = 0.25
"""Of a suite's items: a word that stands in more of them is not counted where words are, one by one."""
_FILTER_BITS = 16, 24
"""Size of the table that rules most runs out: least and most, as powers of two."""


@dataclass(frozen=True)
class Table:
    """All runs of one length, sorted by hash. (runs) each."""

    size: int
    """Words in a run."""
    hashes: Hashes
    rows: Indices
    places: Indices
    """Of the run's first word, in its row."""
    shift: np.uint64
    there: NDArray[np.bool_] = field(repr=False)
    """Whether some hash begins with these bits: one look-up instead of a search."""

    def find(self, hashes: Hashes) -> tuple[Indices, Indices]:
        """Pairs: which of `hashes` is which of this table's runs."""
        maybe = np.flatnonzero(self.there[hashes >> self.shift])
        sought = hashes[maybe]
        first = np.searchsorted(self.hashes, sought)
        counts = np.searchsorted(self.hashes, sought, side="right") - first
        total = int(counts.sum())
        offsets = np.repeat(first - (np.cumsum(counts) - counts), counts)
        return np.repeat(maybe, counts), offsets + np.arange(total)


@dataclass(frozen=True)
class Index:
    """What is looked for."""

    sets: tuple[TestSet, ...]
    ngram: int
    tables: tuple[Table, ...]
    items: Indices
    """(rows): the item that each row is of, counted over all sets."""
    words: Indices
    """(rows): how many."""
    needed: Indices
    """(rows): words to find close together before the row counts as found."""
    weight: Indices
    """(rows): words that stand in some run that is looked for; what shares are of."""
    hashes: Hashes
    """(words of all rows)"""
    telling: NDArray[np.bool_]
    """(words of all rows): whether it stands in some run that is looked for, and not in item after item."""
    counted: Indices
    """(rows): how many words of each are telling."""
    begins: Indices
    """(rows + 1): the number of each row's first word."""
    told: NDArray[np.bool_]
    """(items): whether it can be looked for: not those too short, or made of common runs alone."""

    @property
    def fingerprint(self) -> str:
        """Changes with anything that is looked for."""
        digest = hashlib.sha256(f"{VERSION} {self.ngram}".encode())
        for tests in self.sets:
            digest.update(bytes.fromhex(tests.sha256))
        return digest.hexdigest()

    def item(self, number: int) -> tuple[TestSet, TestItem]:
        """The item of a number, and its set."""
        for tests in self.sets:
            if number < len(tests.items):
                return tests, tests.items[number]
            number -= len(tests.items)
        raise IndexError(number)


def build_index(sets: Sequence[TestSet], ngram: int) -> Index:
    """The index of all sets. `ngram`: words in a row that are looked up, in rows that are long enough."""
    items = [item for tests in sets for item in tests.items]
    words = Batch([text for item in items for text in item.texts]).folded_words
    owner = np.repeat(np.arange(len(items)), [len(item.texts) for item in items])
    suite = np.repeat(np.arange(len(sets)), [len(tests.items) for tests in sets])
    sizes = _sizes(words.counts, ngram)
    tables, marks = [], np.zeros(len(words.hashes) + 1, dtype=np.int64)
    for size in np.unique(sizes[sizes > 0]).tolist():
        hashes, rows, places = _runs(words, size, sizes == size)
        keep = ~_common(hashes, owner[rows], suite)
        tables.append(_table(size, hashes[keep], rows[keep], places[keep]))
        first = words.begins[rows[keep]] + places[keep]
        np.add.at(marks, first, 1)
        np.add.at(marks, first + size, -1)
    sought, word_rows = np.cumsum(marks)[:-1] > 0, words.document
    weight = np.bincount(word_rows[sought], minlength=len(owner))
    telling = sought & ~_wide(words.hashes, owner[word_rows], suite)
    counted = np.bincount(word_rows[telling], minlength=len(owner))
    needed = np.maximum(np.ceil(SHARE * weight), np.minimum(words.counts, NEEDED)).astype(np.int64)
    told = np.zeros(len(items), dtype=np.bool_)
    told[owner[(weight >= needed) & (needed > 0)]] = True
    return Index(
        tuple(sets), ngram, tuple(tables), owner, words.counts, needed, weight,
        words.hashes, telling, counted, words.begins, told,
    )  # fmt: skip


def covered(group: Indices, place: Indices, size: Indices, groups: int) -> Indices:
    """(groups): how many words the runs of each group cover, overlaps counted once."""
    order = np.lexsort((place, group))
    group, place, size = group[order], place[order], size[order]
    last = np.ones(len(group), dtype=np.bool_)
    last[:-1] = group[1:] != group[:-1]
    gaps = np.where(last, size, np.minimum(size, np.roll(place, -1) - place))
    return np.bincount(group, weights=gaps, minlength=groups).astype(np.int64)


def _sizes(counts: Indices, ngram: int) -> Indices:
    """(rows): how many words in a row are looked up; 0 for rows that are too short."""
    short = np.minimum(max(SHORTEST - 1, ngram // 2), counts)
    return np.where(counts < SHORTEST, 0, np.where(counts < LONG * ngram, short, ngram))


def _runs(words: Words, size: int, wanted: NDArray[np.bool_]) -> tuple[Hashes, Indices, Indices]:
    """Hash, row and place of every run of `size` words in the wanted rows."""
    hashes, first = ngrams(words, size)
    row = words.document[first]
    keep = wanted[row]
    return hashes[keep], row[keep], first[keep] - words.begins[row[keep]]


def _common(hashes: Hashes, item: Indices, suite: Indices) -> NDArray[np.bool_]:
    """(runs): whether each stands in too many items of its suite to say anything."""
    items = np.bincount(suite)
    most = np.where(items > 2 * COMMON_ITEMS, np.maximum(COMMON_ITEMS, COMMON_SHARE * items), np.maximum(2, items / 2))
    return _standing(hashes, item, suite) > most[suite[item]]


def _wide(hashes: Hashes, item: Indices, suite: Indices) -> NDArray[np.bool_]:
    """(words): whether each stands in item after item of its suite: "the", and a template's words."""
    most = np.maximum(COMMON_ITEMS, WIDE_SHARE * np.bincount(suite))
    found: NDArray[np.bool_] = _standing(hashes, item, suite) > most[suite[item]]
    return found


def _standing(hashes: Hashes, item: Indices, suite: Indices) -> Indices:
    """For each hash, which stands in an item: how many items of that suite it stands in."""
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    _, number = np.unique(hashes, return_inverse=True)
    suites = int(suite.max()) + 1
    pairs = np.unique(np.stack([number, item], axis=1), axis=0)
    groups, counts = np.unique(pairs[:, 0] * suites + suite[pairs[:, 1]], return_counts=True)
    found: Indices = counts[np.searchsorted(groups, number * suites + suite[item])]
    return found


def _table(size: int, hashes: Hashes, rows: Indices, places: Indices) -> Table:
    order = np.argsort(hashes, kind="stable")
    bits = min(max((8 * len(hashes)).bit_length(), _FILTER_BITS[0]), _FILTER_BITS[1])
    shift = np.uint64(64 - bits)
    there = np.zeros(1 << bits, dtype=np.bool_)
    there[hashes >> shift] = True
    return Table(size, hashes[order], rows[order], places[order], shift, there)
