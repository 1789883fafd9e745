"""A corpus's report in the terminal: tables of what was read, dropped, mended and made; samples and pairs to read.

What is foreign in it, ids and snippets, goes through `render.text` and `plain.many_lines`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import TYPE_CHECKING

from engine import figures
from engine.cli import render
from engine.corpus.reasons import number, shares, stays, why
from engine.corpus.report import Cluster, Contaminated, CorpusReport, RuleCount, Sample, TestSetCount
from engine.corpus.waterfall import Flow, Line, lines
from engine.plain import many_lines, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_BAR = 24
_PRINTED = 400
"""Characters of a sample, when there are several."""


def card(report: CorpusReport, source: str = "") -> list[RenderableType]:
    """The whole report."""
    parts: list[RenderableType] = [render.text(f"corpus {report.name}/{report.hash}"), ""]
    parts += [sources(report), "", waterfall(lines(report, source))]
    if report.changes and not source:
        parts += ["", changes(report)]
    parts += ["", render.facts(facts(report))]
    if report.stages:
        parts += ["", stages(report)]
    bars = [(f"{b.low:,}-{b.high - 1:,}", b.documents) for b in report.lengths]
    parts += ["", _bars("TOKENS", bars)] if bars else []
    ordered = sorted(report.languages.items(), key=lambda one: -one[1].documents)
    parts += ["", _bars("LANGUAGE", [(code, one.documents) for code, one in ordered])] if ordered else []
    return parts


def sources(report: CorpusReport) -> Table:
    table = render.table("SOURCE", ">DOCUMENTS", ">READ", ">KEPT", ">TOKENS", ">B/TOKEN", ">DAMAGED")
    for one in report.sources:
        table.add_row(
            render.text(one.name),
            f"{one.documents:,}",
            figures.size(one.bytes),
            f"{one.kept:,}",
            figures.count(one.tokens) if one.tokens else figures.UNKNOWN,
            f"{one.bytes_per_token:.2f}" if one.bytes_per_token else figures.UNKNOWN,
            f"{one.damaged:,}",
        )
    return table


def waterfall(found: Sequence[Line]) -> Table:
    """From what was read to what was kept; with other thresholds, what each rule dropped as built beside it."""
    tried = any(line.was is not None for line in found)
    table = render.table("RULE", "STAYS", ">DROPPED", *([">BEFORE", ">CHANGE"] if tried else []), ">SIZE", ">LEFT")
    for line in found:
        if line.kind not in ("read", "rule", "kept"):
            continue
        rule, dropped = line.rule, f"{line.documents:,}" if line.kind == "rule" else ""
        allowed = stays(rule) if rule is not None else ""
        before = [_was(line), _change(line)] if tried else []
        size = figures.size(line.bytes)
        table.add_row(render.text(line.label), render.text(allowed), dropped, *before, size, f"{line.left:,}")
    return table


def _was(line: Line) -> str:
    return f"{line.was:,}" if line.was is not None else ""


def _change(line: Line) -> str:
    by = line.documents - line.was if line.was is not None else 0
    return f"{by:+,}" if by else ""


def changes(report: CorpusReport) -> Table:
    table = render.table("MENDED", ">DOCUMENTS", ">TIMES", ">SHORTER BY")
    for one in report.changes:
        size = figures.size(one.bytes) if one.bytes >= 0 else f"-{figures.size(-one.bytes)}"
        times = f"{one.count:,}" if one.count else figures.UNKNOWN
        table.add_row(render.text(one.step), f"{one.documents:,}", times, size)
    return table


def facts(report: CorpusReport) -> list[tuple[str, object]]:
    share = report.kept_documents / report.documents if report.documents else None
    many = f"{report.kept_documents:,} of {report.documents:,} documents ({figures.share(share)} %)"
    rows: list[tuple[str, object]] = [
        ("kept", f"{many}, {figures.size(report.kept_bytes)}"),
        ("training", f"{report.train_tokens:,} tokens, {report.bytes_per_token:.2f} bytes each"),
        ("held out", f"{report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents"),
        ("vocabulary", f"{report.vocab_size:,} tokens"),
    ]
    rows += [("test items", test_items(one)) for one in report.test_sets]
    if report.peak_bytes:
        rows.append(("memory", f"{figures.size(report.peak_bytes)} at most, {report.workers} workers"))
    if not report.stages:
        took = ", ".join(f"{stage} {render.duration(seconds)}" for stage, seconds in report.seconds.items())
        rows.append(("took", took or figures.UNKNOWN))
    return rows


def test_items(one: TestSetCount) -> str:
    """`sst2: 50 of 1,821 stood in what was read, 0 in training text (49 cannot be told)`."""
    told = f"{one.suite}: {one.found:,} of {one.items:,} stood in what was read, {one.learned:,} in training text"
    return f"{told} ({one.untold:,} cannot be told)" if one.untold else told


def stages(report: CorpusReport) -> Table:
    table = render.table("STAGE", ">TIME", ">TEXT", ">RATE", ">FOUND DONE")
    for one in report.stages:
        rate = f"{one.rate / 1e6:,.1f} MB/s" if one.rate else figures.UNKNOWN
        found = f"{100 * one.found / one.bytes:.0f} %" if one.found and one.bytes else ""
        size = figures.size(one.bytes) if one.bytes else figures.UNKNOWN
        table.add_row(render.text(one.stage), render.duration(one.seconds), size, rate, found)
    return table


def _bars(title: str, rows: Iterable[tuple[str, int]]) -> Table:
    table, listed = render.table(title, ">DOCUMENTS", ""), list(rows)
    most = max((count for _, count in listed), default=1)
    for label, count in listed:
        table.add_row(render.text(label), f"{count:,}", figures.bar(count, most, _BAR))
    return table


def share_told(now: Flow, before: Flow) -> str:
    """`keeps 81.2 % of the text (84.0 % as built): 17,360 documents, 640 fewer`."""
    by = now.kept.documents - before.kept.documents
    moved = f"{abs(by):,} {'more' if by > 0 else 'fewer'}" if by else "as many"
    return (
        f"keeps {figures.share(now.share)} % of the text ({figures.share(before.share)} % as built):"
        f" {now.kept.documents:,} documents, {moved}"
    )


# --- documents to read ----------------------------------------------------------------------------


def samples(rule: RuleCount | None, found: Sequence[Sample], *, full: bool) -> list[RenderableType]:
    """Documents that a rule dropped, or that were kept, each with the reason and its text."""
    parts: list[RenderableType] = []
    for one in found:
        reason = f": {why(rule, one)}" if rule is not None else ""
        parts += [render.text(f"{one.id} in {one.source}{reason}", "bold"), _text(one.text, full), ""]
        if one.kept_text:
            parts[-1:] = [render.text(f"  kept: {one.kept}", "bold"), _text(one.kept_text, full), ""]
    return parts


def newly(verdict: str, rule: RuleCount | None, found: Sequence[Sample]) -> list[RenderableType]:
    """Documents that other thresholds would move, under a heading of their own; nothing where there are none."""
    if not found:
        return []
    head = f"would be dropped by {verdict}" if rule is not None else "would be kept"
    return ["", render.text(head, "bold"), "", *samples(rule, found, full=False)]


def clusters(found: Sequence[Cluster], *, full: bool) -> list[RenderableType]:
    """Groups of duplicates, the largest first: who was kept, and some of those that went."""
    parts: list[RenderableType] = []
    for one in found:
        head = f"{one.kept.id} in {one.kept.source} was kept, {one.documents:,} went ({figures.size(one.bytes)})"
        parts += [render.text(head, "bold"), _text(one.kept.text, full)]
        for member in one.members:
            alike = "the same" if member.similarity in (None, 1.0) else f"similarity {number(member.similarity or 0)}"
            parts += [render.text(f"  {alike}: {member.id} in {member.source}"), _text(member.text, full)]
        parts.append("")
    return parts


def pairs(found: Sequence[Sample], *, full: bool) -> list[RenderableType]:
    """Documents that are alike, whether or not one of them went."""
    parts: list[RenderableType] = []
    for one in found:
        head = f"similarity {number(one.similarity or 0)}: {one.kept}, and {one.id} in {one.source}"
        parts += [render.text(head, "bold"), _text(one.kept_text, full), _text(one.text, full), ""]
    return parts


def contaminated(found: Sequence[Contaminated], *, full: bool) -> list[RenderableType]:
    """Documents that share text with a test item, with the passage and the item."""
    parts: list[RenderableType] = []
    for one in found:
        fate = "dropped" if one.dropped else "marked"
        parts += [
            render.text(f"{one.id} in {one.source} ({fate}): {shares(one)}", "bold"),
            _text(one.passage, full),
            render.text("  the item:"),
            _text(one.item_text, full),
            "",
        ]
    return parts


def _text(text: str, full: bool) -> RenderableType:
    from rich.text import Text

    safe = many_lines(text) if full else one_line(text)
    cut = safe if full or len(safe) <= _PRINTED else safe[: _PRINTED - 1] + "…"
    return Text(indent(cut.strip() or "(no text)", "    "))
