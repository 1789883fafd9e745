"""Near duplicates of prepared text: its pairs, found once and kept beside the parts.

    prepared/<key>/near-<what was asked>/pairs.parquet      earlier, later, similarity

Another threshold, and other rules, take what is there. Only a threshold below 0.5, or other corpora to compare with,
are another question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from engine.corpus.dedup.known import Known, KnownTexts
from engine.corpus.dedup.minhash import signatures
from engine.corpus.dedup.pairs import FLOOR, Pairs, find_pairs
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.words import Indices
from engine.corpus.prepared import Prepared, write_table
from engine.corpus.select import column
from engine.paths import atomic_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SIGNATURES = "signatures"
"""The array of a part that holds its documents' signatures."""
TWINS = "shingles"
"""The column of the documents' table that is equal for the same shingles; 0 where there are no words."""


def signed(batch: Batch) -> Columns:
    """The measure of which near duplicates are found: `SIGNATURES` is (documents, 144), to be kept as an array."""
    found = signatures(batch.folded_words)
    return {SIGNATURES: found.rows, TWINS: found.twins}


def near_pairs(
    prepared: Prepared,
    known: Known,
    near: float,
    database: DuckDBPyConnection,
    *,
    workers: int,
    memory: int,
    tell: Callable[[int, int], None],
) -> Pairs:
    """All pairs of similar documents, found before or found now. Those of other corpora have the first numbers."""
    folder = _folder(prepared, known, near)
    if not folder.exists():
        with TemporaryDirectory(prefix=".near-", dir=prepared.path) as scratch:
            columns = column(prepared, database, TWINS, "bytes")
            found = find_pairs(
                chain(known.rows, (part.array(SIGNATURES) for part in prepared.parts if part.info.documents)),
                np.concatenate([known.twins, columns[TWINS]]),
                np.concatenate([known.sizes, columns["bytes"]]),
                _Texts(known.texts, prepared.path),
                Path(scratch),
                known=len(known),
                near=near,
                workers=workers,
                memory=memory,
                tell=tell,
            )
        with atomic_folder(folder) as draft:
            write_table(draft / "pairs.parquet", found._asdict(), database)
    return _read(folder, database)


def existing_pairs(prepared: Prepared, known: Known, near: float, database: DuckDBPyConnection) -> Pairs | None:
    """The pairs that an earlier build found; None when none did."""
    folder = _folder(prepared, known, near)
    return _read(folder, database) if folder.exists() else None


def _folder(prepared: Prepared, known: Known, near: float) -> Path:
    """Named by the question: how alike, and which other corpora."""
    asked = [f"{min(near, FLOOR):g}", *([_named(known)] if len(known) else [])]
    return prepared.path / "-".join(["near", *asked])


def _read(folder: Path, database: DuckDBPyConnection) -> Pairs:
    columns = database.execute("FROM read_parquet($1)", [str(folder / "pairs.parquet")]).fetchnumpy()
    return Pairs(columns["earlier"], columns["later"], columns["similarity"])


def _named(known: Known) -> str:
    return hashlib.sha256(" ".join(known.names).encode()).hexdigest()[:12]


class _Texts:
    """Reads other corpora's texts and prepared text, in a worker process."""

    def __init__(self, known: KnownTexts, prepared: Path):
        self._known, self._path = known, prepared

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared(self._path)

    def __call__(self, numbers: Indices) -> list[str]:
        ours = np.searchsorted(numbers, len(self._known))
        return [*self._known(numbers[:ours]), *self._prepared.texts(numbers[ours:] - len(self._known))]
