"""A corpus's report as a Markdown document: what was read, what each rule took, what was left, with samples."""

from __future__ import annotations

from engine import figures
from engine.corpus.reasons import shares, stays, why
from engine.corpus.report import Amount, ChangeSample, Cluster, Contaminated, CorpusReport, RuleCount, Sample
from engine.corpus.waterfall import lines
from engine.markdown import fenced, inline, table


def markdown(report: CorpusReport, samples: int = 3) -> str:
    """The report, with at most so many samples of each rule."""
    parts = [f"# Corpus {inline(report.name)}/{inline(report.hash)}", "", *_facts(report)]
    parts += ["", "## What was dropped", "", *(_waterfall(report) if report.dropped else ["Nothing."])]
    parts += ["", "## Sources", "", *_sources(report)]
    if any(rule.by_source for rule in report.dropped) and len(report.sources) > 1:
        parts += ["", "## Dropped documents by source", "", *_by_source(report)]
    parts += _figures_of(report)
    for rule in report.dropped:
        if rule.samples[:samples]:
            parts += ["", f"## Dropped by {inline(rule.rule)}: {inline(rule.reason)}"]
            parts += [line for sample in rule.samples[:samples] for line in _sample(sample, rule)]
    parts += _mended(report, samples)
    if report.clusters[:samples]:
        parts += ["", "## The largest clusters", *(line for one in report.clusters[:samples] for line in _cluster(one))]
    parts += _test_items(report, samples)
    if report.kept_samples[:samples]:
        parts += ["", "## Kept", *(line for sample in report.kept_samples[:samples] for line in _sample(sample))]
    return "\n".join(parts) + "\n"


def _facts(report: CorpusReport) -> list[str]:
    took = ", ".join(f"{inline(stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items())
    memory = f", at most {figures.size(report.peak_bytes)} of memory" if report.peak_bytes else ""
    return [
        f"- kept {report.kept_documents:,} of {report.documents:,} documents, {figures.size(report.kept_bytes)}",
        f"- training: {report.train_tokens:,} tokens, {report.bytes_per_token:.2f} bytes each",
        f"- held out: {report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents",
        f"- vocabulary: {report.vocab_size:,} tokens",
        f"- took: {took}{memory}",
    ]


def _waterfall(report: CorpusReport) -> list[str]:
    rows = [
        [f"{inline(line.label)}: {inline(line.rule.reason)}", stays(line.rule),
         f"{line.documents:,}", figures.size(line.bytes), f"{line.left:,}"]
        for line in lines(report) if line.kind == "rule" and line.rule is not None
    ]  # fmt: skip
    return table(["rule", "stays", "dropped", "size", "left"], rows)


def _sources(report: CorpusReport) -> list[str]:
    rows = [
        [inline(one.name), f"{one.documents:,}", figures.size(one.bytes), f"{one.kept:,}", f"{one.tokens:,}",
         f"{one.bytes_per_token:.2f}", f"{one.damaged:,}"]
        for one in report.sources
    ]  # fmt: skip
    return table(["source", "documents", "read", "kept", "tokens", "bytes per token", "damaged"], rows)


def _by_source(report: CorpusReport) -> list[str]:
    names = [source.name for source in report.sources]
    counts = [(rule, [rule.by_source.get(name, Amount()).documents for name in names]) for rule in report.dropped]
    rows = [[inline(rule.rule), *(f"{count:,}" for count in found)] for rule, found in counts]
    return table(["rule", *map(inline, names)], rows)


def _figures_of(report: CorpusReport) -> list[str]:
    """Lengths, languages and stages, where they are known."""
    parts: list[str] = []
    if report.lengths:
        rows = [[f"{one.low:,} to {one.high - 1:,}", f"{one.documents:,}"] for one in report.lengths]
        parts += ["", "## Length of documents", "", *table(["tokens", "documents"], rows)]
    if report.languages:
        ordered = sorted(report.languages.items(), key=lambda one: -one[1].documents)
        rows = [[inline(code), f"{one.documents:,}", figures.size(one.bytes)] for code, one in ordered]
        parts += ["", "## Languages", "", *table(["language", "documents", "size"], rows)]
    if report.stages:
        rows = [
            [inline(one.stage), f"{one.seconds:.1f}", figures.size(one.bytes), f"{one.rate / 1e6:,.1f}"]
            for one in report.stages
        ]
        parts += ["", "## Time", "", *table(["stage", "seconds", "text", "MB/s"], rows)]
    return parts


def _mended(report: CorpusReport, samples: int) -> list[str]:
    changes = [change for change in report.changes if change.documents]
    if not changes:
        return []
    rows = [[inline(change.step), f"{change.documents:,}", f"{change.count:,}"] for change in changes]
    parts = ["", "## What was mended", "", *table(["step", "documents", "times"], rows)]
    for change in changes:
        for one in change.samples[:samples]:
            parts += _before_and_after(change.step, one)
    return parts


def _before_and_after(step: str, one: ChangeSample) -> list[str]:
    head = f"{inline(step)}: {inline(one.id)} ({inline(one.source)}), before and after"
    return ["", head, "", fenced(one.before), "", fenced(one.after)]


def _cluster(cluster: Cluster) -> list[str]:
    head = f"{inline(cluster.kept.id)} ({inline(cluster.kept.source)}) was kept, {cluster.documents:,} went:"
    members = [f"- {inline(one.id)} ({inline(one.source)}){_alike(one)}" for one in cluster.members]
    return ["", head, "", *members, "", fenced(cluster.kept.text)]


def _alike(member: Sample) -> str:
    return f", similarity {member.similarity:.2f}" if member.similarity is not None else ""


def _test_items(report: CorpusReport, samples: int) -> list[str]:
    """How many of each suite's items were found, and some with the passage that gave them away."""
    if not report.test_sets and not report.contaminated[:samples]:
        return []
    rows = [
        [inline(one.suite), f"{one.items:,}", f"{one.found:,}", f"{one.learned:,}", f"{one.untold:,}"]
        for one in report.test_sets
    ]
    head = ["suite", "items", "in what was read", "in training text", "cannot be told"]
    parts = ["", "## Test items", *(["", *table(head, rows)] if rows else [])]
    return parts + [line for one in report.contaminated[:samples] for line in _contaminated(one)]


def _contaminated(one: Contaminated) -> list[str]:
    fate = "dropped" if one.dropped else "marked"
    head = f"{inline(one.id)} ({inline(one.source)}), {fate}: {inline(shares(one))}"
    return ["", head, "", fenced(one.passage), "", "The item:", "", fenced(one.item_text)]


def _sample(sample: Sample, rule: RuleCount | None = None) -> list[str]:
    reason = f", {inline(why(rule, sample))}" if rule is not None and why(rule, sample) != rule.reason else ""
    return ["", f"{inline(sample.id)} ({inline(sample.source)}){reason}", "", fenced(sample.text)]
