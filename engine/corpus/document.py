"""A corpus's report as a Markdown document: what was read, what each rule took, what was left, with samples."""

from __future__ import annotations

from engine import figures
from engine.corpus.report import CorpusReport, RuleCount, Sample
from engine.markdown import fenced, inline, table


def markdown(report: CorpusReport, samples: int = 3) -> str:
    """The report, with at most so many samples of each rule."""
    parts = [
        f"# Corpus {inline(report.name)}/{inline(report.hash)}",
        "",
        *_facts(report),
        "",
        "## What was dropped",
        "",
    ]
    parts += _waterfall(report) if report.dropped else ["Nothing."]
    parts += ["", "## Sources", ""]
    rows = [
        [inline(s.name), f"{s.documents:,}", figures.size(s.bytes), f"{s.kept:,}"] for s in report.sources
    ]  # fmt: skip
    parts += table(["source", "documents", "read", "kept"], rows)
    if report.lengths:
        buckets = [[f"{b.low:,} to {b.high - 1:,}", f"{b.documents:,}"] for b in report.lengths]
        parts += ["", "## Length of documents", "", *table(["tokens", "documents"], buckets)]
    for rule in report.dropped:
        if rule.samples[:samples]:
            parts += ["", f"## Dropped by {inline(rule.rule)}: {inline(rule.reason)}"]
            parts += [line for sample in rule.samples[:samples] for line in _sample(sample)]
    if report.kept_samples[:samples]:
        parts += ["", "## Kept", *(line for sample in report.kept_samples[:samples] for line in _sample(sample))]
    return "\n".join(parts) + "\n"


def _facts(report: CorpusReport) -> list[str]:
    took = ", ".join(f"{inline(stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items())
    return [
        f"- kept {report.kept_documents:,} of {report.documents:,} documents, {figures.size(report.kept_bytes)}",
        f"- training: {report.train_tokens:,} tokens, {report.bytes_per_token:.2f} bytes each",
        f"- held out: {report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents",
        f"- vocabulary: {report.vocab_size:,} tokens",
        f"- took: {took}",
    ]


def _waterfall(report: CorpusReport) -> list[str]:
    left, rows = report.documents, []
    for rule in report.dropped:
        left -= rule.documents
        rows.append([f"{inline(rule.rule)}: {inline(rule.reason)}", *_figures(rule), f"{left:,}"])
    return table(["rule", "dropped", "size", "left"], rows)


def _figures(rule: RuleCount) -> list[str]:
    return [f"{rule.documents:,}", figures.size(rule.bytes)]


def _sample(sample: Sample) -> list[str]:
    same = f", the same as {inline(sample.kept)}" if sample.kept else ""
    return ["", f"{inline(sample.id)} ({inline(sample.source)}){same}", "", fenced(sample.text)]
