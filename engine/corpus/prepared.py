"""Text that is read, mended and measured, on disk: what a build picks from, and what another build need not do again.

    prepared/<key>/
        about.json                  what it was made from
        part-00000/                 a few megabytes of documents, in the order of the sources
            part.json               which documents, and where the reader stood after them
            text                    their UTF-8, one after the other
            places.npy              (documents + 1): where each begins in `text`, and where the last ends
            documents.parquet       a row a document: its number, id, source, sizes, digest and every measure
            NAME.parquet, NAME.npy  what else a stage left: signatures, paragraphs, shared passages

The key stands for all that can change a text or a measure, and for no threshold. A part is whole or not there. Part
`n + 1` goes on where part `n` ended, so that the parts of any build are the same, whoever made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.corpus.blocks import Cursor
from engine.errors import MachineError
from engine.paths import Workspace, atomic_folder, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from engine.corpus.measure.batch import Columns

_AT_ONCE = 1 << 20
"""Bytes of text up to which documents that stand close together are read in one go."""
DOCUMENTS = "documents"
"""The table that every part has."""


class PartInfo(msgspec.Struct, frozen=True, kw_only=True):
    """`part.json`. Numbers count from 0."""

    number: int
    first: int
    """The number of its first document, over all parts."""
    documents: int
    bytes: int
    """Of prepared text, in UTF-8."""
    read_bytes: int
    """Of the same documents before they were mended."""
    next: Cursor
    """Where the reader goes on."""
    last: bool = False
    """Nothing comes after it."""


class Part:
    """One finished part."""

    def __init__(self, path: Path, info: PartInfo):
        self.path, self.info = path, info

    def table(self, name: str = DOCUMENTS) -> Path:
        """Where a table of its is; perhaps not there, if nothing was found to write into it."""
        return self.path / f"{name}.parquet"

    def array(self, name: str) -> NDArray[Any]:
        """An array of its, mapped into memory."""
        return np.load(self.path / f"{name}.npy", mmap_mode="r")  # type: ignore[no-any-return]

    @cached_property
    def places(self) -> NDArray[np.int64]:
        return np.load(self.path / "places.npy")  # type: ignore[no-any-return]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(documents): bytes of text."""
        return np.diff(self.places)

    def texts(self, rows: Sequence[int] | NDArray[np.int64] | None = None) -> Iterator[str]:
        """Documents by their row in this part, ascending; all of them by default."""
        wanted = np.arange(self.info.documents) if rows is None else np.asarray(rows, dtype=np.int64)
        begins, ends = self.places[wanted].tolist(), self.places[wanted + 1].tolist()
        with (self.path / "text").open("rb") as file:
            if wanted.size and ends[-1] - begins[0] <= _AT_ONCE:
                file.seek(first := begins[0])
                data = file.read(ends[-1] - first)
                yield from (data[begin - first : end - first].decode() for begin, end in zip(begins, ends))
                return
            for begin, end in zip(begins, ends):
                file.seek(begin)
                yield file.read(end - begin).decode()


class Prepared:
    """All parts of one key."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def key(self) -> str:
        return self.path.name

    def part_path(self, number: int) -> Path:
        return self.path / f"part-{number:05d}"

    def part(self, number: int) -> Part | None:
        """A part if it is finished."""
        path = self.part_path(number)
        try:
            return Part(path, msgspec.json.decode((path / "part.json").read_bytes(), type=PartInfo))
        except FileNotFoundError:
            return None

    def __iter__(self) -> Iterator[Part]:
        """The finished parts from the first up to the first gap."""
        number = 0
        while part := self.part(number):
            yield part
            number += 1

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parts, once all are finished."""
        return tuple(self)

    @cached_property
    def _firsts(self) -> NDArray[np.int64]:
        return np.array([part.info.first for part in self.parts], dtype=np.int64)

    @property
    def documents(self) -> int:
        return sum(part.info.documents for part in self.parts)

    @property
    def bytes(self) -> int:
        return sum(part.info.bytes for part in self.parts)

    def tables(self, name: str = DOCUMENTS) -> list[str]:
        """A table's files in the order of documents, for `read_parquet`; only those parts that have it."""
        return [str(path) for part in self.parts if (path := part.table(name)).exists()]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(documents): bytes of prepared text."""
        return np.concatenate([part.sizes for part in self.parts])

    def tables_of(self, documents: Sequence[int], name: str = DOCUMENTS) -> list[str]:
        """As `tables`, of those parts that hold some documents; numbers below 0 are nobody's."""
        numbers = np.array([number for number in documents if number >= 0], dtype=np.int64)
        owners = np.unique(np.searchsorted(self._firsts, numbers, side="right") - 1)
        return [str(path) for owner in owners if (path := self.parts[owner].table(name)).exists()]

    def text(self, document: int) -> str:
        """One document's prepared text, by its number."""
        return next(self.texts([document]))

    def texts(self, documents: Sequence[int] | NDArray[np.int64]) -> Iterator[str]:
        """Documents by number. Quick where they ascend; each part's file is opened once for a stretch of them."""
        numbers = np.asarray(documents, dtype=np.int64)
        owners = np.searchsorted(self._firsts, numbers, side="right") - 1
        for stretch in np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(owners)) + 1):
            if len(stretch):
                part = self.parts[owners[stretch[0]]]
                yield from part.texts(numbers[stretch] - part.info.first)


def prepared_folder(workspace: Workspace) -> Path:
    """Where all prepared text of a workspace stands."""
    return workspace.home / "prepared"


def prepared_at(workspace: Workspace, key: str) -> Prepared:
    return Prepared(prepared_folder(workspace) / key)


def write_part(
    path: Path,
    info: PartInfo,
    texts: Sequence[bytes],
    tables: Mapping[str, Columns],
    arrays: Mapping[str, NDArray[Any]],
    database: DuckDBPyConnection,
) -> None:
    """Put a part where others will find it, whole at once. Tables without rows are left out."""
    places = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=places[1:])
    with atomic_folder(path) as draft:
        (draft / "text").write_bytes(b"".join(texts))
        for name, array in {"places": places, **arrays}.items():
            np.save(draft / f"{name}.npy", array)
        for name, columns in tables.items():
            if len(next(iter(columns.values()))):
                write_table(draft / f"{name}.parquet", columns, database)
        write_atomic(draft / "part.json", msgspec.json.encode(info))


def write_table(path: Path, columns: Columns, database: DuckDBPyConnection) -> None:
    """Columns of one length as a Parquet file. Text columns are object arrays. Raises as `writing` does."""
    database.register("columns", columns)
    with writing(path):
        database.execute("COPY (FROM columns) TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
    database.unregister("columns")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What DuckDB raises on a full disk is a `MachineError` that names the file."""
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        raise MachineError(f"{path} cannot be written: {str(error).splitlines()[0]}") from None
