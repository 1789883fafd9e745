"""The documents that a corpus's report shows, as entries to list, search and read: dropped, kept, mended, doubled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from engine.corpus.reasons import shares, why
from engine.corpus.report import Change, Cluster, Contaminated, CorpusReport, RuleCount, Sample
from engine.corpus.waterfall import Line
from tui.widgets.pair_view import Pair, Side

CONTAMINATED = "contaminated"
"""The rule by which documents go that share text with a test item."""


@dataclass(frozen=True)
class Entry:
    """One document. All of it is foreign text."""

    name: str
    source: str
    text: str
    verdict: str
    """`kept`, `dropped by words`, ..."""
    why: str = ""
    kept: bool = False
    pair: Pair | None = None
    """Where it stands beside another text."""

    @property
    def haystack(self) -> str:
        other = self.pair.right.text if self.pair else ""
        return f"{self.name}\n{self.source}\n{self.text}\n{other}".lower()


def entries(report: CorpusReport, line: Line, source: str = "") -> list[Entry]:
    """The samples of one line of the waterfall."""
    return [one for one in _of(report, line) if source in ("", one.source)]


def moving(would: CorpusReport, line: Line, source: str = "") -> list[Entry]:
    """The documents that other thresholds would bring to this line, from the other side."""
    if line.kind == "kept":
        found = [replace(_kept(sample), verdict="would be kept") for sample in would.kept_samples]
    else:
        rule = next((rule for rule in would.dropped if line.kind == "rule" and rule.rule == line.label), None)
        each = [dropped(rule, sample) for sample in rule.samples] if rule is not None else []
        found = [replace(one, verdict=f"would be {one.verdict}") for one in each]
    return [one for one in found if source in ("", one.source)]


def search(report: CorpusReport, query: str, source: str = "") -> list[Entry]:
    """All samples of the report that hold every word of the query."""
    needles = query.lower().split()
    every = chain(
        (dropped(rule, sample) for rule in report.dropped for sample in rule.samples),
        map(_kept, report.kept_samples),
        *(_changes(change) for change in report.changes),
        map(_contaminated, report.contaminated),
    )
    return [one for one in every if source in ("", one.source) and all(word in one.haystack for word in needles)]


def inside(line: Line, samples: Sequence[Sample]) -> list[Entry]:
    """Kept documents that a line's rule nearly dropped, each with its measure beside the bounds."""
    rule = line.rule
    if rule is None:
        return []
    return [replace(_kept(one), verdict=f"kept by {rule.rule}", why=why(rule, one)) for one in samples]


def as_built(report: CorpusReport, line: Line) -> RuleCount | None:
    """What a line's rule dropped when the corpus was built, whatever is tried now."""
    return next((rule for rule in report.dropped if line.kind == "rule" and rule.rule == line.label), None)


def _of(report: CorpusReport, line: Line) -> Iterator[Entry]:
    match line.kind:
        case "rule" if line.label == CONTAMINATED and any(one.dropped for one in report.contaminated):
            yield from (_contaminated(one) for one in report.contaminated if one.dropped)
        case "rule" if (rule := as_built(report, line)) is not None:
            yield from (dropped(rule, sample) for sample in rule.samples)
        case "kept":
            yield from map(_kept, report.kept_samples)
        case "change" if line.change is not None:
            yield from _changes(line.change)
        case "clusters":
            yield from chain.from_iterable(map(_cluster, report.clusters))
        case "contaminated":
            yield from (_contaminated(one) for one in report.contaminated if not one.dropped)


def dropped(rule: RuleCount, sample: Sample) -> Entry:
    pair = None
    if sample.kept_text:
        here = f"{sample.id} in {sample.source}"
        pair = Pair(Side("kept", sample.kept, sample.kept_text), Side("dropped", here, sample.text))
    return Entry(sample.id, sample.source, sample.text, f"dropped by {rule.rule}", why(rule, sample), pair=pair)


def _kept(sample: Sample) -> Entry:
    return Entry(sample.id, sample.source, sample.text, "kept", kept=True)


def _changes(change: Change) -> Iterator[Entry]:
    for one in change.samples:
        pair = Pair(Side("before", f"{one.id} in {one.source}", one.before), Side("after", change.step, one.after))
        yield Entry(one.id, one.source, one.before, f"changed by {change.step}", kept=True, pair=pair)


def _cluster(cluster: Cluster) -> Iterator[Entry]:
    """The kept document of a cluster beside each of those that went because of it."""
    kept, many = cluster.kept, f"{cluster.documents:,} went because of {cluster.kept.id} in {cluster.kept.source}"
    for one in cluster.members:
        pair = Pair(
            Side("kept", f"{kept.id} in {kept.source}", kept.text),
            Side("dropped", f"{one.id} in {one.source}", one.text),
        )
        alike = "the same text" if one.similarity in (None, 1.0) else f"similarity {one.similarity:.2f}"
        yield Entry(one.id, one.source, one.text, "a cluster of duplicates", f"{alike}; {many}", pair=pair)


def _contaminated(one: Contaminated) -> Entry:
    pair = Pair(
        Side("test item", f"{one.item} of {one.suite}", one.item_text),
        Side("document", f"{one.id} in {one.source}", one.passage),
    )
    verdict = "dropped for a test item" if one.dropped else "marked for a test item"
    return Entry(one.id, one.source, one.passage, verdict, shares(one), kept=not one.dropped, pair=pair)
