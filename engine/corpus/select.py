"""Which documents stay: one verdict a document, from the measures of all parts. No text is read.

    prepared parts + thresholds -> rules -> exact duplicates -> near duplicates -> contamination -> Selection

A document is dropped by the first of these that it breaks, and that one is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig
from engine.corpus.prepared import Prepared

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Numbers = NDArray[np.int64]


class Criterion(NamedTuple):
    """One thing that drops documents."""

    name: str
    reason: str
    low: float | None = None
    high: float | None = None


@dataclass
class Replaced:
    """Documents that went because of others, in the order of the documents."""

    dropped: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    kept: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    similarity: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))


class Selection:
    """The verdict on every document."""

    def __init__(self, documents: int):
        self.criteria: list[Criterion] = []
        """In the order in which they are tried."""
        self.verdict: NDArray[np.uint8] = np.zeros(documents, dtype=np.uint8)
        """(documents): 0 keeps; else one more than the place of what dropped it in `criteria`."""
        self.replaced = Replaced()

    @property
    def kept(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self.verdict == 0
        return kept

    def drop(self, criterion: Criterion, documents: Numbers) -> None:
        """Documents by number; those that are dropped already are left alone."""
        self.criteria.append(criterion)
        self.verdict[documents[self.verdict[documents] == 0]] = len(self.criteria)


def select(prepared: Prepared, config: CorpusConfig, database: DuckDBPyConnection) -> Selection:
    """The verdicts under a configuration's thresholds."""
    selection = Selection(prepared.documents)
    _by_rules(selection, prepared, database)
    if config.dedup.exact:
        _duplicates(selection, prepared, database)
    return selection


_RULES = (
    (Criterion("empty", "no text"), "chars = 0"),
    (Criterion("min_chars", "shorter than min_chars", 20), "chars < 20"),
    (Criterion("min_alphabetic", "too few letters and spaces", 0.5), "alphabetic < 0.5"),
    (Criterion("max_repeated_lines", "too many repeated lines", None, 0.3), "repeated_lines > 0.3"),
    (Criterion("max_symbol_words", "too many words that are symbols", None, 0.3), "symbol_words > 0.3"),
    (Criterion("mean_word_length", "odd word lengths", 2, 15), "mean_word_length NOT BETWEEN 2 AND 15"),
)


def _by_rules(selection: Selection, prepared: Prepared, database: DuckDBPyConnection) -> None:
    for criterion, breaks in _RULES:
        found = database.execute(f"SELECT document FROM read_parquet($1) WHERE {breaks}", [prepared.tables()])
        selection.drop(criterion, found.fetchnumpy()["document"])


def _duplicates(selection: Selection, prepared: Prepared, database: DuckDBPyConnection) -> None:
    """Of kept documents with one digest the first stays."""
    columns = column(prepared, database, "document", "digest_0", "digest_1")
    kept = selection.kept[columns["document"]]
    digests = np.stack([columns["digest_0"][kept], columns["digest_1"][kept]], axis=1).view("V16").ravel()
    numbers = columns["document"][kept]
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    firsts = numbers[first[inverse]]
    again = firsts != numbers
    selection.drop(Criterion("duplicate", "the same text but for whitespace"), numbers[again])
    selection.replaced = Replaced(numbers[again], firsts[again], np.ones(int(again.sum()), dtype=np.float32))


def column(prepared: Prepared, database: DuckDBPyConnection, *names: str) -> dict[str, NDArray[Any]]:
    """Whole columns of the documents' table, in the order of documents."""
    listed = ", ".join(f'"{name}"' for name in names)
    found = database.execute(f"SELECT {listed} FROM read_parquet($1) ORDER BY document", [prepared.tables()])
    return dict(found.fetchnumpy())
