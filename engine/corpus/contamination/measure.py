"""Which documents hold which test items: a batch looked up in the index.

    Batch, Index -> runs in common -> groups (document, row, close together) -> words covered -> hits, columns

A long document shares some run with some item by chance, here and there. So runs count together only where they stand
close: no further from one to the next than half the item is long. A document holds an item when such a group covers
enough of the item's words (`Index.needed`), when nearly all words of a short one stand in place (`aligned`), or when
fifty words in a row are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.contamination.aligned import ALIKE, alike
from engine.corpus.contamination.index import Index, covered
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.words import Indices, ngrams

VERBATIM = 50
"""Words in a row that are never chance: Lee et al. (2022, section 4.1) chose 50 tokens for the same reason."""

_CLOSE = 12
"""Words from a run to the next of the same item, in a short one: as far as one lost run and two changed words take."""


@dataclass(frozen=True)
class Hits:
    """Pairs of document and item, by document, then item. (hits) each."""

    document: Indices
    """Its number in the batch."""
    item: Indices
    """Its number in the index."""
    share: NDArray[np.float64]
    """Of the item's words, those found."""
    run: Indices
    """Most words in a row that are the same."""
    start: Indices
    """Where the passage begins, in bytes of `Batch.folded_text.data`."""
    end: Indices

    def __len__(self) -> int:
        return len(self.document)


def find(batch: Batch, index: Index) -> Hits:
    """Every item that a document of the batch holds."""
    shared = _shared(batch, index)
    group, groups = _grouped(shared, index)
    # On both sides: a phrase that the item says twice, and the document once, is half of it.
    cover = np.minimum(*(covered(group, at, shared.size, groups) for at in (shared.place, shared.word)))
    first, last = _ends(shared, group, groups)
    row, document = np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
    row[group], document[group] = shared.row, shared.document
    run = _runs(shared, group, groups)
    slant = shared.word - shared.place
    in_place = alike(batch.folded_words, index, group, shared.row, shared.document, slant, groups)
    near = (in_place >= ALIKE * index.counted[row]) & (in_place > 0)
    found = np.flatnonzero((cover >= index.needed[row]) | near | (run >= VERBATIM))
    at = row[found]
    share = np.maximum(
        cover[found] / np.maximum(index.weight[at], 1), in_place[found] / np.maximum(index.counted[at], 1)
    )
    best = _best(document[found], index.items[row[found]], share)
    found, words = found[best], batch.folded_words
    return Hits(
        document[found], index.items[row[found]], share[best], run[found],
        words.starts[first[found]], words.ends[last[found]],
    )  # fmt: skip


def columns(hits: Hits, documents: int) -> Columns:
    """By document: how many items it holds, and the largest share of one."""
    share = np.zeros(documents)
    np.maximum.at(share, hits.document, hits.share)
    return {
        "contaminated": np.bincount(hits.document, minlength=documents).astype(np.int32),
        "contaminated_share": share.astype(np.float32),
    }


@dataclass(frozen=True)
class _Shared:
    """Runs that a document and a row have in common. (runs) each."""

    document: Indices
    row: Indices
    word: Indices
    """The first one's number in the batch."""
    place: Indices
    """The first one's number in the row."""
    size: Indices


def _shared(batch: Batch, index: Index) -> _Shared:
    words, parts = batch.folded_words, [np.empty((4, 0), dtype=np.int64)]
    for table in index.tables:
        hashes, first = ngrams(words, table.size)
        which, entry = table.find(hashes)
        size = np.full(len(entry), table.size)
        parts.append(np.stack([table.rows[entry], first[which], table.places[entry], size]))
    row, word, place, size = np.concatenate(parts, axis=1)
    document = np.searchsorted(words.begins, word, side="right") - 1
    order = np.lexsort((word, row, document))
    return _Shared(document[order], row[order], word[order], place[order], size[order])


def _grouped(shared: _Shared, index: Index) -> tuple[Indices, int]:
    """The group of each run, and how many there are: a new one with every document and row, and behind a gap."""
    if not len(shared.word):
        return shared.word, 0
    new = np.ones(len(shared.word), dtype=np.bool_)
    new[1:] = (shared.document[1:] != shared.document[:-1]) | (shared.row[1:] != shared.row[:-1])
    new[1:] |= np.diff(shared.word) > np.maximum(_CLOSE, index.words[shared.row[1:]] // 2)
    group = np.cumsum(new) - 1
    return group, int(group[-1]) + 1


def _ends(shared: _Shared, group: Indices, groups: int) -> tuple[Indices, Indices]:
    """First and last word of each group."""
    first = np.full(groups, np.iinfo(np.int64).max)
    last = np.zeros(groups, dtype=np.int64)
    np.minimum.at(first, group, shared.word)
    np.maximum.at(last, group, shared.word + shared.size - 1)
    return first, last


def _runs(shared: _Shared, group: Indices, groups: int) -> Indices:
    """Most words in a row, by group: runs that follow each other in document and row alike are one."""
    longest = np.zeros(groups, dtype=np.int64)
    if not groups:
        return longest
    order = np.lexsort((shared.word, shared.word - shared.place, group))
    group, word, size = group[order], shared.word[order], shared.size[order]
    slant = word - shared.place[order]
    new = np.ones(len(word), dtype=np.bool_)
    new[1:] = (group[1:] != group[:-1]) | (slant[1:] != slant[:-1]) | (word[1:] - word[:-1] > size[:-1])
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], len(word)) - 1
    np.maximum.at(longest, group[begin], word[end] + size[end] - word[begin])
    return longest


def _best(document: Indices, item: Indices, share: NDArray[np.float64]) -> Indices:
    """Of each document and item the hit with the largest share, the first one of equals."""
    order = np.lexsort((-share, item, document))
    document, item = document[order], item[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (document[1:] != document[:-1]) | (item[1:] != item[:-1])
    return order[first]
