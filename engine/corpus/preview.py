"""What other thresholds would make of a built corpus, told from stored measures: no text is read but samples.

    prepared text + a configuration with other thresholds  ->  verdicts  ->  a report of what would be kept and dropped

The verdicts are the build's own (`select`), exact and near duplicates included, so that what is shown is what a build
would give. Only what changes a text or a measure (repair, sources, word lists) needs a build to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig
from engine.corpus.account import rule_counts
from engine.corpus.dedup.known import Known, remembered
from engine.corpus.dedup.near import existing_pairs
from engine.corpus.dedup.pairs import FLOOR, Pairs
from engine.corpus.dedup.paragraphs import Records, existing_paragraphs, repeated
from engine.corpus.prepared import Prepared, prepared_at
from engine.corpus.report import SAMPLES, Amount, CorpusReport, Sample, SourceCount
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.samples import Sampler
from engine.corpus.scores import Judge, judge_of
from engine.corpus.select import JUDGED, Selection, column, select, without_repetition
from engine.corpus.sources import source_name
from engine.corpus.thresholds import Histogram
from engine.errors import InputError
from engine.paths import Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BINS = 48
_MEMORY = 128 << 20
"""Bytes that sorting may hold."""
NEAR = "near_duplicate"
"""The rule whose measure is no column: the similarities of all pairs."""


class Preview:
    """One built corpus. Not for several threads at once."""

    def __init__(
        self,
        prepared: Prepared,
        known: Known,
        config: CorpusConfig,
        database: DuckDBPyConnection,
        judge: Judge | None = None,
    ):
        self._prepared, self._known, self._config, self._database = prepared, known, config, database
        self._scores = judge.given(prepared) if judge else None
        self._names = [source_name(source) for source in config.sources]
        self._last: tuple[CorpusConfig, Selection] | None = None

    def report(self, config: CorpusConfig, *, where: object = None) -> CorpusReport:
        """What a build with other thresholds would keep and drop, by rule and source.

        Samples are of documents that change sides: those that a rule would newly drop, and those newly kept. Raises
        `InputError` for a configuration that changes texts or measures, and for rules that cannot be.
        """
        _refuse_other_text(self._config, config, where)
        selection = self._select(config)
        report = self._counted(selection, config)
        self._draw_sides(report, selection)
        return report

    def just_inside(self, config: CorpusConfig, measure: str, source: str = "") -> list[Sample]:
        """Kept documents that a rule nearly dropped: those whose measure is nearest to a bound, nearest first."""
        if measure not in self._measures:
            return []
        selection, found = self._select(config), [np.empty((0, 2))]
        columns = column(self._prepared, self._database, measure, "words")
        values, words = columns[measure].astype(np.float64), columns["words"]
        for name, rules in zip(self._names, chosen_rules(config)):
            for rule in rules if source in ("", name) else ():
                if rule.name == measure:
                    here = np.flatnonzero(selection.kept & self._of(name) & (words >= rule.from_words))
                    found += [
                        _nearest(here, values[here], bound) for bound in (rule.low, rule.high) if bound is not None
                    ]
        nearest = np.concatenate(found)
        order = np.argsort(nearest[:, 0], kind="stable")[: SAMPLES // 2]
        return self._samples(nearest[order, 1].astype(np.int64), selection, measure)

    def histogram(self, measure: str, source: str = "") -> Histogram:
        """Of a measure, over all documents that were read, or those of one source. Empty where there is none."""
        if measure == NEAR:
            values = self._pairs.similarity if self._pairs is not None else np.empty(0)
        elif measure == JUDGED and self._scores is not None:
            values = self._scores[self._of(source)] if source else self._scores
        elif measure in self._measures:
            values = column(self._prepared, self._database, measure)[measure]
            values = values[self._of(source)] if source else values
        else:
            return Histogram(measure=measure)
        edges, counts = binned(np.asarray(values, dtype=np.float64))
        return Histogram(measure=measure, edges=edges, counts=counts)

    # --- verdicts -------------------------------------------------------------------------------

    def _select(self, config: CorpusConfig) -> Selection:
        """The verdicts; those last asked for are kept."""
        if self._last is None or self._last[0] != config:
            self._last = config, self._selected(config)
        return self._last[1]

    def _selected(self, config: CorpusConfig) -> Selection:
        pairs = self._pairs if config.dedup.near else None
        found = select(self._prepared, config, chosen_rules(config), self._database, pairs, self._known, self._scores)
        if config.dedup.paragraphs and self._paragraphs is not None:
            without_repetition(found, self._prepared, repeated(self._paragraphs, found.kept, _MEMORY))
        return found

    @cached_property
    def _built(self) -> Selection:
        return self._selected(self._config)

    @cached_property
    def _pairs(self) -> Pairs | None:
        near = self._config.dedup.near
        return existing_pairs(self._prepared, self._known, near, self._database) if near else None

    @cached_property
    def _paragraphs(self) -> Records | None:
        return existing_paragraphs(self._prepared, self._config.dedup.paragraphs)

    @cached_property
    def _measures(self) -> set[str]:
        described = self._database.execute("DESCRIBE FROM read_parquet($1)", [self._prepared.tables()]).fetchall()
        return {name for name, type, *_ in described if type in ("DOUBLE", "FLOAT", "INTEGER", "BIGINT", "SMALLINT")}

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        return column(self._prepared, self._database, "source", "read_bytes", "bytes", "lot")

    def _of(self, source: str) -> NDArray[np.bool_]:
        number = self._names.index(source) if source in self._names else -1
        found: NDArray[np.bool_] = self._columns["source"] == number
        return found

    # --- counts ---------------------------------------------------------------------------------

    def _counted(self, selection: Selection, config: CorpusConfig) -> CorpusReport:
        verdicts, sources = len(selection.criteria) + 1, len(self._names)
        cell = self._columns["source"].astype(np.int64) * verdicts + selection.verdict

        def table(weights: NDArray[Any] | None = None) -> NDArray[np.int64]:
            counts = np.bincount(cell, weights, minlength=sources * verdicts)
            return counts.astype(np.int64).reshape(sources, verdicts)

        sizes = self._columns["bytes"] - selection.cuts.bytes(len(cell))
        documents, read, left = table(), table(self._columns["read_bytes"]), table(sizes)
        report = CorpusReport(name=self._config.name, prepared=self._prepared.key)
        for number, name in enumerate(self._names):
            report.sources.append(
                SourceCount(
                    name=name, documents=int(documents[number].sum()), bytes=int(read[number].sum()),
                    kept=int(documents[number, 0]), kept_bytes=int(left[number, 0]),
                )
            )  # fmt: skip
        report.kept_documents, report.kept_bytes = int(documents[:, 0].sum()), int(left[:, 0].sum())
        report.dropped = rule_counts(selection, config)
        for verdict, count in enumerate(report.dropped, start=1):
            for number, name in enumerate(self._names):
                if documents[number, verdict]:
                    amount = count.by_source.setdefault(name, Amount())
                    amount.documents += int(documents[number, verdict])
                    amount.bytes += int(read[number, verdict])
            count.documents, count.bytes = int(documents[:, verdict].sum()), int(read[:, verdict].sum())
        return report

    # --- documents that change sides ------------------------------------------------------------

    def _draw_sides(self, report: CorpusReport, selection: Selection) -> None:
        before, after = self._built.verdict, selection.verdict
        report.kept_samples = self._samples(self._drawn((before > 0) & (after == 0)), selection)
        for verdict, count in enumerate(report.dropped, start=1):
            count.samples = self._samples(self._drawn((before == 0) & (after == verdict)), selection, count.rule)

    def _drawn(self, moved: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Those with the lowest lots."""
        documents = np.flatnonzero(moved)
        return documents[np.argsort(self._columns["lot"][documents], kind="stable")[:SAMPLES]]

    def _samples(self, documents: NDArray[np.int64], selection: Selection, measure: str = "") -> list[Sample]:
        """In this order, each beside the one that would be kept in its place."""
        sampler = Sampler(self._prepared, selection, self._names, self._database)
        return sampler.samples(documents.tolist(), measure)


@contextmanager
def preview(workspace: Workspace, report: CorpusReport, config: CorpusConfig) -> Iterator[Preview]:
    """A built corpus by its report and the configuration it was built with. Raises `InputError` when its prepared
    text is gone."""
    import duckdb

    prepared = prepared_at(workspace, report.prepared)
    if not report.prepared or not prepared.parts:
        problem = "the prepared text of this corpus is gone, and with it the measures of its documents"
        raise InputError(problem, where=prepared.path, fix="build the corpus again")
    with duckdb.connect(config={"memory_limit": "512MB"}) as database:
        judge = judge_of(workspace, config.toxicity)
        yield Preview(prepared, remembered(workspace, config.dedup.against), config, database, judge)


def _nearest(documents: NDArray[np.int64], values: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """(distance as a share of the bound, document) of those nearest to a bound."""
    gaps = np.abs(values - bound) / (abs(bound) or 1.0)
    order = np.argsort(gaps, kind="stable")[:SAMPLES]
    return np.stack([gaps[order], documents[order].astype(np.float64)], axis=1)


def binned(values: NDArray[np.float64]) -> tuple[list[float], list[int]]:
    """Edges and counts: even bins for shares and what is spread evenly, growing ones for a long tail."""
    values = values[np.isfinite(values)]
    if not len(values):
        return [], []
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high > 100 and high > 8 * float(np.median(values)):
        first = np.geomspace(1, high, BINS)
        edges = np.concatenate([[0.0], first]) if low < 1 else first
    else:
        low, high = (min(low, 0.0), max(high, low + 1e-9)) if high <= 1 and low < 0.4 else (low, max(high, low + 1e-9))
        edges = np.linspace(low, high, BINS + 1)
    counts, edges = np.histogram(values, bins=edges)
    return edges.tolist(), counts.tolist()


_THRESHOLDS = ("clean", "dedup", "language", "toxicity", "tokenizer", "heldout", "seed", "workers", "memory", "name")


def _refuse_other_text(built: CorpusConfig, asked: CorpusConfig, where: object) -> None:
    """Thresholds may differ; what a text or its measures are made by may not."""
    alike = replace(asked, **{name: getattr(built, name) for name in _THRESHOLDS})
    sources = tuple(replace(one, preset=was.preset) for one, was in zip(asked.sources, built.sources))
    if len(asked.sources) != len(built.sources) or replace(alike, sources=sources) != built:
        problem = "this changes what is read or how text is mended, not a threshold"
        raise InputError(problem, where=where, fix="build it: graftline corpus build")
    if bool(asked.dedup.near) and not built.dedup.near:
        problem = "near duplicates were not looked for in this corpus"
        raise InputError(problem, where=where, key="dedup.near", fix="build it: graftline corpus build")
    if asked.dedup.paragraphs not in (0, built.dedup.paragraphs):
        problem = "paragraphs of this length were not looked for in this corpus"
        raise InputError(problem, where=where, key="dedup.paragraphs", fix="build it: graftline corpus build")
    if asked.dedup.against != built.dedup.against or 0 < asked.dedup.near < min(FLOOR, built.dedup.near):
        problem = "this needs documents to be compared that were not"
        raise InputError(problem, where=where, key="dedup", fix="build it: graftline corpus build")
    for name in ("words", "allow", "model", "label"):
        if getattr(asked.toxicity, name) != getattr(built.toxicity, name):
            problem = "this changes what is measured, not a threshold"
            raise InputError(problem, where=where, key=f"toxicity.{name}", fix="build it: graftline corpus build")
