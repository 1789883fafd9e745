"""What a corpus build read, kept and dropped, and why. Written beside the tokens; drawn by the app, printed here.

Everything in it is data: ids and snippets are foreign text, and are made safe only where they are shown.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import InputError
from engine.paths import write_atomic

SAMPLES = 20
"""Kept of each rule, and of what was kept."""
_SNIPPET = 2_000


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One document, dropped or kept."""

    id: str
    source: str
    text: str
    """Its beginning, at most 2,000 characters."""
    kept: str = ""
    """duplicate, near_duplicate: the document kept in its place, `ID in SOURCE`."""
    kept_text: str = ""
    """The beginning of that document."""
    similarity: float | None = None
    """near_duplicate: Jaccard similarity of both texts' word 5-grams, 0 to 1."""
    value: float | None = None
    """Quality rules: this document's measure, which the rule's bounds did not hold."""
    document: int = -1
    """Its row in `documents.parquet`, from 0; -1: not known."""


class Amount(msgspec.Struct, kw_only=True):
    """So many documents and so much text."""

    documents: int = 0
    bytes: int = 0


class SourceCount(msgspec.Struct, kw_only=True):
    """One source. Bytes are UTF-8, here and below."""

    name: str
    documents: int = 0
    bytes: int = 0
    kept: int = 0
    """Documents."""
    kept_bytes: int = 0
    """After repair, each document once, whatever the source's weight."""
    tokens: int = 0
    """In training and held out together, copies of a weighted source included, end-of-text tokens apart."""
    bytes_per_token: float = 0.0
    revision: str = ""
    """hub: the commit that was read."""
    damaged: int = 0
    """Records that could not be read and were skipped."""
    damage: list[str] = msgspec.field(default_factory=list)
    """The first of them: `FILE:LINE: what is wrong`."""


class RuleCount(msgspec.Struct, kw_only=True):
    """What one rule dropped, over all sources."""

    rule: str
    """The measure that `clean.rules` bounds, or damaged | empty | language | toxic_words | duplicate ..."""
    reason: str
    documents: int = 0
    bytes: int = 0
    by_source: dict[str, Amount] = msgspec.field(default_factory=dict)
    """By the source's name; none in reports from before there were any."""
    low: float | None = None
    """Quality rules: the smallest value that stays."""
    high: float | None = None
    stays: dict[str, tuple[float | None, float | None]] = msgspec.field(default_factory=dict)
    """Where sources have other bounds: `low` and `high` by the source's name, and none for all."""
    samples: list[Sample] = msgspec.field(default_factory=list)


class Change(msgspec.Struct, kw_only=True):
    """What one step of repair, or one kind of scrubbing, did to texts that stayed in."""

    step: str
    """mojibake | control | unicode | boilerplate_... | join_lines | paragraphs | secret | email | ip | phone."""
    documents: int = 0
    """That it changed."""
    count: int = 0
    """Things replaced or removed, where they can be counted: addresses, lines, characters."""
    bytes: int = 0
    """By how much the text became shorter; negative where it grew."""
    samples: list[ChangeSample] = msgspec.field(default_factory=list)


class ChangeSample(msgspec.Struct, frozen=True, kw_only=True):
    """A text before and after one step, cut to the place that changed."""

    id: str
    source: str
    before: str
    after: str


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A kept document and those that went because of it."""

    kept: Sample
    documents: int
    """How many went."""
    bytes: int = 0
    members: list[Sample] = msgspec.field(default_factory=list)
    """A few of them, the nearest first; `similarity` 1.0: the same text."""


class Contaminated(msgspec.Struct, frozen=True, kw_only=True):
    """A document that shares long runs of words with a test item."""

    suite: str
    item: str
    """The item's id in its suite."""
    item_text: str
    id: str
    source: str
    passage: str
    """The stretch of the document that holds what is shared."""
    share: float
    """Of the item's n-grams that stand in the document, 0 to 1."""
    dropped: bool
    """False: only marked."""
    document: int = -1


class TestSetCount(msgspec.Struct, frozen=True, kw_only=True):
    """What a build found of one suite's items."""

    __test__ = False  # pytest: not a class of tests

    suite: str
    items: int
    untold: int
    """Too short, or too like the others, to be looked for."""
    found: int
    """In what was read."""
    learned: int
    """In what is trained on."""


class Bucket(msgspec.Struct, frozen=True):
    """Kept documents with at least `low` and fewer than `high` tokens."""

    low: int
    high: int
    documents: int


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the build, in the order in which they ran."""

    stage: str
    """prepare | select | near | tokenizer | encode ..."""
    seconds: float
    """Wall time, of the last attempt."""
    bytes: int = 0
    """Of text that went in."""
    found: int = 0
    """Bytes of those that an earlier build had done."""

    @property
    def rate(self) -> float:
        """Bytes a second of what was done; 0: nothing was."""
        return (self.bytes - self.found) / self.seconds if self.seconds > 0 else 0.0


class CorpusReport(msgspec.Struct, kw_only=True):
    """`report.json`. Older reports have fewer fields; each new one has a default that says so."""

    name: str
    hash: str = ""
    prepared: str = ""
    """The key of the prepared text that it was made from: `prepared/<key>/` in the workspace."""
    sources: list[SourceCount] = msgspec.field(default_factory=list)
    dropped: list[RuleCount] = msgspec.field(default_factory=list)
    """In the order in which the rules are tried."""
    kept_documents: int = 0
    kept_bytes: int = 0
    kept_samples: list[Sample] = msgspec.field(default_factory=list)
    """A few of the kept documents; none in reports from before there were any."""
    changes: list[Change] = msgspec.field(default_factory=list)
    """Repair and scrubbing, in the order in which they were done."""
    clusters: list[Cluster] = msgspec.field(default_factory=list)
    """The largest groups of duplicates and near-duplicates."""
    contaminated: list[Contaminated] = msgspec.field(default_factory=list)
    """A few of the documents that touch test items, most of an item first."""
    test_sets: list[TestSetCount] = msgspec.field(default_factory=list)
    marked_documents: int = 0
    """Kept ones that hold a test item."""
    heldout_documents: int = 0
    vocab_size: int = 0
    train_tokens: int = 0
    heldout_tokens: int = 0
    bytes_per_token: float = 0.0
    """Of kept text; end-of-text tokens apart. Higher: the vocabulary suits the text better."""
    lengths: list[Bucket] = msgspec.field(default_factory=list)
    """Document lengths in tokens, in powers of two."""
    languages: dict[str, Amount] = msgspec.field(default_factory=dict)
    """Documents read, by ISO 639-1 code; empty: languages were not identified."""
    seconds: dict[str, float] = msgspec.field(default_factory=dict)
    """Wall time by stage."""
    stages: list[Stage] = msgspec.field(default_factory=list)
    """The same with what went through each; none in older reports."""
    workers: int = 0
    peak_bytes: int = 0
    """The most memory that the build held, all its processes together."""

    @property
    def documents(self) -> int:
        return sum(source.documents for source in self.sources)

    @property
    def most_dropped(self) -> RuleCount | None:
        """The rule that dropped the most documents."""
        return max(self.dropped, key=lambda dropped: dropped.documents, default=None)


def snippet(text: str) -> str:
    """The beginning of a text, for a sample."""
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…"


def save_report(folder: Path, report: CorpusReport) -> None:
    write_atomic(folder / "report.json", msgspec.json.format(msgspec.json.encode(report)) + b"\n")


def load_report(folder: Path) -> CorpusReport:
    """The report in a corpus folder. Raises `InputError` when it is missing or damaged."""
    path = folder / "report.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=CorpusReport)
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix="build the corpus again") from None
    except msgspec.DecodeError as error:
        raise InputError(f"not a corpus report: {error}", where=path, fix="build the corpus again") from None
