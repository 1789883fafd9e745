"""Which documents stay: one verdict a document, from the measures of all parts. No text is read.

    prepared parts + thresholds -> rules -> exact duplicates -> near duplicates -> contamination -> Selection

A document is dropped by the first of these that it breaks, and that one is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig, ToxicityConfig
from engine.corpus.contamination.build import holders
from engine.corpus.dedup.exact import exact_duplicates
from engine.corpus.dedup.known import Known
from engine.corpus.dedup.pairs import Pairs, representatives
from engine.corpus.dedup.paragraphs import Cuts
from engine.corpus.dedup.resolve import resolve
from engine.corpus.prepared import Prepared
from engine.corpus.rules.rules import Rule
from engine.corpus.rules.verdict import first_broken, merged, quoted
from engine.corpus.weights import Copies, copies

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Numbers = NDArray[np.int64]

JUDGED = "toxic_model"
"""The rule whose measure is a classifier's probability."""
_MEMORY = 128 << 20
"""Bytes that sorting may hold."""
_BLANK = 64
"""Bytes of blank lines that a document may begin with."""


class Criterion(NamedTuple):
    """One thing that drops documents."""

    name: str
    reason: str
    low: float | None = None
    high: float | None = None


@dataclass
class Replaced:
    """Documents that went because of others, in the order of the documents.

    `kept` counts from minus the number of known documents, which stand in other corpora, up to -1: those come first.
    """

    dropped: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    kept: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    similarity: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))

    def and_these(self, dropped: Numbers, kept: Numbers, similarity: NDArray[np.float32]) -> Replaced:
        """With others, ascending, that went later. Where one of these had stood for others, its own one does now."""
        before, alike = self.kept.copy(), self.similarity.copy()
        gone = np.isin(before, dropped)
        at = np.searchsorted(dropped, before[gone])
        before[gone], alike[gone] = kept[at], similarity[at]
        everything = np.concatenate([self.dropped, dropped])
        order = np.argsort(everything)
        by, similarity = np.concatenate([before, kept]), np.concatenate([alike, similarity])
        return Replaced(everything[order], by[order], similarity[order])


class Selection:
    """The verdict on every document."""

    def __init__(self, documents: int, known: Known | None = None):
        self.criteria: list[Criterion] = []
        """In the order in which they are tried."""
        self.verdict: NDArray[np.uint8] = np.zeros(documents, dtype=np.uint8)
        """(documents): 0 keeps; else one more than the place of what dropped it in `criteria`."""
        self.replaced = Replaced()
        self.known = known or Known([])
        """Documents of other corpora."""
        self.scores: NDArray[np.float32] | None = None
        """(documents): what the classifier said."""
        self.copies: Copies = np.ones(documents, dtype=np.uint8)
        """(documents): how often each is taken, if it is kept."""
        self.cuts = Cuts.none()
        """What is left out of kept documents."""

    @property
    def kept(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self.verdict == 0
        return kept

    @property
    def kept_and_known(self) -> NDArray[np.bool_]:
        """(known documents, then ours)."""
        return np.concatenate([np.ones(len(self.known), dtype=np.bool_), self.kept])

    def drop(self, criterion: Criterion, documents: Numbers) -> None:
        """Documents by number; those that are dropped already are left alone."""
        self.criteria.append(criterion)
        self.verdict[documents[self.verdict[documents] == 0]] = len(self.criteria)


def select(
    prepared: Prepared,
    config: CorpusConfig,
    rules: Sequence[Sequence[Rule]],
    database: DuckDBPyConnection,
    pairs: Pairs | None = None,
    known: Known | None = None,
    scores: NDArray[np.float32] | None = None,
) -> Selection:
    """The verdicts under a configuration's thresholds.

    `rules`: those of each source (`rules.chosen`); `pairs` of near duplicates: see `dedup.near`;
    `known`: documents of other corpora, which stand before all of these; `scores` (documents) of a classifier, NaN
    where it was not asked: see `scores`.
    """
    selection = by_rules(prepared, rules, database, known)
    if scores is not None:
        _judged(selection, scores, config.toxicity)
    if config.dedup.exact:
        _duplicates(selection, prepared, database)
    if pairs is not None:
        _near_duplicates(selection, prepared, pairs, config.dedup.near, database)
    if config.contamination.suites and config.contamination.action == "drop":
        selection.drop(Criterion("contaminated", "holds an item of a test set"), holders(prepared, database))
    if any(source.weight != 1 for source in config.sources):
        _by_weight(selection, prepared, config, database)
    return selection


def by_rules(
    prepared: Prepared,
    rules: Sequence[Sequence[Rule]],
    database: DuckDBPyConnection,
    known: Known | None = None,
) -> Selection:
    """The first rule that each document breaks, where it breaks one."""
    selection = Selection(prepared.documents, known)
    selection.criteria = [_criterion(rule) for rule in merged(rules)]
    broken, values = first_broken(rules)
    query = f"SELECT document, {broken} AS broken FROM read_parquet($parts) WHERE broken IS NOT NULL"
    found = database.execute(query, {"parts": prepared.tables(), **values}).fetchnumpy()
    selection.verdict[found["document"]] = found["broken"] + 1
    return selection


def _judged(selection: Selection, scores: NDArray[np.float32], toxicity: ToxicityConfig) -> None:
    """Documents that the classifier finds too probable to be of its label."""
    selection.scores = scores
    reason = f"{toxicity.label}, says {toxicity.model}"
    criterion = Criterion(JUDGED, reason, None, toxicity.probability)
    selection.drop(criterion, np.flatnonzero(scores >= np.float32(toxicity.probability)))


def _criterion(rule: Rule) -> Criterion:
    return Criterion(rule.name, rule.reason, rule.low, rule.high)


def _duplicates(selection: Selection, prepared: Prepared, database: DuckDBPyConnection) -> None:
    """Of kept documents with one digest the first stays."""
    columns = column(prepared, database, "digest_0", "digest_1")
    known = len(selection.known)
    low, high = (np.concatenate([selection.known.digests[:, at], columns[f"digest_{at}"]]) for at in (0, 1))
    first = exact_duplicates(low, high, selection.kept_and_known, _MEMORY)[known:] - known
    again = np.flatnonzero(first != np.arange(len(first)))
    selection.drop(Criterion("duplicate", "the same text but for whitespace"), again)
    selection.replaced = selection.replaced.and_these(again, first[again], np.ones(len(again), dtype=np.float32))


def _near_duplicates(
    selection: Selection,
    prepared: Prepared,
    pairs: Pairs,
    threshold: float,
    database: DuckDBPyConnection,
) -> None:
    """Of kept documents that are similar enough the first stays."""
    known = len(selection.known)
    twins = np.concatenate([selection.known.twins, column(prepared, database, "shingles")["shingles"]])
    found = resolve(pairs, representatives(twins, _MEMORY), selection.kept_and_known, threshold, known)
    by, similarity = found.by[known:] - known, found.similarity[known:]
    gone = np.flatnonzero(by != np.arange(len(by)))
    criterion = Criterion("near_duplicate", "nearly the same words as a kept document", None, threshold)
    selection.drop(criterion, gone)
    selection.replaced = selection.replaced.and_these(gone, by[gone], similarity[gone])


def _by_weight(selection: Selection, prepared: Prepared, config: CorpusConfig, database: DuckDBPyConnection) -> None:
    """Documents that their source's weight takes more than once, or not at all."""
    columns = column(prepared, database, "source", "digest_1")
    weights = np.array([source.weight for source in config.sources])[columns["source"]]
    selection.copies = copies(columns["digest_1"].view(np.uint64), weights, config.seed)
    left_out = Criterion("weight", "left out by the weight of its source")
    selection.drop(left_out, np.flatnonzero(selection.copies == 0))


def without_repetition(selection: Selection, prepared: Prepared, cuts: Cuts) -> None:
    """Leave out these paragraphs, and documents of which nothing would be left."""
    selection.cuts = cuts
    sizes = np.concatenate([np.diff(part.places) for part in prepared.parts])
    cut = cuts.bytes(len(sizes))
    numbers = np.flatnonzero((cut > 0) & (cut >= sizes - _BLANK))
    empty = [n for n, text in zip(numbers.tolist(), prepared.texts(numbers)) if not cuts.apply(n, text).strip()]
    criterion = Criterion("paragraphs", "all of its paragraphs stand in documents before it")
    selection.drop(criterion, np.array(empty, dtype=np.int64))


def column(prepared: Prepared, database: DuckDBPyConnection, *names: str) -> dict[str, NDArray[Any]]:
    """Whole columns of the documents' table, in the order of documents."""
    listed = ", ".join(map(quoted, names))
    found = database.execute(f"SELECT {listed} FROM read_parquet($1) ORDER BY document", [prepared.tables()])
    return dict(found.fetchnumpy())
