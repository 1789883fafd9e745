"""The corpus stage: sources in, an immutable corpus folder out, in two passes over the text.

    pass 1   sources -> clean -> dedup -> spill file       what is kept, and on which side of the split
             spill (training side) -> tokenizer
    pass 2   spill -> tokens -> train and heldout files -> hash -> corpora/<name>/<hash>/

The tokenizer learns from the training side alone. Work stands in the run's own folder until all of it is whole, then
moves into place at once. Asked to stop, it drops that work: building again starts over, and gives the same hash.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import compress
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from engine.config.fingerprint import fingerprint
from engine.config.schema import CorpusConfig
from engine.corpus.clean import RULES, broken_rule, load_toxic_words
from engine.corpus.dedup import Deduplicator
from engine.corpus.documents import Document, digest
from engine.corpus.manifest import FILES, CorpusManifest
from engine.corpus.report import Bucket, CorpusReport, RuleCount, Sample, SourceCount, save_report, snippet
from engine.corpus.shards import Spill, TokenFile, held_out
from engine.corpus.sources import check_sources, documents, source_name
from engine.corpus.tokenizer import Tokenizer, published, train_bpe
from engine.errors import InputError
from engine.journal.events import CorpusBuilt, Progress
from engine.paths import atomic_folder, safe_name, write_atomic
from engine.stage import Outcome, StageContext

T = TypeVar("T")

_BATCH_BYTES = 4 << 20
"""Of text encoded in one go: enough to keep every core busy, little enough to hold."""
_PROGRESS_SECONDS = 0.5


class _Stopped(Exception):
    """Somebody asked the stage to stop."""


def run(context: StageContext, config: CorpusConfig) -> Outcome:
    """Build a corpus. Raises `InputError` for bad input, and when too little text is left."""
    where = context.folder.config
    safe_name(config.name, where=where)
    check_sources(config, where=where)
    work = context.folder.path / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        manifest = _Build(context, config, work).build()
    except _Stopped:
        context.say("asked to stop: dropped the unfinished corpus; building again starts over")
        return Outcome(stopped=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Outcome(tokens=manifest.train_tokens + manifest.heldout_tokens)


class _Build:
    """One build: what the passes hand to each other."""

    def __init__(self, context: StageContext, config: CorpusConfig, work: Path):
        self.context, self.config, self.where = context, config, context.folder.config
        self.folder = work / "corpus"
        self.folder.mkdir()
        self.spill = Spill(work / "spill")
        self.report = CorpusReport(name=config.name)
        self.digests: list[bytes] = []
        self._told = 0.0

    def build(self) -> CorpusManifest:
        with self._timed("read"):
            self._read()
            self.spill.close()
        self._refuse_too_little()
        heldout = held_out(self.digests, self.config.heldout, self.config.seed)
        with self._timed("tokenizer"):
            tokenizer = self._tokenizer(heldout)
        with self._timed("encode"):
            train, held = self._encode(tokenizer, heldout)
        return self._publish(tokenizer, train, held)

    # --- pass 1

    def _read(self) -> None:
        """Every document through the rules, the kept ones into the spill file."""
        toxic = load_toxic_words(self.config.clean.toxic_words, where=self.where)
        seen = Deduplicator() if self.config.dedup == "exact" else None
        for source in self.config.sources:
            count = SourceCount(name=source_name(source))
            self.report.sources.append(count)
            for document in self._unless_stopped("reading", documents(source)):
                size = len(document.text.encode())
                count.documents += 1
                count.bytes += size
                if not self._dropped(document, size, toxic, seen):
                    count.kept += 1
        order = {rule.name: index for index, rule in enumerate(RULES)}
        self.report.dropped.sort(key=lambda dropped: order.get(dropped.rule, len(order)))
        self.context.say(f"kept {len(self.digests):,} of {self.report.documents:,} documents{self._most_dropped()}")

    def _dropped(self, document: Document, size: int, toxic: frozenset[str], seen: Deduplicator | None) -> bool:
        rule = broken_rule(document.text, self.config.clean, toxic)
        if rule is not None:
            self.report.drop(rule.name, rule.reason, size, _sample(document))
            return True
        key = digest(document.text)
        kept = seen.first(document, key) if seen else None
        if kept is not None:
            self.report.drop("duplicate", "the same text but for whitespace", size, _sample(document, kept))
            return True
        self.digests.append(key)
        self.report.keep(self.spill.add(document.text), _sample(document))
        return False

    def _most_dropped(self) -> str:
        most = _most(self.report)
        return f"; most were dropped by {most.rule} ({most.documents:,}: {most.reason})" if most else ""

    def _refuse_too_little(self) -> None:
        """A corpus needs a document to train on and, apart from it, one to hold out."""
        if self.digests and len(set(self.digests)) > 1:
            return
        read, most = self.report.documents, _most(self.report)
        if self.digests or (read and not most):
            raise InputError(
                "only one document is left, and one must be held out",
                where=self.where,
                key="sources",
                fix="cut long text files into documents with a source's `separator`, such as a blank line, or add text",
            )
        if most is None:
            raise InputError("the sources hold no documents", where=self.where, key="sources", fix="check their paths")
        raise InputError(
            f"no text is left: all {read:,} documents were dropped, most by {most.rule} ({most.documents:,})",
            where=self.where,
            key="clean",
            fix=f"loosen clean.{most.rule}" if most.rule != "empty" else "these documents have no text",
        )

    def _tokenizer(self, heldout: list[bool]) -> Tokenizer:
        wanted = self.config.tokenizer
        if wanted.type == "tiktoken":
            return published(wanted.name, where=self.where)
        training = compress(self.spill, (not held for held in heldout))
        tokenizer = train_bpe(self._unless_stopped("training the tokenizer on", training), wanted.vocab_size)
        if tokenizer.n_vocab < wanted.vocab_size:
            self.context.say(
                f"tokenizer: {tokenizer.n_vocab:,} tokens, fewer than the {wanted.vocab_size:,} asked for:"
                " the text has no more pairs to merge"
            )
        return tokenizer

    # --- pass 2

    def _encode(self, tokenizer: Tokenizer, heldout: list[bool]) -> tuple[TokenFile, TokenFile]:
        dtype = _dtype(tokenizer)
        lengths: dict[int, int] = {}
        with (
            TokenFile(self.folder / FILES["train"], dtype, tokenizer.end_of_text) as train,
            TokenFile(self.folder / FILES["heldout"], dtype, tokenizer.end_of_text) as held,
        ):
            sides = iter(heldout)
            for batch in _batches(self._unless_stopped("encoding", self.spill, len(heldout))):
                for text, ids in zip(batch, tokenizer.encode_batch(batch)):
                    (held if next(sides) else train).add(ids, len(text.encode()))
                    power = len(ids).bit_length()
                    lengths[power] = lengths.get(power, 0) + 1
        self.report.lengths = [Bucket(1 << p - 1, 1 << p, n) for p, n in sorted(lengths.items())]
        return train, held

    def _publish(self, tokenizer: Tokenizer, train: TokenFile, held: TokenFile) -> CorpusManifest:
        """Name the work by its hash and move it into the workspace, unless the same is there already."""
        tokenizer.save(self.folder / "tokenizer")
        files = {FILES["train"]: train.sha256, FILES["heldout"]: held.sha256}
        for path in sorted((self.folder / "tokenizer").iterdir()):
            files[f"tokenizer/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest = CorpusManifest(
            name=self.config.name,
            hash=content_hash(files),
            dtype=_dtype(tokenizer),
            documents=train.documents + held.documents,
            heldout_documents=held.documents,
            train_tokens=train.tokens,
            heldout_tokens=held.tokens,
            train_bytes=train.bytes,
            heldout_bytes=held.bytes,
            vocab_size=tokenizer.n_vocab,
            fingerprint=fingerprint(self.config),
            files=files,
            built=time.time(),
        )
        self._complete_report(manifest)
        ref = f"{manifest.name}/{manifest.hash}"
        final = self.context.workspace.corpora / manifest.name / manifest.hash
        if (final / "manifest.json").exists():
            self.context.say(f"corpus {ref} is there already, with the same content: kept as it is")
        else:
            save_report(self.folder, self.report)
            write_atomic(self.folder / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
            with atomic_folder(final) as draft:
                for entry in self.folder.iterdir():
                    entry.rename(draft / entry.name)
            self.context.say(
                f"corpus {ref}: {manifest.train_tokens:,} tokens to train on, {manifest.heldout_tokens:,} held out"
            )
        self.context.record(CorpusBuilt(name=manifest.name, hash=manifest.hash), sync=True)
        return manifest

    def _complete_report(self, manifest: CorpusManifest) -> None:
        report = self.report
        report.hash, report.vocab_size = manifest.hash, manifest.vocab_size
        report.heldout_documents = manifest.heldout_documents
        report.train_tokens, report.heldout_tokens = manifest.train_tokens, manifest.heldout_tokens
        ordinary = manifest.train_tokens + manifest.heldout_tokens - manifest.documents
        report.bytes_per_token = report.kept_bytes / max(1, ordinary)

    # --- what all passes need

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.report.seconds[stage] = time.monotonic() - start

    def _unless_stopped(self, phase: str, items: Iterable[T], total: int = 0) -> Iterator[T]:
        for done, item in enumerate(items):
            if self.context.stop_asked:
                raise _Stopped
            now = time.monotonic()
            if now - self._told >= _PROGRESS_SECONDS:
                self._told = now
                self.context.record(Progress(phase=phase, done=done, total=total))
            yield item


def content_hash(files: dict[str, str]) -> str:
    """12 hex digits that stand for the content of a corpus, given its files' SHA-256."""
    listed = "".join(f"{sha256} {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def _dtype(tokenizer: Tokenizer) -> Literal["uint16", "uint32"]:
    return "uint16" if tokenizer.n_vocab <= 1 << 16 else "uint32"


def _most(report: CorpusReport) -> RuleCount | None:
    return max(report.dropped, key=lambda dropped: dropped.documents, default=None)


def _sample(document: Document, kept: str = "") -> Sample:
    return Sample(id=document.id, source=document.source, text=snippet(document.text), kept=kept)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in lists of about `_BATCH_BYTES` characters."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
