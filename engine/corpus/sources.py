"""From a source in the configuration to documents, one at a time.

    .txt .md           a document a file, or several, at a separator
    .jsonl             a document a line
    .parquet           a document a row
    python-docs        a document a docstring

The text ones may be packed (.gz .zst). Files come in the order of their paths inside the source, whatever order the
disk lists them in, and ids leave the machine's folders out: the same files give the same corpus anywhere.
Damaged input is an `InputError` that names the file and the line.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from engine.config.schema import CorpusConfig, SourceConfig
from engine.corpus import python_docs
from engine.corpus.compressed import DAMAGE, open_bytes
from engine.corpus.documents import Document
from engine.errors import InputError

_KNOWN = re.compile(r".*\.(?:(?P<text>txt|md)|(?P<lines>jsonl))(\.gz|\.zst)?|.*\.(?P<table>parquet)", re.IGNORECASE)
_FORMATS = ".txt .md .jsonl (also .gz .zst) .parquet"
_CHUNK = 1 << 20


def source_name(source: SourceConfig) -> str:
    """How reports call a source."""
    return source.name or (source.path if source.type == "files" else source.type)


def check_sources(config: CorpusConfig, *, where: object = None) -> None:
    """Raise `InputError` for a source that has nothing to read. Looks at names only, so it is quick."""
    if not config.sources:
        raise InputError("there is none", where=where, key="sources", fix="add a [[sources]] table")
    for index, source in enumerate(config.sources):
        if source.type == "files":
            files(source, where=where, key=f"sources[{index}].path")
        else:
            _check_modules(source, where, f"sources[{index}].only")


def documents(source: SourceConfig) -> Iterator[Document]:
    """Every document of one source, in a fixed order, with `\\n` line ends and no space around it."""
    name = source_name(source)
    if source.type == "python-docs":
        for entry in python_docs.entries(source.include, source.exclude, source.only):
            yield Document(entry.id, entry.text, name, entry.module, entry.qualname, entry.kind)
        return
    for label, path in files(source):
        for id, text in _read(label, path, source):
            yield Document(id, text.replace("\r\n", "\n").strip(), name)


def files(source: SourceConfig, *, where: object = None, key: str = "path") -> list[tuple[str, Path]]:
    """The files of a source with their labels (paths inside the source), sorted by label.

    Hidden files, and in folders files of other formats, are passed over.
    """
    if not source.path:
        raise InputError("is missing", where=where, key=key, fix="name a file, a folder or a glob")
    path = Path(source.path)
    if path.is_file():
        if not _KNOWN.fullmatch(path.name):
            raise InputError(f"{path} is in no format known here", where=where, key=key, fix=f"use {_FORMATS}")
        return [(path.name, path)]
    folder, found = _listing(path)
    labelled = {p.relative_to(folder).as_posix(): p for p in found if _KNOWN.fullmatch(p.name) and p.is_file()}
    if not labelled:
        problem = f"nothing to read at {path}" if found or path.is_dir() else f"no such file or folder: {path}"
        raise InputError(problem, where=where, key=key, fix=f"check the path; files may be {_FORMATS}")
    return sorted(labelled.items())


def _listing(path: Path) -> tuple[Path, list[Path]]:
    """A folder's files, or a glob's matches, and the folder that their labels start from."""
    if path.is_dir():
        return path, [p for p in path.rglob("*") if not _hidden(p.relative_to(path))]
    magic = next((i for i, part in enumerate(path.parts) if glob.has_magic(part)), None)
    if magic is None:
        return path, []
    folder = Path(*path.parts[:magic])
    return folder, [p for p in folder.glob(str(Path(*path.parts[magic:]))) if not _hidden(p.relative_to(folder))]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _check_modules(source: SourceConfig, where: object, key: str) -> None:
    if not source.only:
        return
    known = python_docs.modules()
    for name in source.only:
        if not any(module == name or module.startswith(name + ".") for module in known):
            fix = "name modules of this Python's standard library, such as email or xml.dom"
            raise InputError(f"no module {name!r}", where=where, key=key, fix=fix)


def _read(label: str, path: Path, source: SourceConfig) -> Iterator[tuple[str, str]]:
    """(id, text) of each document in one file."""
    match = _KNOWN.fullmatch(path.name)
    if match and match["table"]:
        yield from _parquet(label, path, source.field)
        return
    with open_bytes(path) as file:
        if match and match["lines"]:
            yield from _jsonl(label, path, file, source.field)
        else:
            yield from _text(label, path, file, source.separator)


def _text(label: str, path: Path, file: BinaryIO, separator: str) -> Iterator[tuple[str, str]]:
    line = 1
    for piece in _pieces(path, file, separator.encode()):
        text = _utf8(piece, path, line)
        # The document begins at its first line that is not blank.
        blank = len(text) - len(text.lstrip())
        if text.strip():
            yield (f"{label}:{line + text.count(chr(10), 0, blank)}" if separator else label), text
        line += piece.count(b"\n") + separator.count("\n")


def _pieces(path: Path, file: BinaryIO, separator: bytes) -> Iterator[bytes]:
    """The file cut at the separator, no more of it in memory than a piece and a chunk."""
    rest = b""
    for chunk in _chunks(path, file):
        joined = rest + chunk
        if separator:
            *whole, rest = joined.replace(b"\r\n", b"\n").split(separator)
            yield from whole
        else:
            rest = joined
    yield rest


def _chunks(path: Path, file: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
    except DAMAGE as error:
        raise _damaged(path, error) from None


def _utf8(data: bytes, path: Path, line: int) -> str:
    """`data`, which begins at a line, as text; a byte order mark is dropped."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = line + data.count(b"\n", 0, error.start)
        raise InputError("not UTF-8", where=f"{path}:{at}", fix="save the file as UTF-8") from None


def _jsonl(label: str, path: Path, file: BinaryIO, field: str) -> Iterator[tuple[str, str]]:
    number = 0
    try:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{label}:{number}", _field(line, field, f"{path}:{number}")
    except DAMAGE as error:
        raise _damaged(f"{path}:{number + 1}", error) from None


def _field(line: bytes, field: str, place: str) -> str:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not JSON: {error}", where=place, fix="mend or remove that line") from None
    if not isinstance(row, dict):
        raise InputError("not a JSON object", where=place, fix=f'each line must look like {{"{field}": "..."}}')
    text = row.get(field)
    if not isinstance(text, str):
        problem = "is not text" if field in row else "is missing"
        raise InputError(problem, where=place, key=field, fix=f"set `field` to one of {', '.join(row) or 'none'}")
    return text


def _parquet(label: str, path: Path, field: str) -> Iterator[tuple[str, str]]:
    """Rows through an in-memory DuckDB, a thousand at a time. A null counts as a document without text."""
    import duckdb

    pattern = glob.escape(str(path))  # DuckDB would take [1] in a file's name for a glob
    with duckdb.connect() as database:
        try:
            described = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [pattern]).fetchall()
            columns = {row[0]: row[1] for row in described}
            if columns.get(field) != "VARCHAR":
                problem = "is not a text column" if field in columns else "no such column"
                raise InputError(problem, where=path, key=field, fix=f"set `field` to one of {', '.join(columns)}")
            rows = database.execute("SELECT COLUMNS([?]) FROM read_parquet(?)", [field, pattern])
            number = 0
            while batch := rows.fetchmany(1000):
                for (text,) in batch:
                    number += 1
                    yield f"{label}:{number}", text or ""
        except duckdb.Error as error:
            raise _damaged(path, str(error).splitlines()[0]) from None


def _damaged(place: object, error: object) -> InputError:
    return InputError(f"damaged: {error}", where=place, fix="fetch or write the file again")
