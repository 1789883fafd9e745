"""Graftline's near-duplicate removal with nothing around it: `python -m bench.own_dedup TEXTS OUT WORKERS`.

    TEXTS/*.jsonl -> blocks -> workers: words, signatures, parts -> pairs -> who stays -> OUT/kept.jsonl, OUT/kept

The build's own functions on its own parts, without repair, measures and tokens: what the peers' tools do too. Each
reads JSON lines and writes the documents that stay.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from engine.config.corpus import SourceConfig
from engine.corpus.blocks import Block, Cursor, Reader
from engine.corpus.dedup.known import Known
from engine.corpus.dedup.near import SIGNATURES, TWINS, near_pairs, signed
from engine.corpus.dedup.pairs import representatives
from engine.corpus.dedup.resolve import resolve
from engine.corpus.measure.batch import Batch
from engine.corpus.pool import in_order
from engine.corpus.prepared import DOCUMENTS, PartInfo, Prepared, write_part
from engine.corpus.reading.hub import PATIENT
from engine.corpus.select import column

THRESHOLD = 0.7
MEMORY = 256 << 20
BLOCK = 4 << 20
"""Bytes of text."""
TOGETHER = 64
"""Documents whose words are found at once."""


class Signer:
    """A worker: one block becomes one part, with signatures and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.prepared, self.database = Prepared(folder), duckdb.connect(config={"threads": 1})

    def __call__(self, block: Block) -> None:
        texts = block.texts
        found = [signed(Batch(texts[first : first + TOGETHER])) for first in range(0, len(texts), TOGETHER)]
        columns = {name: np.concatenate([columns[name] for columns in found]) for name in (SIGNATURES, TWINS)}
        encoded = [text.encode() for text in block.texts]
        sizes = np.array([len(text) for text in encoded], dtype=np.int64)
        table = {
            "document": np.arange(block.first, block.first + len(encoded)), "id": np.array(block.ids, dtype=object),
            "bytes": sizes, TWINS: columns[TWINS],
        }  # fmt: skip
        info = PartInfo(
            number=block.number, first=block.first, documents=len(encoded), bytes=int(sizes.sum()),
            read_bytes=int(sizes.sum()), next=block.next, last=block.last,
        )  # fmt: skip
        arrays = {SIGNATURES: columns[SIGNATURES]}
        write_part(self.prepared.part_path(block.number), info, encoded, {DOCUMENTS: table}, arrays, self.database)


def main(texts: Path, out: Path, workers: int) -> None:
    folder = out / "prepared"
    folder.mkdir(parents=True)
    reader = Reader([SourceConfig(path=str(texts))], Cursor(), BLOCK, PATIENT)
    for _ in in_order(partial(Signer, folder), reader.blocks(), workers):
        pass
    prepared, database = Prepared(folder), duckdb.connect()
    columns = column(prepared, database, "id", TWINS)
    pairs = near_pairs(
        prepared, Known([]), THRESHOLD, database, workers=workers, memory=MEMORY, tell=lambda documents, size: None
    )
    everyone = np.ones(prepared.documents, dtype=np.bool_)
    by = resolve(pairs, representatives(columns[TWINS], MEMORY), everyone, THRESHOLD).by
    kept = np.flatnonzero(by == np.arange(len(by)))
    ids = columns["id"][kept]
    with (out / "kept.jsonl").open("wb") as file:
        for id, text in zip(ids, prepared.texts(kept)):
            file.write(msgspec.json.encode({"id": id, "text": text}) + b"\n")
    (out / "kept").write_text("".join(f"{id}\n" for id in ids))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
