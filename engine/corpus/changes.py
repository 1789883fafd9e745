"""What repair and scrubbing did to the documents that were kept, from the columns that they left in the parts.

    mended_STEP, scrubbed_KIND (things changed), ..._bytes (by how much shorter)  ->  a Change for each, with samples

Samples are of repair alone: a report is no place to keep the personal data that was taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from engine.corpus.prepared import Prepared
from engine.corpus.report import SAMPLES, Change, ChangeSample

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MENDED = "mended"
"""The table of samples in a part: `document`, `step`, `before`, `after`."""
_PREFIXES = ("mended_", "scrubbed_")
_BYTES = "_bytes"
Named = Callable[[Iterable[int]], dict[int, tuple[str, str]]]
"""(id, name of the source) of documents, by their numbers."""


def changes(prepared: Prepared, named: Named, database: DuckDBPyConnection) -> list[Change]:
    """Every step that changed a kept document, in the order of the steps. Reads the table `verdicts`."""
    tables = prepared.tables()
    described = database.execute("DESCRIBE FROM read_parquet($1)", [tables[:1]]).fetchall()  # all have the same
    columns = [name for name, *_ in described if name.startswith(_PREFIXES) and not name.endswith(_BYTES)]
    if not columns:
        return []
    sums = ", ".join(f'count_if("{c}" > 0), sum("{c}"), sum("{c}{_BYTES}")' for c in columns)
    query = f"SELECT {sums} FROM read_parquet($1) JOIN verdicts USING (document) WHERE verdict = 0"
    row = [int(value or 0) for value in database.execute(query, [tables]).fetchall()[0]]
    found = [
        Change(step=column.split("_", 1)[1], documents=documents, count=count, bytes=size)
        for column, documents, count, size in zip(columns, row[::3], row[1::3], row[2::3])
        if documents
    ]
    _sample(found, prepared, named, database)
    return found


def _sample(found: list[Change], prepared: Prepared, named: Named, database: DuckDBPyConnection) -> None:
    """A few of each step from the beginning, the middle and the end of the corpus."""
    if not (tables := prepared.tables(MENDED)):
        return
    query = (
        f"SELECT step, min_by(document, hash(document), {SAMPLES}) FROM read_parquet($1) JOIN verdicts USING (document)"
        " WHERE verdict = 0 GROUP BY step"
    )
    drawn = {(document, step) for step, numbers in database.execute(query, [tables]).fetchall() for document in numbers}
    wanted = sorted({document for document, _ in drawn})
    query = (
        "SELECT document, step, before, after FROM read_parquet($1) WHERE document IN (FROM unnest($2))"
        " ORDER BY document"
    )
    tables = prepared.tables_of(wanted, MENDED)
    rows = [row for row in database.execute(query, [tables, wanted]).fetchall() if row[:2] in drawn] if tables else []
    names = named({document for document, *_ in rows})
    for document, step, before, after in rows:
        id, source = names[document]
        for change in found:
            if change.step == step:
                change.samples.append(ChangeSample(id=id, source=source, before=before, after=after))
