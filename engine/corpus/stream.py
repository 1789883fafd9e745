"""The kept documents in their order, a batch at a time: what the tokenizer learns from, and what is encoded.

selection + weights -> how often each document is taken, and on which side -> batches of texts
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig
from engine.corpus.dedup.paragraphs import Cuts
from engine.corpus.prepared import Part, Prepared
from engine.corpus.select import Selection, column
from engine.corpus.shards import held_out
from engine.corpus.weights import Copies, rounds

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH_BYTES = 1 << 18
"""Of text for one thread at a time: threads rarely meet at the interpreter's lock, and little is held."""


class Batch(NamedTuple):
    """Documents in a row."""

    texts: list[str]
    sizes: NDArray[np.int64]
    """(documents): bytes of UTF-8."""
    sources: NDArray[np.int32]
    heldout: NDArray[np.bool_]


class Stream(NamedTuple):
    """Which documents there are; arrays are (all documents, dropped ones too)."""

    prepared: Prepared
    copies: Copies
    """How often each is taken; 0: it is dropped."""
    heldout: NDArray[np.bool_]
    sources: NDArray[np.int32]
    lots: NDArray[np.uint64]
    """By the hash of each text: chooses documents as if by dice, and the same ones every time."""
    cuts: Cuts
    """What is left out of them."""

    @property
    def bytes(self) -> int:
        """Of text, copies counted."""
        return int((self.prepared.sizes * self.copies).sum())

    def documents_in(self, size: int) -> int:
        """How many documents, as large as they are on average, are so many bytes. At least one."""
        return max(1, size * int(self.copies.sum()) // max(1, self.bytes))

    def batches(self, after: int = 0) -> Iterator[Batch]:
        """About `BATCH_BYTES` each, or one document that is larger; in rounds, so that copies stand far apart.

        The first `after` of them are passed over, and not read.
        """
        for part, rows in islice(self._plan(self.copies), after, None):
            yield self._read(part, rows)

    def training(self, chosen: NDArray[np.bool_]) -> Iterator[Batch]:
        """Those of some documents that are on the training side, each as often as it is taken."""
        for part, rows in self._plan(self.copies * (chosen & ~self.heldout)):
            yield self._read(part, rows)

    def _plan(self, copies: Copies) -> Iterator[tuple[Part, NDArray[np.int64]]]:
        """Which rows of which part make each batch."""
        for turn in rounds(copies):
            for part in self.prepared.parts:
                rows = np.flatnonzero(turn[part.info.first : part.info.first + part.info.documents])
                ends = np.cumsum(part.sizes[rows])
                cuts = np.flatnonzero(np.diff(ends // BATCH_BYTES)) + 1
                yield from ((part, batch) for batch in np.split(rows, cuts) if len(batch))

    def _read(self, part: Part, rows: NDArray[np.int64]) -> Batch:
        numbers = rows + part.info.first
        texts, sizes = list(part.texts(rows)), part.sizes[rows]
        if len(self.cuts.records):
            texts = [self.cuts.apply(number, text) for number, text in zip(numbers.tolist(), texts)]
            sizes = np.array([len(text.encode()) for text in texts])
        return Batch(texts, sizes, self.sources[numbers], self.heldout[numbers])


def stream_of(prepared: Prepared, selection: Selection, config: CorpusConfig, database: DuckDBPyConnection) -> Stream:
    """What a selection takes: held-out documents once, whatever their source's weight."""
    columns = column(prepared, database, "digest_0", "digest_1", "source")
    digests = np.stack([columns["digest_0"], columns["digest_1"]], axis=1).view(np.uint8).reshape(-1, 16)
    taken = selection.copies * selection.kept
    kept = np.flatnonzero(taken)
    heldout = np.zeros(len(taken), dtype=np.bool_)
    heldout[kept] = held_out(digests[kept], config.heldout, config.seed)
    taken[heldout] = 1
    return Stream(prepared, taken, heldout, columns["source"], columns["digest_1"], selection.cuts)
