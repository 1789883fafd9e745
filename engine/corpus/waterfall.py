"""A corpus's report as the lines of its waterfall: what was read, what each rule took, what was left, and what else was
done to the text. For all sources together or for one.

With other thresholds tried out, each line also says what it was as built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from engine.corpus.report import Amount, Change, CorpusReport, RuleCount

Kind = Literal["read", "rule", "kept", "change", "clusters", "contaminated"]


@dataclass(frozen=True)
class Line:
    """One line: `left` documents after this one's were taken off."""

    kind: Kind
    label: str
    documents: int
    """Dropped by a rule, changed by a step; read; kept."""
    bytes: int
    left: int = 0
    rule: RuleCount | None = None
    change: Change | None = None
    was: int | None = None
    """While other thresholds are tried out: `documents` as built."""

    @property
    def key(self) -> tuple[str, str]:
        """The same line after other figures came in."""
        return self.kind, self.label


@dataclass(frozen=True)
class Flow:
    """Documents and bytes from what was read to what was kept."""

    read: Amount
    kept: Amount
    dropped: Mapping[str, Amount] = field(default_factory=dict)
    """By rule, in the order in which the rules are tried."""

    @property
    def share(self) -> float:
        """Of the bytes that were read, those that are kept."""
        return self.kept.bytes / self.read.bytes if self.read.bytes else 0.0


def flow(report: CorpusReport, source: str = "") -> Flow:
    """Of one source, or of all. Reports from before rules counted by source know only all."""
    sources = [one for one in report.sources if source in ("", one.name)]
    read = Amount(documents=sum(one.documents for one in sources), bytes=sum(one.bytes for one in sources))
    if not source:
        dropped = {rule.rule: Amount(documents=rule.documents, bytes=rule.bytes) for rule in report.dropped}
        return Flow(read, Amount(documents=report.kept_documents, bytes=report.kept_bytes), dropped)
    kept = Amount(documents=sum(one.kept for one in sources), bytes=sum(one.kept_bytes for one in sources))
    taken = {rule.rule: rule.by_source[source] for rule in report.dropped if source in rule.by_source}
    return Flow(read, kept, taken)


def sources(report: CorpusReport) -> tuple[str, ...]:
    """The sources that can be looked at alone; none where there is one, or where rules did not count by source."""
    counted = any(rule.by_source for rule in report.dropped)
    names = tuple(dict.fromkeys(one.name for one in report.sources))
    return names if len(names) > 1 and counted else ()


def lines(report: CorpusReport, source: str = "", would: CorpusReport | None = None) -> list[Line]:
    """From all that was read, rule by rule, to what was kept; then what was mended, doubled, or stood in a test set.

    `would`: what other thresholds would make of it (`preview`); each line then also says what it was as built.
    """
    built, shown = flow(report, source), flow(would or report, source)
    before = {rule.rule: rule for rule in report.dropped}
    rules = {rule.rule: rule for rule in (would or report).dropped}
    left = shown.read.documents
    found = [Line("read", "read", left, shown.read.bytes, left)]
    for name in _in_order(list(rules), list(before)):
        took, was = shown.dropped.get(name, Amount()), built.dropped.get(name, Amount())
        left -= took.documents
        rule = _of_source(rules.get(name) or before[name], source)
        found.append(Line("rule", name, took.documents, took.bytes, left, rule, was=was.documents if would else None))
    kept, was_kept = shown.kept, built.kept.documents if would else None
    found.append(Line("kept", "kept", kept.documents, kept.bytes, kept.documents, was=was_kept))
    return found if source else [*found, *_besides(report)]


def _of_source(rule: RuleCount, source: str) -> RuleCount:
    """With the bounds that one source has."""
    low, high = rule.stays.get(source, (rule.low, rule.high))
    return replace(rule, low=low, high=high, stays={}) if source in rule.stays else rule


def _in_order(rules: list[str], others: list[str]) -> list[str]:
    """The rules, and others among them where they stood before: each after the one it followed."""
    found = list(rules)
    for n, name in enumerate(others):
        if name not in found:
            found.insert(found.index(others[n - 1]) + 1 if n else 0, name)
    return found


def _besides(report: CorpusReport) -> list[Line]:
    """What is counted over all sources only."""
    found = [
        Line("change", change.step, change.documents, change.bytes, change=change)
        for change in report.changes
        if change.documents
    ]
    if report.clusters:
        count, size = sum(one.documents for one in report.clusters), sum(one.bytes for one in report.clusters)
        found.append(Line("clusters", "largest clusters", count, size))
    if marked := report.marked_documents or sum(not one.dropped for one in report.contaminated):
        found.append(Line("contaminated", "marked: as tested", marked, 0))
    return found
