"""Near duplicates of prepared text: its pairs, found once and kept beside the parts.

    prepared/<key>/near-<what was asked>/pairs.parquet      earlier, later, similarity

Another threshold, and other rules, take what is there. Only a threshold below 0.5, or other corpora to compare with,
are another question.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.corpus.dedup.minhash import signatures
from engine.corpus.dedup.pairs import FLOOR, Pairs, find_pairs
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.words import Indices
from engine.corpus.prepared import Prepared, write_table
from engine.corpus.select import column
from engine.paths import atomic_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from engine.corpus.telling import Teller

SIGNATURES = "signatures"
"""The array of a part that holds its documents' signatures."""
TWINS = "shingles"
"""The column of the documents' table that is equal for the same shingles; 0 where there are no words."""


def signed(batch: Batch) -> Columns:
    """The measure of which near duplicates are found: `SIGNATURES` is (documents, 144), to be kept as an array."""
    found = signatures(batch.folded_words)
    return {SIGNATURES: found.rows, TWINS: found.twins}


def near_pairs(
    prepared: Prepared, near: float, workers: int, memory: int, database: DuckDBPyConnection, teller: Teller
) -> Pairs:
    """All pairs of prepared documents that are similar: those found before, or found now."""
    folder = _folder(prepared, near)
    if not folder.exists():
        with TemporaryDirectory(prefix=".near-", dir=prepared.path) as scratch:
            found = _found(prepared, near, workers, memory, Path(scratch), database, teller)
        with atomic_folder(folder) as draft:
            write_table(draft / "pairs.parquet", found._asdict(), database)
    return _read(folder, database)


def existing_pairs(prepared: Prepared, near: float, database: DuckDBPyConnection) -> Pairs | None:
    """The pairs that an earlier build found; None when none did."""
    folder = _folder(prepared, near)
    return _read(folder, database) if folder.exists() else None


def _folder(prepared: Prepared, near: float) -> Path:
    return prepared.path / f"near-{min(near, FLOOR):g}"


def _read(folder: Path, database: DuckDBPyConnection) -> Pairs:
    columns = database.execute("FROM read_parquet($1)", [str(folder / "pairs.parquet")]).fetchnumpy()
    return Pairs(columns["earlier"], columns["later"], columns["similarity"])


def _found(
    prepared: Prepared,
    near: float,
    workers: int,
    memory: int,
    scratch: Path,
    database: DuckDBPyConnection,
    teller: Teller,
) -> Pairs:
    columns = column(prepared, database, TWINS, "bytes")
    return find_pairs(
        (part.array(SIGNATURES) for part in prepared.parts if part.info.documents),
        columns[TWINS],
        columns["bytes"],
        PreparedTexts(prepared.path),
        scratch,
        memory=memory,
        near=near,
        workers=workers,
        tell=teller.step,
    )


class PreparedTexts:
    """Reads prepared text in a worker process."""

    def __init__(self, path: Path):
        self._path = path

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared(self._path)

    def __call__(self, numbers: Indices) -> list[str]:
        return list(self._prepared.texts(numbers))
