"""From a source in the configuration to documents, one at a time.

    .txt .md                a document a file, or several, at a separator
    .jsonl .json            a document a line, or an item of a list
    .csv .tsv .parquet      a document a row
    hub                     files of a data set on a hub, each read while the next is fetched
    python-docs             a document a docstring

All but Parquet may be packed (.gz .zst). Files come in the order of their paths inside the source, whatever order the
disk lists them in, and ids leave the machine's folders out: the same files give the same corpus anywhere. Reading can
begin at any document's place; files before it are not opened.

Damaged records are skipped and counted. More than the source's tolerance is an `InputError` that names the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from engine.config.schema import CorpusConfig, SourceConfig
from engine.corpus import python_docs
from engine.corpus.documents import START, Document, Place
from engine.corpus.reading.damage import Damage, Tally
from engine.corpus.reading.delimited import delimited
from engine.corpus.reading.hub import PATIENT, Waiting, check_dataset, hub_files
from engine.corpus.reading.jsonl import Numbered, json_file, jsonl
from engine.corpus.reading.listing import LocalFile, SourceFile, files_at, format_of
from engine.corpus.reading.parquet import parquet
from engine.corpus.reading.plain import pieces
from engine.errors import InputError


def source_name(source: SourceConfig) -> str:
    """How reports call a source."""
    return source.name or (source.path if source.type == "files" else source.dataset or source.type)


def check_sources(config: CorpusConfig, *, where: object = None) -> None:
    """Raise `InputError` for a source that has nothing to read. Looks at names only, so it is quick."""
    if not config.sources:
        raise InputError("there is none", where=where, key="sources", fix="add a [[sources]] table")
    for index, source in enumerate(config.sources):
        if source.type == "files":
            files(source, where=where, key=f"sources[{index}].path")
        elif source.type == "python-docs":
            _check_modules(source, where, f"sources[{index}].only")
        else:
            check_dataset(source.dataset, where=where, key=f"sources[{index}].dataset")


def files(source: SourceConfig, *, where: object = None, key: str = "path") -> Sequence[LocalFile]:
    """The files of a local source, in order."""
    if not source.path:
        raise InputError("is missing", where=where, key=key, fix="name a file, a folder or a glob")
    return files_at(Path(source.path), where=where, key=key)


def source_files(source: SourceConfig, waiting: Waiting = PATIENT) -> Sequence[SourceFile]:
    """The files of any source that has some, in order; those on a hub are not fetched by this."""
    match source.type:
        case "files":
            return files(source)
        case "hub":
            return hub_files(source, waiting)
    return ()


def packed_size(source: SourceConfig) -> int:
    """Bytes of a source's files, packed as they are; 0: it has none."""
    return sum(file.size for file in source_files(source))


def documents(
    source: SourceConfig, start: Place = START, damage: Damage | None = None, waiting: Waiting = PATIENT
) -> Iterator[Document]:
    """Every document of one source from a place on, with `\\n` line ends and no space around it.

    `damage` goes on being counted where it stands: with what was found before `start`, if that was read earlier. After
    each document it holds what was found up to there. Raises `InputError` as soon as too much is damaged.
    `waiting`: what happens while a file is fetched.
    """
    damage = Damage() if damage is None else damage
    if source.type == "python-docs":
        found = _docstrings(source, start)
    else:
        listed = source_files(source, waiting)
        before, after = listed[: start.file], listed[start.file :]
        tally = Tally(damage, source.tolerance, sum(f.size for f in listed), sum(f.size for f in before))
        found = _in_files(source, after, start, tally)
    for document in found:
        damage.records += 1
        yield document


def _in_files(source: SourceConfig, listed: Sequence[SourceFile], start: Place, tally: Tally) -> Iterator[Document]:
    name = source_name(source)
    for number, file in enumerate(listed, start=start.file):
        first = start.item if number == start.file else 0
        for id, item, text in _read(file, source, tally, first):
            yield Document(id, text.replace("\r\n", "\n").strip(), name, place=Place(number, item))
        tally.file_done(file.size)
    tally.finish()


def _read(file: SourceFile, source: SourceConfig, tally: Tally, first: int) -> Iterator[tuple[str, int, str]]:
    """(id, item, text) of each document in one file."""
    format = format_of(file.label)
    if format == "txt":
        for number, line, text in pieces(file, source.separator, tally, first):
            yield f"{file.label}:{line}" if source.separator else file.label, number, text
        return
    for number, text in _ROWS[format or ""](file, source.field, tally, first):
        yield f"{file.label}:{number}", number, text


def _csv(file: SourceFile, field: str, tally: Tally, first: int) -> Numbered:
    return delimited(file, field, ",", tally, first)


def _tsv(file: SourceFile, field: str, tally: Tally, first: int) -> Numbered:
    return delimited(file, field, "\t", tally, first)


_ROWS: dict[str, Callable[[SourceFile, str, Tally, int], Numbered]] = {
    "jsonl": jsonl, "json": json_file, "csv": _csv, "tsv": _tsv, "parquet": parquet,
}  # fmt: skip


def _docstrings(source: SourceConfig, start: Place) -> Iterator[Document]:
    name = source_name(source)
    entries = enumerate(python_docs.entries(source.include, source.exclude, source.only), start=1)
    for number, entry in islice(entries, max(0, start.item - 1), None):
        yield Document(entry.id, entry.text, name, entry.module, entry.qualname, entry.kind, Place(0, number))


def _check_modules(source: SourceConfig, where: object, key: str) -> None:
    if not source.only:
        return
    known = python_docs.modules()
    for name in source.only:
        if not any(module == name or module.startswith(name + ".") for module in known):
            fix = "name modules of this Python's standard library, such as email or xml.dom"
            raise InputError(f"no module {name!r}", where=where, key=key, fix=fix)
