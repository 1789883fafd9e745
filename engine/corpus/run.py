"""The corpus stage: sources in, an immutable corpus folder out.

    sources -> prepared text and measures (workers, a part at a time)      prepared/<key>/
            -> pairs of near duplicates                                     prepared/<key>/
            -> verdicts by the thresholds, from measures alone
            -> tokenizer, from the training side -> tokens                  <run>/work/
            -> corpora/<name>/<hash>/

Whenever it ends early, what is finished stays: parts for every build of the same text, tokens for this run. A build
that goes on gives the hash that an uninterrupted one would have given.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.config.fingerprint import fingerprint
from engine.config.schema import CorpusConfig
from engine.corpus.account import Accountant, store_verdicts
from engine.corpus.contamination.build import for_report, recorded
from engine.corpus.contamination.index import Index
from engine.corpus.contamination.record import SuiteCheck, save_beside, save_with_corpus
from engine.corpus.dedup.known import Known, known_corpora, remember
from engine.corpus.dedup.near import near_pairs
from engine.corpus.dedup.pairs import Pairs
from engine.corpus.dedup.paragraphs import repeated_paragraphs
from engine.corpus.encode import Encoded, encode
from engine.corpus.fill import claimed, fill
from engine.corpus.manifest import FILES, CorpusManifest
from engine.corpus.pool import cores
from engine.corpus.prepared import Prepared, prepared_at
from engine.corpus.reading.hub import pinned
from engine.corpus.recipe import gather, recipe
from engine.corpus.report import Bucket, CorpusReport, save_report
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.scores import Scores, judge_of
from engine.corpus.select import Selection, by_rules, column, select, without_repetition
from engine.corpus.shards import held_out, token_dtype
from engine.corpus.sources import check_sources
from engine.corpus.stream import Batch, Stream
from engine.corpus.telling import StoppedError, Teller
from engine.corpus.tokenizer import BytePairs
from engine.corpus.vocabulary import check_special, chosen, train_bpe
from engine.errors import InputError
from engine.journal.events import CorpusBuilt
from engine.paths import atomic_folder, safe_name, write_atomic
from engine.stage import Outcome, StageContext

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PAIRS_MEMORY = 256 << 20
"""Bytes that the search for near duplicates may hold, beside its workers."""


def run(context: StageContext, config: CorpusConfig) -> Outcome:
    """Build a corpus. Raises `InputError` for bad input, and when too little text is left."""
    where = context.folder.config
    safe_name(config.name, where=where)
    check_sources(config, where=where)
    check_special(config.tokenizer, where=where)
    work = context.folder.path / "work"
    try:
        manifest = _Build(context, config, work).build()
    except StoppedError:
        context.say("asked to stop: finished parts are kept, and resuming goes on from them")
        return Outcome(stopped=True)
    except InputError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)
    return Outcome(tokens=manifest.train_tokens + manifest.heldout_tokens)


class _Build:
    """One build: what its stages hand to each other."""

    def __init__(self, context: StageContext, config: CorpusConfig, work: Path):
        self.context, self.config, self.work, self.where = context, config, work, context.folder.config
        self.teller = Teller(context)
        self.rules = chosen_rules(config, where=self.where)
        self.against = known_corpora(context.workspace, config.dedup.against, where=self.where)
        self.workers = config.workers or cores()
        self.judge = judge_of(context.workspace, config.toxicity, where=self.where)

    def build(self) -> CorpusManifest:
        self.config = replace(self.config, sources=tuple(map(pinned, self.config.sources)))
        materials = gather(self.config, self.context.workspace, where=self.where)
        asked = recipe(materials)
        prepared = prepared_at(self.context.workspace, asked.key)
        with claimed(prepared, asked, self.teller):
            with self.teller.stage("prepare", "reading"):
                fill(prepared, materials, self.workers, self.teller)
            if not prepared.documents:
                fix = "check their paths"
                raise InputError("the sources hold no documents", where=self.where, key="sources", fix=fix)
            with _database(self.work) as database:
                return self._from_prepared(prepared, materials.index, database)

    def _from_prepared(self, prepared: Prepared, index: Index | None, database: DuckDBPyConnection) -> CorpusManifest:
        known = self._known()
        pairs = self._pairs(prepared, known, database)
        scores = self._scores(prepared, database)
        with self.teller.stage("select", "choosing documents"):
            selection = select(prepared, self.config, self.rules, database, pairs, known, scores)
        self._cut_paragraphs(prepared, selection)
        with self.teller.stage("report", "counting"):
            heldout = self._heldout(prepared, selection, database)
            store_verdicts(selection, heldout, database)
            report = Accountant(prepared, selection, self.config, database).report(self.config.name)
            looked = recorded(index, prepared, self.config.sources, database) if index else []
            report.contaminated = for_report(looked)
        self._say_what_was_kept(report)
        self._refuse_too_little(report, heldout)
        draft = self._draft(prepared, selection, heldout)
        sources = column(prepared, database, "source")["source"]
        stream = Stream(prepared, selection.copies * selection.kept, heldout, sources, selection.cuts)
        with self.teller.stage("tokenizer", "training the tokenizer on"):
            tokenizer = self._tokenizer(draft, stream)
        with self.teller.stage("encode", "encoding", stream.bytes):
            encoded = encode(stream.batches(), tokenizer, draft, cores(), self._encoded)
        return self._publish(draft, tokenizer, encoded, report, looked)

    def _scores(self, prepared: Prepared, database: DuckDBPyConnection) -> Scores | None:
        """What a classifier says of the documents that no rule drops."""
        if self.judge is None:
            return None
        kept = by_rules(prepared, self.rules, database).kept
        with self.teller.stage("score", "asking the classifier about", prepared.bytes):
            return self.judge.judge(prepared, kept, self.teller)

    def _known(self) -> Known:
        """What stands in corpora built before."""
        if not self.against:
            return Known([])
        with self.teller.stage("against", "reading other corpora"):
            return remember(self.context.workspace, self.against, self.workers, self.teller.step)

    def _pairs(self, prepared: Prepared, known: Known, database: DuckDBPyConnection) -> Pairs | None:
        """The near duplicates among all documents, whatever the rules say of them."""
        near = self.config.dedup.near
        if not near:
            return None
        with self.teller.stage("near", "comparing"):
            return near_pairs(
                prepared, known, near, database, workers=self.workers, memory=_PAIRS_MEMORY, tell=self.teller.step
            )

    def _cut_paragraphs(self, prepared: Prepared, selection: Selection) -> None:
        least = self.config.dedup.paragraphs
        if not least:
            return
        with (
            self.teller.stage("paragraphs", "comparing paragraphs of"),
            TemporaryDirectory(prefix="paragraphs-", dir=self.work) as scratch,
        ):
            cuts = repeated_paragraphs(
                prepared,
                selection.kept,
                least,
                Path(scratch) / "found",
                workers=self.workers,
                memory=_PAIRS_MEMORY,
                tell=self.teller.step,
            )
            without_repetition(selection, prepared, cuts)

    def _encoded(self, batch: Batch) -> None:
        self.teller.step(len(batch.texts), int(batch.sizes.sum()))

    def _heldout(self, prepared: Prepared, selection: Selection, database: DuckDBPyConnection) -> NDArray[np.bool_]:
        """(documents): who is kept and held out."""
        digests = column(prepared, database, "digest_0", "digest_1")
        kept = np.flatnonzero(selection.kept)
        rows = np.stack([digests["digest_0"][kept], digests["digest_1"][kept]], axis=1).view(np.uint8)
        heldout = np.zeros(len(selection.verdict), dtype=np.bool_)
        heldout[kept] = held_out(rows.reshape(-1, 16), self.config.heldout, self.config.seed)
        return heldout

    def _say_what_was_kept(self, report: CorpusReport) -> None:
        most = report.most_dropped
        also = f"; most were dropped by {most.rule} ({most.documents:,}: {most.reason})" if most else ""
        self.context.say(f"kept {report.kept_documents:,} of {report.documents:,} documents{also}")

    def _refuse_too_little(self, report: CorpusReport, heldout: NDArray[np.bool_]) -> None:
        """A corpus needs a document to train on and, apart from it, one to hold out."""
        if heldout.any():
            return
        most = report.most_dropped
        if most is None or report.kept_documents:
            raise InputError(
                "only one document is left, and one must be held out",
                where=self.where,
                key="sources",
                fix="cut long text files into documents with a source's `separator`, such as a blank line, or add text",
            )
        raise InputError(
            f"no text is left: all {report.documents:,} documents were dropped,"
            f" most by {most.rule} ({most.documents:,})",
            where=self.where,
            key="clean",
            fix=f"loosen clean.rules.{most.rule}" if most.rule != "empty" else "these documents have no text",
        )

    def _draft(self, prepared: Prepared, selection: Selection, heldout: NDArray[np.bool_]) -> Path:
        """The folder that the corpus grows in, named by all that decides it: another one's remains are removed."""
        content = hashlib.sha256(f"{prepared.key} {fingerprint(self.config.tokenizer)}".encode())
        content.update(selection.verdict.tobytes())
        content.update(heldout.tobytes())
        content.update(selection.copies.tobytes())
        content.update(selection.cuts.records.tobytes())
        draft = self.work / f"corpus-{content.hexdigest()[:12]}"
        for other in self.work.glob("corpus-*"):
            if other != draft:
                shutil.rmtree(other)
        draft.mkdir(parents=True, exist_ok=True)
        return draft

    def _tokenizer(self, draft: Path, stream: Stream) -> BytePairs:
        """The one that an earlier attempt made, or a new one."""
        wanted, folder = self.config.tokenizer, draft / "tokenizer"
        if folder.exists():
            return BytePairs.read(folder)
        if wanted.type == "tiktoken":
            tokenizer = chosen(wanted, where=self.where)
        else:
            tokenizer = train_bpe(self._training(stream), wanted.vocab_size, special=wanted.special)
            if tokenizer.n_vocab < wanted.vocab_size:
                self.context.say(
                    f"tokenizer: {tokenizer.n_vocab:,} tokens, fewer than the {wanted.vocab_size:,} asked for:"
                    " the text has no more pairs to merge"
                )
        with atomic_folder(folder) as new:
            tokenizer.save(new)
        return tokenizer

    def _training(self, stream: Stream) -> Iterator[str]:
        for batch in stream.batches(training=True):
            self.teller.step(len(batch.texts), int(batch.sizes.sum()))
            yield from batch.texts

    def _publish(
        self,
        draft: Path,
        tokenizer: BytePairs,
        encoded: Encoded,
        report: CorpusReport,
        looked: Sequence[SuiteCheck],
    ) -> CorpusManifest:
        """Name the work by its hash and move it into the workspace, unless the same is there already."""
        train, heldout = encoded.tally.train, encoded.tally.heldout
        files = {FILES["train"]: encoded.train_sha256, FILES["heldout"]: encoded.heldout_sha256}
        for path in sorted((draft / "tokenizer").iterdir()):
            files[f"tokenizer/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest = CorpusManifest(
            name=self.config.name,
            hash=content_hash(files),
            dtype=token_dtype(tokenizer.n_vocab),
            documents=train.documents + heldout.documents,
            heldout_documents=heldout.documents,
            train_tokens=train.tokens,
            heldout_tokens=heldout.tokens,
            train_bytes=train.bytes,
            heldout_bytes=heldout.bytes,
            vocab_size=tokenizer.n_vocab,
            fingerprint=fingerprint(self.config),
            files=files,
            built=time.time(),
        )
        self._complete(report, manifest, encoded)
        ref = f"{manifest.name}/{manifest.hash}"
        final = self.context.workspace.corpora / manifest.name / manifest.hash
        if (final / "manifest.json").exists():
            save_beside(self.context.workspace, ref, looked)
            self.context.say(f"corpus {ref} is there already, with the same content: kept as it is")
        else:
            save_report(draft, report)
            if looked:
                save_with_corpus(draft, looked)
            write_atomic(draft / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
            (draft / "encoded.json").unlink()
            with atomic_folder(final) as whole:
                for entry in draft.iterdir():
                    entry.rename(whole / entry.name)
            self.context.say(
                f"corpus {ref}: {manifest.train_tokens:,} tokens to train on, {manifest.heldout_tokens:,} held out"
            )
        self.context.record(CorpusBuilt(name=manifest.name, hash=manifest.hash), sync=True)
        return manifest

    def _complete(self, report: CorpusReport, manifest: CorpusManifest, encoded: Encoded) -> None:
        tally = encoded.tally
        report.hash, report.vocab_size = manifest.hash, manifest.vocab_size
        report.heldout_documents = manifest.heldout_documents
        report.train_tokens, report.heldout_tokens = manifest.train_tokens, manifest.heldout_tokens
        report.bytes_per_token = sum(tally.bytes.values()) / max(1, sum(tally.tokens.values()))
        for number, source in enumerate(report.sources):
            source.tokens = tally.tokens.get(number, 0)
            source.bytes_per_token = tally.bytes.get(number, 0) / max(1, source.tokens)
        report.lengths = [Bucket(1 << p - 1, 1 << p, n) for p, n in sorted(tally.lengths.items())]
        report.stages = self.teller.stages
        report.seconds = {stage.stage: stage.seconds for stage in report.stages}
        report.workers, report.peak_bytes = self.workers, self.teller.peak_bytes


@contextmanager
def _database(work: Path) -> Iterator[DuckDBPyConnection]:
    """Where verdicts are worked out. Its file stands for nothing: it is made anew by every attempt."""
    import duckdb

    work.mkdir(parents=True, exist_ok=True)
    path = work / "verdicts.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path, config={"memory_limit": "512MB", "threads": cores()}) as database:
        yield database


def content_hash(files: dict[str, str]) -> str:
    """12 hex digits that stand for the content of a corpus, given its files' SHA-256."""
    listed = "".join(f"{sha256} {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:12]
