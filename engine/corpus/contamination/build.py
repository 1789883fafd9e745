"""What a build does about test items: looks in every batch, chooses who goes, and records what was found.

index_for(config)                      None: there is nothing to look for
in a worker: look(batch, index)     -> columns `contaminated`, `contaminated_share`; rows of the table `SIGHTINGS`
holders(prepared)                   -> documents that hold an item, for `action = "drop"`
recorded(index, prepared)           -> a `SuiteCheck` a suite, for `record.save_with_corpus`
for_report(checks)                  -> a few, to be looked at
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import ContaminationConfig, SourceConfig
from engine.corpus.contamination.index import Index, build_index
from engine.corpus.contamination.items import load_test_sets
from engine.corpus.contamination.measure import columns, find
from engine.corpus.contamination.record import Found, Place, SuiteCheck
from engine.corpus.contamination.sightings import checks, sightings
from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.prepared import Prepared
from engine.corpus.report import Contaminated, CorpusReport, TestSetCount
from engine.corpus.sources import source_name
from engine.paths import Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SHOWN = 20
"""Items in the report."""
SIGHTINGS = "contamination"
"""The table of a part that says which item was seen in which document; only where one was."""


def index_for(workspace: Workspace, config: ContaminationConfig, *, where: object) -> Index | None:
    """What a configuration wants looked for. Raises `InputError` for what is no suite, or has something wrong."""
    if not config.suites:
        return None
    return build_index(load_test_sets(workspace, config.suites, where=where, key="contamination.suites"), config.ngram)


def look(batch: Batch, index: Index, first: int = 0) -> tuple[Columns, Columns]:
    """A batch's measures, and its rows of `SIGHTINGS`. `first`: the number of its first document."""
    hits = find(batch, index)
    return columns(hits, len(batch)), sightings(batch, hits, first)


def holders(prepared: Prepared, database: DuckDBPyConnection) -> NDArray[np.int64]:
    """The documents that hold an item, by number, ascending."""
    tables = prepared.tables(SIGHTINGS)
    if not tables:
        return np.empty(0, dtype=np.int64)
    found = database.execute("SELECT DISTINCT document FROM read_parquet($1) ORDER BY document", [tables])
    return found.fetchnumpy()["document"]


def recorded(
    index: Index, prepared: Prepared, sources: Sequence[SourceConfig], database: DuckDBPyConnection
) -> list[SuiteCheck]:
    """What was found of every suite. The database has the table `verdicts`."""
    return checks(index, _seen(prepared, [source_name(source) for source in sources], database))


def _seen(prepared: Prepared, sources: Sequence[str], database: DuckDBPyConnection) -> Iterator[tuple[int, Place]]:
    tables = prepared.tables(SIGHTINGS)
    if not tables:
        return
    database.execute(
        """SELECT c.item, d.id, d.source, c.share, c.run, c.passage,
                  CASE WHEN v.verdict > 0 THEN 'dropped' WHEN v.heldout THEN 'heldout' ELSE 'train' END
           FROM read_parquet($1) c JOIN read_parquet($2) d USING (document) JOIN verdicts v USING (document)
           ORDER BY c.item, c.document""",
        [tables, prepared.tables()],
    )
    while rows := database.fetchmany(10_000):
        for item, id, source, share, run, passage, fate in rows:
            yield item, Place(document=id, source=sources[source], fate=fate, share=share, run=run, passage=passage)


def tell(report: CorpusReport, checks: Sequence[SuiteCheck], prepared: Prepared, database: DuckDBPyConnection) -> None:
    """Put into the report what was found of each suite, and some items, each beside the passage that holds most of it.

    Those shown are from every suite in turn, the surest first. The database has the table `verdicts`.
    """
    report.test_sets = [
        TestSetCount(
            suite=check.suite,
            items=len(check.keys) + len(check.untold),
            untold=len(check.untold),
            found=len(check.found),
            learned=check.learned,
        )
        for check in checks
    ]
    ordered = [sorted(check.found, key=lambda item: -item.places[0].share) for check in checks]
    turns = [(check, item) for turn in zip_longest(*ordered) for check, item in zip(checks, turn, strict=True) if item]
    report.contaminated = [_shown(check, item) for check, item in turns[:_SHOWN]]
    report.marked_documents = _marked(prepared, database)


def _marked(prepared: Prepared, database: DuckDBPyConnection) -> int:
    tables = prepared.tables(SIGHTINGS)
    if not tables:
        return 0
    question = """SELECT count(DISTINCT document) FROM read_parquet($1) JOIN verdicts USING (document)
                  WHERE verdict = 0"""
    ((count,),) = database.execute(question, [tables]).fetchall()
    return int(count)


def _shown(check: SuiteCheck, item: Found) -> Contaminated:
    place = item.places[0]
    return Contaminated(
        suite=check.suite,
        item=item.id,
        item_text=item.text,
        id=place.document,
        source=place.source,
        passage=place.passage,
        share=place.share,
        dropped=place.fate == "dropped",
    )
