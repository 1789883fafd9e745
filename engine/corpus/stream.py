"""The kept documents in their order, a batch at a time: what the tokenizer learns from, and what is encoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.paragraphs import Cuts
from engine.corpus.prepared import Part, Prepared

BATCH_BYTES = 1 << 20


class Batch(NamedTuple):
    """Documents in a row."""

    texts: list[str]
    sizes: NDArray[np.int64]
    """(documents): bytes of UTF-8."""
    sources: NDArray[np.int32]
    heldout: NDArray[np.bool_]


class Stream(NamedTuple):
    """Which documents there are; arrays are (all documents, kept or not)."""

    prepared: Prepared
    kept: NDArray[np.bool_]
    heldout: NDArray[np.bool_]
    sources: NDArray[np.int32]
    cuts: Cuts
    """What is left out of them."""

    def batches(self, *, training: bool = False) -> Iterator[Batch]:
        """About `BATCH_BYTES` each, or one document that is larger; `training`: only the training side."""
        wanted = self.kept & ~self.heldout if training else self.kept
        for part in self.prepared.parts:
            first = part.info.first
            rows = np.flatnonzero(wanted[first : first + part.info.documents])
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
