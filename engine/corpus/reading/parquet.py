"""Parquet: a document a row, through an in-memory DuckDB. A null is a document without text.

    rows from `first` on -> damage -> the rest of that row group alone -> damage -> its rows are passed over -> go on

A row group that cannot be read costs its rows, every one counted as damaged; those after it are read.
"""

from __future__ import annotations

import glob
from bisect import bisect_right
from typing import TYPE_CHECKING

from engine.corpus.reading.damage import AGAIN, Tally
from engine.corpus.reading.jsonl import Numbered
from engine.corpus.reading.listing import SourceFile
from engine.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FETCH = 1000
"""Rows held at a time."""


def parquet(file: SourceFile, field: str, tally: Tally, first: int = 0) -> Numbered:
    """(row from 1, text), from row `first` on; row groups before it are not read."""
    import duckdb

    pattern = glob.escape(str(file.path))  # DuckDB would take [1] in a file's name for a glob
    with duckdb.connect(config={"threads": 1}) as database:
        try:
            columns = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [pattern]).fetchall()
            ends = _group_ends(database, pattern)
        except duckdb.Error as error:
            tally.skip(str(file.path), "damaged", detail=_line(error), fix=AGAIN)
            return
        _check_column(file, field, {name: type for name, type, *_ in columns})
        done, stop = max(0, first - 1), ends[-1]
        while done < ends[-1]:
            try:
                for number, text in _rows(database, pattern, field, done, stop):
                    yield number, text
                    done = number
                stop = ends[-1]
            except duckdb.OutOfMemoryException:
                raise
            except duckdb.Error as error:
                end = ends[bisect_right(ends, done)]
                if stop == end:
                    tally.skip(f"{file.path}:{done + 1}", "damaged", detail=_line(error), fix=AGAIN, records=end - done)
                    done, stop = end, ends[-1]
                else:
                    stop = end
    tally.consumed(file.size)


def _rows(database: DuckDBPyConnection, pattern: str, field: str, done: int, stop: int) -> Numbered:
    query = "SELECT COLUMNS([?]) FROM read_parquet(?) WHERE file_row_number >= ? AND file_row_number < ?"
    found = database.execute(query, [field, pattern, done, stop])
    number = done
    while batch := found.fetchmany(_FETCH):
        for (text,) in batch:
            number += 1
            yield number, text or ""


def _group_ends(database: DuckDBPyConnection, pattern: str) -> list[int]:
    """The number of rows up to the end of each row group; at least one."""
    query = "SELECT row_group_id, any_value(row_group_num_rows) FROM parquet_metadata(?) GROUP BY ALL ORDER BY ALL"
    ends = [0]
    for _, rows in database.execute(query, [pattern]).fetchall():
        ends.append(ends[-1] + rows)
    return ends


def _check_column(file: SourceFile, field: str, columns: dict[str, str]) -> None:
    if columns.get(field) != "VARCHAR":
        problem = "is not a text column" if field in columns else "no such column"
        raise InputError(problem, where=file.path, key=field, fix=f"set `field` to one of {', '.join(columns)}")


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
