"""The report of a synthetic workspace's corpus: sources, what each rule dropped with samples of it, lengths."""

from __future__ import annotations

from engine.corpus.report import SAMPLES, Amount, Bucket, CorpusReport, RuleCount, Sample, SourceCount


def report(name: str, hash: str) -> CorpusReport:
    """Of a corpus from which two rules dropped 636 documents."""
    told = CorpusReport(name=name, hash=hash, kept_documents=11_764)
    told.sources = [SourceCount(name="python-docs", documents=12_400, bytes=6_700_000, kept=11_764)]
    told.vocab_size, told.train_tokens, told.heldout_tokens, told.bytes_per_token = 8192, 1_502_311, 75_115, 4.0
    told.kept_bytes, told.heldout_documents = 6_309_706, 560
    told.dropped = [
        _dropped("chars", "too short, or too long", 0),
        _dropped("duplicate", "the same text but for whitespace", 1),
    ]
    told.lengths = [Bucket(2**power, 2 ** (power + 1), 2940) for power in (5, 6, 7, 8)]
    return told


def _dropped(rule: str, reason: str, first: int) -> RuleCount:
    numbers = range(first, 636, 2)
    samples = [
        Sample(id=f"doc-{number:05d}", source="python-docs", text=f"Section {number}. " * 20)
        for number in numbers[:SAMPLES]
    ]
    amount = Amount(documents=len(numbers), bytes=600 * len(numbers))
    return RuleCount(
        rule=rule, reason=reason, documents=amount.documents, bytes=amount.bytes, by_source={"python-docs": amount},
        samples=samples,
    )  # fmt: skip
