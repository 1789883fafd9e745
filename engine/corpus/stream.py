"""The kept documents in their order, a batch at a time: what the tokenizer learns from, and what is encoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.paragraphs import Cuts
from engine.corpus.prepared import Part, Prepared
from engine.corpus.weights import Copies, rounds

BATCH_BYTES = 1 << 20


class Batch(NamedTuple):
    """Documents in a row."""

    texts: list[str]
    sizes: NDArray[np.int64]
    """(documents): bytes of UTF-8."""
    sources: NDArray[np.int32]
    heldout: NDArray[np.bool_]


class Stream(NamedTuple):
    """Which documents there are; arrays are (all documents, taken or not)."""

    prepared: Prepared
    copies: Copies
    """How often each is taken on the training side; on the other, once."""
    heldout: NDArray[np.bool_]
    sources: NDArray[np.int32]
    cuts: Cuts
    """What is left out of them."""

    @property
    def bytes(self) -> int:
        """Of all texts in all batches, before anything is left out of them."""
        taken = np.where(self.heldout, np.minimum(self.copies, 1), self.copies)
        parts = ((np.diff(part.places), part.info.first) for part in self.prepared.parts)
        return sum(int(sizes @ taken[first : first + len(sizes)]) for sizes, first in parts)

    def batches(self, *, training: bool = False) -> Iterator[Batch]:
        """About `BATCH_BYTES` each, or one document that is larger; `training`: only the training side."""
        heldout = np.uint8(0) if training else np.minimum(self.copies, 1)
        for turn in rounds(np.where(self.heldout, heldout, self.copies)):
            for part in self.prepared.parts:
                first = part.info.first
                rows = np.flatnonzero(turn[first : first + part.info.documents])
                yield from self._of(part, rows)

    def _of(self, part: Part, rows: NDArray[np.int64]) -> Iterator[Batch]:
        sizes = (part.places[1:] - part.places[:-1])[rows]
        ends = np.cumsum(sizes)
        cuts = np.flatnonzero(np.diff(ends // BATCH_BYTES)) + 1
        for batch in np.split(np.arange(len(rows)), cuts):
            if len(batch):
                numbers = rows[batch] + part.info.first
                texts = list(part.texts(rows[batch]))
                if len(self.cuts.records):
                    texts = [self.cuts.apply(number, text) for number, text in zip(numbers.tolist(), texts)]
                    sizes[batch] = [len(text.encode()) for text in texts]
                yield Batch(texts, sizes[batch], self.sources[numbers], self.heldout[numbers])
