"""A believable corpus report, to be written beside a made-up corpus."""

from __future__ import annotations

from pathlib import Path

from engine.corpus.report import Bucket, CorpusReport, RuleCount, Sample, SourceCount, save_report

_RULES = (
    ("duplicate", "the same text, exactly", 0.08, "Return the number of items in a container."),
    ("min_chars", "fewer than 20 characters", 0.05, "Internal."),
    ("min_alphabetic", "less than half letters and spaces", 0.02, ">>> 0x1f & 0b1011 == 11 -> [0, 1, 3] ..."),
    (
        "max_repeated_lines",
        "more than 30 % repeated lines",
        0.01,
        "[red]-[/red] deprecated \x1b[2J\n[red]-[/red] deprecated",
    ),
)


def write_report(folder: Path, name: str, hash_: str, *, documents: int, tokens: int) -> None:
    """`report.json` of a corpus with `documents` kept and `tokens` to train on. Samples hold markup and an escape."""
    report = CorpusReport(
        name=name, hash=hash_, kept_documents=documents, kept_bytes=tokens * 4, heldout_documents=documents // 20,
        vocab_size=512, train_tokens=tokens, heldout_tokens=tokens // 20, bytes_per_token=3.81,
        seconds={"read": 2.4, "tokenizer": 5.1, "encode": 1.6},
    )  # fmt: skip
    read = documents
    for rule, reason, share, text in _RULES:
        count = max(1, int(documents * share))
        samples = [
            Sample(
                id=f"email.message.{rule}.{n}",
                source=name,
                text=text,
                kept="email.policy in docs" * (rule == "duplicate"),
            )
            for n in range(3)
        ]
        report.dropped.append(
            RuleCount(rule=rule, reason=reason, documents=count, bytes=count * len(text) * 4, samples=samples)
        )
        read += count
    report.kept_samples = [
        Sample(id=f"email.message.kept.{n}", source=name, text=f"Attach part {n} to the message.\n\n" + "Text. " * 40)
        for n in range(12)
    ]
    report.sources.append(SourceCount(name=name, documents=read, bytes=read * 540, kept=documents))
    shares = (0.04, 0.11, 0.22, 0.27, 0.19, 0.11, 0.05, 0.01)
    report.lengths = [Bucket(8 << n, 16 << n, int(documents * share)) for n, share in enumerate(shares)]
    save_report(folder, report)
