"""A believable corpus report, to be written beside a made-up corpus. Its samples hold markup and an escape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.corpus.report import (
    Amount,
    Bucket,
    Change,
    ChangeSample,
    Cluster,
    Contaminated,
    CorpusReport,
    RuleCount,
    Sample,
    SourceCount,
    Stage,
    save_report,
)

_RULES: tuple[tuple[str, str, float, str, dict[str, Any]], ...] = (
    ("words", "too few or too many words", 0.05, "Internal.", {"low": 50.0, "high": 100_000.0}),
    ("alphabetic", "too few words with a letter", 0.02, ">>> 0x1f & 0b1011 == 11 -> [0, 1, 3] ...", {"low": 0.8}),
    (
        "repeated_lines",
        "too many lines that stood before",
        0.01,
        "[red]-[/red] deprecated \x1b[2J\n" * 2,
        {"high": 0.3},
    ),
    ("duplicate", "the same text but for whitespace", 0.08, "Return the number of items in a container.", {}),
    ("near_duplicate", "nearly the same text as one that is kept", 0.03, "Return how many items are in it.", {}),
)
_VALUES = {"words": 12.0, "alphabetic": 0.4183, "repeated_lines": 0.5}
_KEPT = "email.policy in docs"


def write_report(folder: Path, name: str, hash_: str, *, documents: int, tokens: int) -> None:
    """`report.json` of a corpus with `documents` kept and `tokens` to train on."""
    names = (name, "notes")
    report = CorpusReport(
        name=name, hash=hash_, kept_documents=documents, kept_bytes=tokens * 4, heldout_documents=documents // 20,
        vocab_size=512, train_tokens=tokens, heldout_tokens=tokens // 20, bytes_per_token=3.81, workers=2,
        seconds={"read": 2.4, "tokenizer": 5.1, "encode": 1.6}, peak_bytes=412 << 20,
    )  # fmt: skip
    report.stages = [
        Stage(stage="prepare", seconds=2.4, bytes=tokens * 5),
        Stage(stage="tokenizer", seconds=5.1, bytes=tokens * 4),
        Stage(stage="encode", seconds=1.6, bytes=tokens * 4, found=tokens),
    ]
    report.lengths = [Bucket(8 << n, 16 << n, int(documents * share)) for n, share in enumerate(_LENGTHS)]
    for code, share in _LANGUAGES.items():
        report.languages[code] = Amount(documents=int(documents * share), bytes=int(tokens * 4 * share))
    report.dropped = [_rule(one, documents, names) for one in _RULES]
    read = documents + sum(rule.documents for rule in report.dropped)
    report.sources = [_source(report, one, read, share) for one, share in zip(names, (0.75, 0.25))]
    report.kept_samples = [
        Sample(id=f"email.message.kept.{n}", source=name, text=f"Attach part {n} to the message.\n\n" + "Text. " * 40)
        for n in range(12)
    ]
    _besides(report)
    save_report(folder, report)


_LENGTHS = (0.04, 0.11, 0.22, 0.27, 0.19, 0.11, 0.05, 0.01)
_LANGUAGES = {"en": 0.96, "de": 0.03, "fr": 0.01}


def _rule(one: tuple[str, str, float, str, dict[str, Any]], documents: int, names: tuple[str, str]) -> RuleCount:
    rule, reason, share, text, bounds = one
    count = max(1, int(documents * share))
    size = count * len(text) * 4
    samples = [_sample(rule, n, names[0], text) for n in range(3)]
    first = Amount(documents=count - count // 4, bytes=size - size // 4)
    by_source = {names[0]: first, names[1]: Amount(documents=count // 4, bytes=size // 4)}
    return RuleCount(
        rule=rule, reason=reason, documents=count, bytes=size, samples=samples, by_source=by_source, **bounds
    )


def _sample(rule: str, n: int, source: str, text: str) -> Sample:
    where = {"id": f"email.message.{rule}.{n}", "source": source, "text": text}
    if "duplicate" not in rule:
        return Sample(**where, value=_VALUES[rule])
    near = 0.87 if rule == "near_duplicate" else None
    return Sample(**where, kept=_KEPT, kept_text="Return the number of items in a container.", similarity=near)


def _source(report: CorpusReport, name: str, read: int, share: float) -> SourceCount:
    taken = sum(rule.by_source[name].documents for rule in report.dropped)
    documents = read - round(read * 0.25) if share > 0.5 else round(read * 0.25)
    first = share > 0.5
    return SourceCount(
        name=name, documents=documents, bytes=documents * 540, kept=documents - taken,
        tokens=int(report.train_tokens * share), kept_bytes=int(report.kept_bytes * share),
        bytes_per_token=3.81 if first else 3.62,
        damaged=0 if first else 2, damage=[] if first else ["notes/a.jsonl:17: not valid JSON"],
    )  # fmt: skip


def _besides(report: CorpusReport) -> None:
    """What was mended, the largest cluster, and a test item that stands in the corpus."""
    name = report.sources[0].name
    mended = ChangeSample(
        id="email.charset", source=name, before="donâ€™t parse the header twice", after="don’t parse the header twice"
    )
    report.changes = [
        Change(step="mojibake", documents=3, count=9, bytes=24, samples=[mended]),
        Change(step="email", documents=7, count=11, bytes=80),
    ]
    near = report.dropped[-1].samples
    kept = Sample(id="email.policy", source="docs", text="Return the number of items in a container.")
    report.clusters = [Cluster(kept=kept, documents=4, bytes=600, members=near)]
    report.contaminated = [
        Contaminated(
            suite="questions", item="questions-7", id="email.policy.default", source=name, share=0.75, dropped=False,
            item_text="What does email.policy.default do when it parses a header?",
            passage="Ask yourself what does email.policy.default do when it parses a long header.",
        )
    ]  # fmt: skip
