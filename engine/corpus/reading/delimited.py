"""CSV and TSV: a document a row, its text in one column; the first row names the columns."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

from engine.corpus.reading.damage import AGAIN, BrokenFile, Tally
from engine.corpus.reading.jsonl import Numbered, split_lines
from engine.corpus.reading.listing import SourceFile
from engine.corpus.reading.unpack import unpacked
from engine.errors import InputError


def delimited(file: SourceFile, field: str, mark: str, tally: Tally, first: int = 0) -> Numbered:
    """(line that the row begins at, text). Quotes group in CSV (RFC 4180); in TSV they are ordinary text (IANA)."""
    csv.field_size_limit(sys.maxsize)  # the standard library's own bound is 131,072 characters
    lines = _lines(file, tally)
    rows = csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_NONE) if mark == "\t" else csv.reader(lines)
    column, width, began = -1, 0, 1
    try:
        for row in rows:
            place = f"{file.path}:{began}"
            if column < 0:
                column, width = _column(row, field, file), len(row)
            elif began >= first and row:
                if len(row) != width:
                    detail = f"{len(row)} where there are {width} columns"
                    tally.skip(place, "fields", detail=detail, fix="quote fields that hold the separator")
                elif not _whole(row[column]):
                    tally.skip(place, "not UTF-8", fix="save the file as UTF-8")
                else:
                    yield began, row[column]
            began = rows.line_num + 1
    except (BrokenFile, csv.Error) as error:
        tally.skip(f"{file.path}:{rows.line_num + 1}", "damaged", detail=str(error), fix=AGAIN)


def _lines(file: SourceFile, tally: Tally) -> Iterator[str]:
    """Lines with their ends. What is no UTF-8 passes as surrogates, to be found in the row that it belongs to."""
    for line in split_lines(unpacked(file.path, tally.consumed)):
        yield line.decode("utf-8", "surrogateescape") + "\n"


def _whole(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _column(names: list[str], field: str, file: SourceFile) -> int:
    names[0] = names[0].removeprefix("\ufeff")
    if field not in names:
        fix = f"set `field` to one of {', '.join(names)}"
        raise InputError("no such column", where=file.path, key=field, fix=fix)
    return names.index(field)
