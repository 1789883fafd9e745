"""One block of documents through all steps, in a worker process: what comes out is a finished part on disk.

    block -> repair -> scrub -> measures, digests, signatures -> part

Nothing here knows a threshold: what is measured is kept, and rules are applied to it later.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig, SourceConfig
from engine.config.fingerprint import fingerprint
from engine.corpus.blocks import BLOCK_BYTES, Block
from engine.corpus.clean import measure
from engine.corpus.contamination.build import SIGHTINGS, look
from engine.corpus.contamination.index import Index
from engine.corpus.dedup.exact import identity
from engine.corpus.dedup.near import SIGNATURES, signed
from engine.corpus.measure.batch import Batch, Columns, Measure
from engine.corpus.pool import Work
from engine.corpus.prepared import DOCUMENTS, PartInfo, Prepared, write_part
from engine.corpus.sources import files

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = 2
"""Counts changes of what any step here makes of a text: prepared text of another version is not taken."""
_BATCH_BYTES = 1 << 20
"""Of text measured at once: its arrays, some twenty times that, stay small beside a block."""
_DATABASE_MEMORY = "64MB"
_ARRAYS = (SIGNATURES,)
"""Measures that are more than a number a document: a part keeps them as arrays."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """All that can change a prepared text or a measure, and nothing else. Two builds with one recipe share parts."""

    version: int = VERSION
    block_bytes: int = BLOCK_BYTES
    sources: tuple[tuple[tuple[str, ...], ...], ...]
    """For each source how it is read, then its files, each with size and time of its last change."""
    repair: dict[str, object]
    scrub: tuple[str, ...]
    contamination: str = ""
    """The fingerprint of the test items that are looked for; empty: none are."""

    @property
    def key(self) -> str:
        """16 hex digits."""
        return fingerprint(self)[:16]


def recipe(config: CorpusConfig, index: Index | None) -> Recipe:
    """What a configuration asks to be prepared. `index`: the test items to look for."""
    return Recipe(
        sources=tuple(stamps(source) for source in config.sources),
        repair=msgspec.to_builtins(config.repair),
        scrub=config.privacy.scrub,
        contamination=index.fingerprint if index else "",
    )


def stamps(source: SourceConfig) -> tuple[tuple[str, ...], ...]:
    """How a source is read, and its files with sizes and times of their last change."""
    how = (source.type, source.field, source.separator)
    if source.type == "python-docs":
        return ((*how, sys.version, *source.include), source.exclude, source.only)
    found = ((label, str(path), path.stat()) for label, path in files(source))
    return (how, *((label, path, str(stat.st_size), str(stat.st_mtime_ns)) for label, path, stat in found))


def preparer(config: CorpusConfig, index: Index | None, folder: Path) -> Work[Block, PartInfo]:
    """The work on one block, for `pool.in_order`: writes its part into a folder of prepared text."""
    return _Preparer(config, index, Prepared(folder))


class _Preparer:
    """Keeps what all blocks need: word lists, models, a database that writes tables."""

    def __init__(self, config: CorpusConfig, index: Index | None, prepared: Prepared):
        import duckdb

        self.config, self.index, self.prepared = config, index, prepared
        self.database: DuckDBPyConnection = duckdb.connect(config={"threads": 1, "memory_limit": _DATABASE_MEMORY})
        self.measures: tuple[Measure, ...] = (identity, signed, _simple)

    def __call__(self, block: Block) -> PartInfo:
        tables = _joined([self._tables(block.first + at, texts) for at, texts in _batches(block.texts)])
        encoded = [text.encode("utf-8", "replace") for text in block.texts]
        info = PartInfo(
            number=block.number,
            first=block.first,
            documents=len(block.texts),
            bytes=sum(map(len, encoded)),
            read_bytes=sum(map(len, encoded)),
            next=block.next,
            last=block.last,
        )
        table = {**_places(block, encoded), **tables.pop(DOCUMENTS, {})}
        arrays = {name: table.pop(name) for name in _ARRAYS if name in table}
        tables = {DOCUMENTS: table, **tables}
        write_part(self.prepared.part_path(block.number), info, encoded, tables, arrays, self.database)
        return info

    def _tables(self, first: int, texts: Sequence[str]) -> dict[str, Columns]:
        """What is measured of some documents, by table. `first`: the number of the first, over all parts."""
        batch = Batch(texts)
        tables = {DOCUMENTS: {name: column for measure in self.measures for name, column in measure(batch).items()}}
        if self.index is not None:
            held, tables[SIGHTINGS] = look(batch, self.index, first)
            tables[DOCUMENTS] |= held
        return tables


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Texts in a row of about `_BATCH_BYTES` characters, with the place of the first."""
    begin = size = 0
    for end, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _BATCH_BYTES or end == len(texts):
            yield begin, texts[begin:end]
            begin, size = end, 0


def _joined(batches: Sequence[dict[str, Columns]]) -> dict[str, Columns]:
    """The tables of several batches, one below the other."""
    return {
        table: {name: np.concatenate([tables[table][name] for tables in batches]) for name in columns}
        for table, columns in (batches[0].items() if batches else ())
    }


def _places(block: Block, encoded: Sequence[bytes]) -> Columns:
    """Which documents these are. `lot` decides who is a sample; it depends on nothing but the id."""
    ids = np.array(block.ids, dtype=object)
    return {
        "document": np.arange(block.first, block.first + len(ids), dtype=np.int64),
        "id": ids,
        "source": np.array(block.sources, dtype=np.int32),
        "lot": np.array([_lot(*named) for named in zip(block.sources, block.ids)], dtype=np.uint32),
        "bytes": np.array([len(text) for text in encoded], dtype=np.int64),
        "read_bytes": np.array([len(text) for text in encoded], dtype=np.int64),
    }


def _lot(source: int, id: str) -> int:
    return zlib.crc32(f"{source}\0{id}".encode("utf-8", "surrogatepass"))


def _simple(batch: Batch) -> Columns:
    rows: NDArray[np.float64] = np.array([measure(text)[:5] for text in batch.texts]).reshape(-1, 5)
    names = ("chars", "alphabetic", "repeated_lines", "symbol_words", "mean_word_length")
    return dict(zip(names, rows.T))
