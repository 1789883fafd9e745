"""One block of documents through all steps, in a worker process: what comes out is a finished part on disk.

    block -> repair -> scrub -> measures, digests, signatures -> part

Nothing here knows a threshold: what is measured is kept, and rules are applied to it later.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.corpus.blocks import Block
from engine.corpus.changes import MENDED
from engine.corpus.contamination.build import SIGHTINGS, look
from engine.corpus.dedup.exact import identity
from engine.corpus.dedup.near import SIGNATURES, signed
from engine.corpus.measure.batch import Batch, Columns, Measure
from engine.corpus.measure.language import Language, identifier
from engine.corpus.measure.standard import STANDARD
from engine.corpus.measure.toxicity import ToxicWords
from engine.corpus.pool import Work
from engine.corpus.prepared import DOCUMENTS, PartInfo, Prepared, write_part
from engine.corpus.privacy import scrub
from engine.corpus.recipe import Materials
from engine.corpus.repair.texts import repair
from engine.corpus.rules.custom import custom_rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH_BYTES = 1 << 18
"""Of text measured at once: its arrays, some twenty times that, stay small and near the core."""
_DATABASE_MEMORY = "64MB"
_ARRAYS = (SIGNATURES,)
"""Measures that are more than a number a document: a part keeps them as arrays."""


def preparer(materials: Materials, folder: Path) -> Work[Block, PartInfo]:
    """The work on one block, for `pool.in_order`: writes its part into a folder of prepared text."""
    return _Preparer(materials, Prepared(folder))


class _Preparer:
    """Keeps what all blocks need: word lists, models, a database that writes tables."""

    def __init__(self, materials: Materials, prepared: Prepared):
        import duckdb

        self.materials, self.prepared, config = materials, prepared, materials.config
        self.database: DuckDBPyConnection = duckdb.connect(config={"threads": 1, "memory_limit": _DATABASE_MEMORY})
        self.measures: tuple[Measure, ...] = (
            *STANDARD,
            ToxicWords(materials.toxic),
            identity,
            *([Language(identifier(config.language.identifier))] if config.language.keep else []),
            *custom_rules(config.clean.rules),
            *([signed] if config.dedup.near else []),
        )

    def __call__(self, block: Block) -> PartInfo:
        done = [self._done(block.first + at, texts) for at, texts in _batches(block.texts)]
        encoded = [text.encode("utf-8", "replace") for texts, _ in done for text in texts]
        tables = _joined([tables for _, tables in done])
        read = _sizes(text.encode("utf-8", "replace") for text in block.texts)
        table = {**_places(block), "read_bytes": read, "bytes": _sizes(encoded), **tables.pop(DOCUMENTS, {})}
        arrays = {name: table.pop(name) for name in _ARRAYS if name in table}
        info = PartInfo(
            number=block.number,
            first=block.first,
            documents=len(encoded),
            bytes=sum(map(len, encoded)),
            read_bytes=int(read.sum()),
            next=block.next,
            last=block.last,
        )
        tables = {DOCUMENTS: table, **tables}
        write_part(self.prepared.part_path(block.number), info, encoded, tables, arrays, self.database)
        return info

    def _done(self, first: int, texts: Sequence[str]) -> tuple[Sequence[str], dict[str, Columns]]:
        """Some documents after all steps, and what is measured of them. `first`: the number of the first."""
        texts, mended, samples = repair(texts, self.materials.config.repair)
        texts, scrubbed = scrub(texts, self.materials.config.privacy.scrub)
        tables = self._tables(first, texts)
        tables[DOCUMENTS] |= mended | scrubbed
        tables[MENDED] = {**samples, "document": samples["document"] + first}
        return texts, tables

    def _tables(self, first: int, texts: Sequence[str]) -> dict[str, Columns]:
        """What is measured of some documents, by table. `first`: the number of the first, over all parts."""
        batch = Batch(texts)
        tables = {DOCUMENTS: {name: column for measure in self.measures for name, column in measure(batch).items()}}
        if self.materials.index is not None:
            held, tables[SIGHTINGS] = look(batch, self.materials.index, first)
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


def _sizes(encoded: Iterable[bytes]) -> NDArray[np.int64]:
    return np.fromiter(map(len, encoded), dtype=np.int64)


def _places(block: Block) -> Columns:
    """Which documents these are. `lot` decides who is a sample; it depends on nothing but the id."""
    ids = np.array(block.ids, dtype=object)
    return {
        "document": np.arange(block.first, block.first + len(ids), dtype=np.int64),
        "id": ids,
        "source": np.array(block.sources, dtype=np.int32),
        "lot": np.array([_lot(*named) for named in zip(block.sources, block.ids)], dtype=np.uint32),
    }


def _lot(source: int, id: str) -> int:
    return zlib.crc32(f"{source}\0{id}".encode("utf-8", "surrogatepass"))
