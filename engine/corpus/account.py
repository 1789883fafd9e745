"""From verdicts to the report: counts in SQL over all parts, samples drawn by lot, who went because of whom.

Memory holds a few hundred samples, and what DuckDB needs to add up (bounded by its own limit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig
from engine.corpus.changes import changes
from engine.corpus.prepared import Prepared
from engine.corpus.report import (
    SAMPLES,
    Amount,
    Change,
    ChangeSample,
    Cluster,
    CorpusReport,
    RuleCount,
    SourceCount,
    snippet,
)
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.samples import Sampler
from engine.corpus.select import Selection, column
from engine.corpus.sources import source_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLUSTERS = 20
_MEMBERS = 5


class Accountant:
    """Asks the parts' tables what a selection did. The table `verdicts` is there by now: see `store_verdicts`."""

    def __init__(self, prepared: Prepared, selection: Selection, config: CorpusConfig, database: DuckDBPyConnection):
        self.prepared, self.selection, self.database = prepared, selection, database
        self.config = config
        self.names = [source_name(source) for source in config.sources]
        self.sampler = Sampler(prepared, selection, self.names, database)

    def report(self, name: str) -> CorpusReport:
        """Everything that is known before a token is made."""
        report = CorpusReport(name=name, prepared=self.prepared.key)
        report.sources = [SourceCount(name=source) for source in self.names]
        for source, config in zip(report.sources, self.config.sources):
            source.revision = config.revision if config.type == "hub" else ""
        for source, damage in zip(report.sources, self.prepared.parts[-1].info.next.damage):
            source.damaged = damage.damaged
            source.damage = [f"{sample.place}: {sample.problem}" for sample in damage.samples]
        report.dropped = rule_counts(self.selection, self.config)
        self._count(report)
        self._sample(report)
        report.dropped = [count for count in report.dropped if count.documents]
        report.changes = changes(self.prepared, self.sampler.facts, self.database)
        self._cut(report)
        report.clusters = self._clusters()
        report.languages = self._languages()
        return report

    def _count(self, report: CorpusReport) -> None:
        rows = self._ask("SELECT source, verdict, count(*), sum(read_bytes), sum(bytes) FROM documents GROUP BY ALL")
        for number, verdict, documents, read, left in rows:
            source = report.sources[number]
            source.documents += documents
            source.bytes += read
            if verdict == 0:
                source.kept, source.kept_bytes = documents, left
                report.kept_documents += documents
                report.kept_bytes += left
            else:
                count = report.dropped[verdict - 1]
                count.documents += documents
                count.bytes += read
                amount = count.by_source.setdefault(source.name, Amount())
                amount.documents += documents
                amount.bytes += read

    def _languages(self) -> dict[str, Amount]:
        """What was read, by language, the most frequent first; empty where nobody identified it."""
        if "language" not in self.sampler.columns:
            return {}
        rows = self._ask(
            "SELECT language, count(*) AS n, sum(read_bytes) FROM documents GROUP BY ALL ORDER BY n DESC, 1"
        )
        return {code: Amount(documents=documents, bytes=size) for code, documents, size in rows}

    def _cut(self, report: CorpusReport) -> None:
        """Paragraphs that stood before, of documents that stay in."""
        kept = self.selection.cuts.records[self.selection.kept[self.selection.cuts.records["document"]]]
        if not len(kept):
            return
        sizes = kept["end"] - kept["begin"]
        documents, first = np.unique(kept["document"], return_index=True)
        samples = [self._cut_sample(kept[at]) for at in first[:SAMPLES]]
        report.changes.append(
            Change(
                step="paragraphs", documents=len(documents), count=len(kept), bytes=int(sizes.sum()), samples=samples
            )
        )
        report.kept_bytes -= int(sizes.sum())
        sources = column(self.prepared, self.database, "source")["source"][kept["document"]]
        for source, less in zip(report.sources, np.bincount(sources, sizes, minlength=len(report.sources)).tolist()):
            source.kept_bytes -= int(less)

    def _cut_sample(self, cut: np.void) -> ChangeSample:
        document = int(cut["document"])
        id, source = self.sampler.facts([document])[document]
        paragraph = self.prepared.text(document).encode()[int(cut["begin"]) : int(cut["end"])].decode()
        return ChangeSample(id=id, source=source, before=snippet(paragraph.strip()), after="")

    def _sample(self, report: CorpusReport) -> None:
        """A few of each verdict: those with the lowest lots, a fair draw that comes out the same every time."""
        drawn = dict(self._ask(f"SELECT verdict, min_by(document, lot, {SAMPLES}) FROM documents GROUP BY verdict"))
        report.kept_samples = self.sampler.samples(drawn.get(0, []))
        for verdict, count in enumerate(report.dropped, start=1):
            count.samples = self.sampler.samples(drawn.get(verdict, []), count.rule)

    def _clusters(self) -> list[Cluster]:
        """The kept documents that most others went because of."""
        replaced = self.selection.replaced
        kept, counts = np.unique(replaced.kept, return_counts=True)
        largest = np.lexsort((kept, -counts))[:_CLUSTERS]
        return [self._cluster(int(kept[at]), int(counts[at])) for at in largest]

    def _cluster(self, kept: int, size: int) -> Cluster:
        replaced = self.selection.replaced
        rows: NDArray[np.int64] = np.flatnonzero(replaced.kept == kept)
        nearest = rows[np.argsort(-replaced.similarity[rows], kind="stable")][:_MEMBERS]
        members = self.sampler.samples(replaced.dropped[nearest].tolist())
        (first,) = self.sampler.samples([kept])
        ((gone,),) = self.sampler.about(replaced.dropped[rows].tolist(), "sum(read_bytes)")
        return Cluster(kept=first, documents=size, bytes=int(gone), members=members)

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        with_verdicts = f"WITH documents AS (FROM read_parquet($1) JOIN verdicts USING (document)) {query}"
        return self.database.execute(with_verdicts, [self.prepared.tables()]).fetchall()


def rule_counts(selection: Selection, config: CorpusConfig) -> list[RuleCount]:
    """Every rule, with nothing counted yet, in the order in which they were tried."""
    counts = [RuleCount(rule=c.name, reason=c.reason, low=c.low, high=c.high) for c in selection.criteria]
    found = {count.rule: count for count in counts if (count.low, count.high) == (None, None)}
    for source, asked in zip(config.sources, chosen_rules(config)):
        for rule in asked:
            if rule.name in found and (rule.low, rule.high) != (None, None):
                found[rule.name].stays[source_name(source)] = rule.low, rule.high
    return counts


def store_verdicts(selection: Selection, heldout: NDArray[np.bool_], database: DuckDBPyConnection) -> None:
    """Make the table `verdicts`: a row a document, with who is kept in its place and how alike they are.

    `heldout` is (documents); it says nothing about those that are dropped.
    """
    numbers = np.arange(len(selection.verdict), dtype=np.int64)
    verdict = {"document": numbers, "verdict": selection.verdict, "heldout": heldout & selection.kept}
    replaced = selection.replaced
    pairs = {"document": replaced.dropped, "kept": replaced.kept, "similarity": replaced.similarity}
    database.register("verdict", verdict)
    database.register("pairs", pairs)
    database.execute("CREATE OR REPLACE TABLE verdicts AS FROM verdict LEFT JOIN pairs USING (document)")
    database.unregister("verdict")
    database.unregister("pairs")
