"""Labelled data in a file: .jsonl, .json (a list of objects), .csv or .tsv, as rows that remember their line.

Nothing is guessed: a line that cannot be read, a column that is not there or a value that is no text is an
`InputError` that names the file, the line and what is there instead.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import InputError

FORMATS = (".jsonl", ".json", ".csv", ".tsv")


@dataclass(frozen=True)
class Row:
    """One example. `line`: where it begins in the file, from 1 (in a .json list: which item it is)."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """All the rows of one file; at least one."""

    path: Path
    rows: tuple[Row, ...]

    def columns(self) -> list[str]:
        """Every column that some row has, in order of appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row.values))

    def text(self, column: str, *, key: str) -> list[str]:
        """One column as text. Numbers and booleans become their text; a row without a value is an error."""
        if column not in (there := self.columns()):
            raise InputError(
                f"no column {column!r}", where=self.path, key=key, fix=f"columns there: {', '.join(there[:20])}"
            )
        return [self._value(row, column, key) for row in self.rows]

    def optional_text(self, column: str, *, key: str) -> list[str]:
        """One column as text, empty where a row (or every row) has none."""
        return ["" if row.values.get(column) is None else self._value(row, column, key) for row in self.rows]

    def _value(self, row: Row, column: str, key: str) -> str:
        value = row.values.get(column)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return str(value)
        what = "has no value" if value is None else f"is a {type(value).__name__}, not text"
        raise _bad(self.path, row.line, f"{column!r} {what}", "mend that line", key)


def read_table(path: Path, columns: tuple[str, ...] = (), *, key: str | None = None) -> Table:
    """Read a file of rows. `columns` names those of a .csv or .tsv file that has no header line.

    `key`: what asked for the file, for errors. Raises `InputError`.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{suffix or 'no'} format is not known", where=path, key=key, fix=f"use {', '.join(FORMATS)}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", where=path, key=key, fix="check the path") from None
    except IsADirectoryError:
        raise InputError("this is a folder", where=path, key=key, fix="name a file in it") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _bad(path, line, f"not UTF-8 at byte {error.start}", "save the file as UTF-8", key) from None
    match suffix:
        case ".jsonl":
            rows = tuple(_json_lines(path, text, key))
        case ".json":
            rows = tuple(_json_list(path, text, key))
        case _:
            rows = tuple(_delimited(path, text, "\t" if suffix == ".tsv" else ",", columns, key))
    if not rows:
        raise InputError("there are no rows", where=path, key=key, fix="name a file with at least one")
    return Table(path, rows)


def _json_lines(path: Path, text: str, key: str | None) -> Iterator[Row]:
    # Lines end at LF alone: str.splitlines would also cut at U+2028, which JSON allows inside strings.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _row(path, number, _json(path, number, line, key), key)


def _json_list(path: Path, text: str, key: str | None) -> Iterator[Row]:
    items = _json(path, 1, text, key)
    if not isinstance(items, list):
        raise InputError("is not a list of objects", where=path, key=key, fix="put the rows into [ ]")
    for number, item in enumerate(items, start=1):
        yield _row(path, number, item, key)


def _json(path: Path, line: int, text: str, key: str | None) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise _bad(path, line, f"not valid JSON: {error}", "mend that line", key) from None


def _row(path: Path, line: int, item: Any, key: str | None) -> Row:
    if not isinstance(item, dict):
        raise _bad(path, line, f"is a {type(item).__name__}, not an object", 'write {"column": value, ...}', key)
    return Row(line, item)


def _delimited(path: Path, text: str, mark: str, columns: tuple[str, ...], key: str | None) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)  # texts may be long; the file is in memory already
    # Quotes group in .csv (RFC 4180); in .tsv they are ordinary text (IANA's text/tab-separated-values).
    file = io.StringIO(text, newline="")
    if mark == "\t":
        reader = csv.reader(file, delimiter=mark, quoting=csv.QUOTE_NONE, strict=True)
    else:
        reader = csv.reader(file, delimiter=mark, strict=True)
    names = list(columns)
    begins = 1
    try:
        for fields in reader:
            if fields and not names:
                names = _header(path, fields, begins, key)
            elif fields:
                if len(fields) != len(names):
                    problem = f"{len(fields)} fields where there are {len(names)} columns"
                    raise _bad(path, begins, problem, "quote fields that hold the separator", key)
                yield Row(begins, dict(zip(names, fields)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _bad(path, begins, str(error), "mend that line", key) from None


def _header(path: Path, fields: list[str], line: int, key: str | None) -> list[str]:
    if len(set(fields)) != len(fields):
        raise _bad(path, line, "two columns have one name", "rename one, or give `columns`", key)
    return fields


def _bad(path: Path, line: int, problem: str, fix: str, key: str | None) -> InputError:
    return InputError(f"line {line}: {problem}", where=path, key=key, fix=fix)
