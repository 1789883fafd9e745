"""Some documents of a selection, to be looked at: each with its measure, and beside the one kept in its place.

    numbers of documents -> id, source, measure from the parts that hold them -> text -> Sample

A build's report and a preview's show the same of a document. Below 0 stand another corpus's documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.corpus.prepared import Prepared
from engine.corpus.report import Sample, snippet
from engine.corpus.rules.verdict import quoted
from engine.corpus.select import JUDGED, Selection

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Sampler:
    """`names`: those of the sources, by number."""

    def __init__(
        self, prepared: Prepared, selection: Selection, names: Sequence[str], database: DuckDBPyConnection
    ) -> None:
        self.prepared, self.selection, self.names, self.database = prepared, selection, names, database

    def samples(self, documents: Sequence[int], measure: str = "") -> list[Sample]:
        """In this order. `measure`: what to tell of each; where there is no such measure, nothing is."""
        values = self._values(documents, measure)
        replaced = self._replacements(documents)
        facts = self.facts([*documents, *(kept for kept, _ in replaced.values())])
        return [self._one(document, facts, values, replaced) for document in documents]

    def _one(
        self,
        document: int,
        facts: dict[int, tuple[str, str]],
        values: dict[int, float],
        replaced: dict[int, tuple[int, float]],
    ) -> Sample:
        id, source = facts[document]
        kept, similarity = replaced.get(document, (None, None))
        return Sample(
            id=id,
            source=source,
            text=snippet(self._text(document)),
            kept="" if kept is None else "{} in {}".format(*facts[kept]),
            kept_text="" if kept is None else snippet(self._text(kept)),
            similarity=similarity,
            value=values.get(document),
            document=max(-1, document),
        )

    def _text(self, document: int) -> str:
        """A prepared text, or, below 0, another corpus's document."""
        known = self.selection.known
        return self.prepared.text(document) if document >= 0 else known.texts(np.array([document + len(known)]))[0]

    def facts(self, documents: Iterable[int]) -> dict[int, tuple[str, str]]:
        """(id, name of the source) of some documents; of another corpus's, its place there and that corpus."""
        wanted = list(documents)
        rows = self.about(wanted, "document, id, source")
        known = self.selection.known
        called = known.called(document + len(known) for document in wanted if document < 0)
        others = {number - len(known): name for number, name in called.items()}
        return others | {document: (id, self.names[source]) for document, id, source in rows}

    def _values(self, documents: Sequence[int], measure: str) -> dict[int, float]:
        if measure == JUDGED and self.selection.scores is not None:
            return {document: float(self.selection.scores[document]) for document in documents}
        if self.columns.get(measure, "VARCHAR") in ("VARCHAR", "BLOB") or not documents:
            return {}
        rows = self.about(documents, f"document, {quoted(measure)}")
        return {document: float(value) for document, value in rows if value is not None}

    @cached_property
    def columns(self) -> dict[str, str]:
        """The type of each, by name."""
        described = self.database.execute("DESCRIBE FROM read_parquet($1)", [self.prepared.tables()[:1]]).fetchall()
        return {name: type for name, type, *_ in described}

    def _replacements(self, documents: Sequence[int]) -> dict[int, tuple[int, float]]:
        """document -> (the one kept in its place, their similarity)."""
        replaced = self.selection.replaced
        if not len(replaced.dropped):
            return {}
        wanted = np.asarray(documents, dtype=np.int64)
        at = np.minimum(np.searchsorted(replaced.dropped, wanted), len(replaced.dropped) - 1)
        there = replaced.dropped[at] == wanted
        return {
            int(document): (int(replaced.kept[row]), float(replaced.similarity[row]))
            for document, row in zip(wanted[there], at[there])
        }

    def about(self, documents: Sequence[int], columns: str) -> list[tuple[Any, ...]]:
        """Some columns of some documents; only their parts are opened."""
        tables = self.prepared.tables_of(documents)
        query = f"SELECT {columns} FROM read_parquet($1) WHERE document IN (FROM unnest($2))"
        return self.database.execute(query, [tables, list(documents)]).fetchall() if tables else []
