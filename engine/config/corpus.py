"""What a corpus configuration may say: from where text comes, what is mended, what is dropped, what becomes of it.

    [[sources]] -> [repair] [privacy] -> [clean] [toxicity] [language] -> [dedup] -> [contamination] -> [tokenizer]

A table a stage, in the order in which text goes through them. Every threshold is applied to stored measures, so that
changing one reads no text again.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from engine.config.base import Config, Count, Fraction, Positive, Text

Preset = Literal["general", "web", "books", "technical", "code", "gopher", "c4", "fineweb", "none"]
Bound = bool | float | tuple[float, float]


class SourceConfig(Config, frozen=True, kw_only=True):
    """One place that text comes from."""

    type: Literal["files", "python-docs", "hub"] = "files"
    name: str = ""
    """How the report calls this source; the path when empty."""
    path: str = ""
    """files: a file, a folder (read recursively) or a glob: .txt .md .jsonl .parquet, the text ones also .gz .zst.
    hub: a glob over the dataset's files; empty: all that can be read."""
    dataset: str = ""
    """hub: the id of a Hugging Face dataset, such as `HuggingFaceFW/fineweb-edu`."""
    revision: str = ""
    """hub: a branch, tag or commit; empty: the main branch. The report says which commit that was."""
    endpoint: str = ""
    """hub: its address; empty: the public one. From HF_ENDPOINT of whoever asks for the corpus."""
    cache: str = ""
    """hub: the folder of what was fetched; empty: the usual one. From HF_HUB_CACHE or HF_HOME."""
    offline: bool = False
    """hub: take it from the cache alone. From HF_HUB_OFFLINE."""
    field: str = "text"
    """The column or key that holds the text, in JSONL and Parquet."""
    separator: str = ""
    """Text and Markdown: what stands between two documents of one file; empty: a file is one document."""
    weight: Annotated[float, Meta(gt=0.0, le=100.0)] = 1.0
    """How often its documents are taken: 0.5 half of them (chosen by their hash), 2.5 twice, and half of them again."""
    preset: Preset | Literal[""] = ""
    """Which quality rules fit this source; empty: those of `clean.preset`."""
    tolerance: Fraction = 0.001
    """Largest share of damaged records (bad UTF-8, bad JSON, a broken archive) that is skipped; more is refused."""
    include: tuple[Literal["docstrings", "topics"], ...] = ("docstrings", "topics")
    """python-docs: what to take."""
    exclude: tuple[str, ...] = ()
    """python-docs: modules left out, with all that is below them, such as `email`."""
    only: tuple[str, ...] = ()
    """python-docs: when given, nothing but these modules."""


class RepairConfig(Config, frozen=True, kw_only=True):
    """What is mended before anything is measured."""

    unicode: Literal["NFC", "NFKC", "none"] = "NFC"
    """Normalisation form."""
    mojibake: bool = True
    """Undo text that was decoded in the wrong encoding, such as â€™ for an apostrophe."""
    control: bool = True
    """Remove control characters other than line ends and tabs."""
    join_lines: Literal["auto", "always", "never"] = "auto"
    """Join lines that were wrapped at a fixed width, as old plain-text books are. auto: where a document looks so."""
    boilerplate: tuple[Literal["gutenberg", "licence", "navigation"], ...] = ("gutenberg", "licence")
    """Known text around the text that is removed: Project Gutenberg's, licence headers, menus of web pages."""


class CleanConfig(Config, frozen=True, kw_only=True):
    """Quality rules: each a bound, or two, on a measure of the document."""

    preset: Preset = "general"
    """Published rules that fit a kind of source; `graftline corpus rules` lists them with their origins."""
    rules: dict[str, Bound] = field(default_factory=dict)
    """Changes for every source, by measure: a number, [lowest, highest], true, or false: `words = [50, 100000]`."""


class ToxicityConfig(Config, frozen=True, kw_only=True):
    """Listed words, and a classifier of your own."""

    words: str = "built-in"
    """`built-in`, empty for none, or a file with one word or phrase a line, or several forms of it between commas."""
    allow: tuple[str, ...] = ()
    """Listed words that are no reason here."""
    distinct: Positive = 2
    """A document with so many different listed words within a thousand words is dropped."""
    ratio: Fraction = 0.02
    """So is one whose listed words make up more than this share of its words."""
    model: str = ""
    """A `classify` variant that judges every document, such as `toxic@1`; empty: none."""
    label: str = ""
    """model: the label that drops."""
    probability: Fraction = 0.5
    """model: from which probability of that label on."""


class PrivacyConfig(Config, frozen=True, kw_only=True):
    """Personal data that is replaced by a placeholder, and counted."""

    scrub: tuple[Literal["email", "phone", "ip", "secret"], ...] = ()


class LanguageConfig(Config, frozen=True, kw_only=True):
    """Which languages stay. Identified offline."""

    keep: tuple[str, ...] = ()
    """ISO 639-1 codes, such as ["en"]; empty: all, and nothing is identified."""
    confidence: Fraction = 0.65
    """A document of a kept language with less than this is dropped (FineWeb: 0.65); the shortest ones are not asked."""
    identifier: str = "built-in"
    """An installed identifier, by its entry point's name."""


class DedupConfig(Config, frozen=True, kw_only=True):
    """Of texts that are the same, or nearly, the first is kept; first in the order of sources."""

    exact: bool = True
    """The same text but for whitespace."""
    paragraphs: Count = 0
    """Remove a paragraph that stood before, in any document, from this many characters on; 0: leave them."""
    near: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.8
    """Drop a document whose sets of word 5-grams has at least this Jaccard similarity with a kept one; 0: off."""
    against: tuple[str, ...] = ()
    """Corpora built before, `name` or `name/hash`: what stands in them is not taken again."""


class ContaminationConfig(Config, frozen=True, kw_only=True):
    """Test items must not be learned by heart: documents that share long runs of words with a test set."""

    suites: tuple[str, ...] = ()
    """Suite files, or folders of them."""
    ngram: Annotated[int, Meta(ge=4, le=50)] = 8
    """Words in a row."""
    action: Literal["drop", "mark"] = "drop"
    """mark: keep the document, and record what it shares."""


class TokenizerConfig(Config, frozen=True, kw_only=True):
    type: Literal["bpe", "tiktoken"] = "bpe"
    """`bpe` trains byte-level merges on this corpus; `tiktoken` takes a published vocabulary."""
    vocab_size: Annotated[int, Meta(ge=257, le=200_000)] = 4096
    """`bpe`: tokens in all, the 256 bytes and the special tokens included."""
    name: str = "gpt2"
    """`tiktoken`: the published vocabulary's name."""
    file: str = ""
    """`tiktoken`: a local .tiktoken file to take instead of fetching one."""
    special: tuple[str, ...] = ()
    """Special tokens beside `<|endoftext|>`, such as `<|user|>`. They never come out of ordinary text."""


class CorpusConfig(Config, tag_field="kind", tag="corpus", frozen=True, kw_only=True):
    name: Text
    sources: tuple[SourceConfig, ...]
    repair: RepairConfig = RepairConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    clean: CleanConfig = CleanConfig()
    toxicity: ToxicityConfig = ToxicityConfig()
    language: LanguageConfig = LanguageConfig()
    dedup: DedupConfig = DedupConfig()
    contamination: ContaminationConfig = ContaminationConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    heldout: Annotated[float, Meta(gt=0.0, le=0.5)] = 0.05
    """Share of documents kept out of training, chosen by the hash of each document."""
    seed: Count = 0
    workers: Count = 0
    """Processes that read and measure; 0: one for each core. The corpus is the same with any number."""
    memory: Count = 0
    """Most megabytes that the build may hold, all processes together; 0: half of what the machine has free."""
