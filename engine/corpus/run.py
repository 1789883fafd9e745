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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from engine.config.fingerprint import fingerprint
from engine.config.schema import CorpusConfig
from engine.corpus.account import Accountant, store_verdicts
from engine.corpus.budget import Budget, budget
from engine.corpus.contamination.build import recorded, tell
from engine.corpus.contamination.index import Index
from engine.corpus.contamination.record import SuiteCheck
from engine.corpus.dedup.known import Known, known_corpora, remember
from engine.corpus.dedup.near import near_pairs
from engine.corpus.dedup.pairs import Pairs
from engine.corpus.dedup.paragraphs import find_paragraphs, repeated
from engine.corpus.encode import Encoded, encode
from engine.corpus.fill import claimed, fill
from engine.corpus.manifest import CorpusManifest
from engine.corpus.prepared import Prepared, prepared_at
from engine.corpus.prune import work_on
from engine.corpus.publish import complete, documents_writer, manifest_of, publish
from engine.corpus.reading.hub import pinned
from engine.corpus.reasons import loosened
from engine.corpus.recipe import gather, recipe
from engine.corpus.report import CorpusReport
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.scores import Scores, judge_of
from engine.corpus.select import Selection, by_rules, select, without_repetition
from engine.corpus.sources import check_sources
from engine.corpus.stream import Stream, stream_of
from engine.corpus.telling import StoppedError, Teller
from engine.corpus.tokenizer import BytePairs
from engine.corpus.vocabulary import check_tokenizer, chosen, train_bpe
from engine.errors import InputError
from engine.journal.events import CorpusBuilt
from engine.paths import atomic_folder, safe_name
from engine.stage import Outcome, StageContext

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def run(context: StageContext, config: CorpusConfig) -> Outcome:
    """Build a corpus. Raises `InputError` for bad input, and when too little text is left."""
    where = context.folder.config
    safe_name(config.name, where=where)
    check_sources(config, where=where)
    check_tokenizer(config.tokenizer, where=where)
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
        self.judge = judge_of(context.workspace, config.toxicity, where=self.where)
        self.budget = budget(config)

    def build(self) -> CorpusManifest:
        self.config = replace(self.config, sources=tuple(map(pinned, self.config.sources)))
        materials = gather(self.config, self.context.workspace, where=self.where)
        asked = recipe(materials)
        prepared = prepared_at(self.context.workspace, asked.key)
        work_on(self.work, prepared.key)
        with claimed(prepared, asked, self.teller):
            with self.teller.stage("prepare", "reading"):
                fill(prepared, materials, self.budget.workers, self.teller)
            if not prepared.documents:
                fix = "check their paths"
                raise InputError("the sources hold no documents", where=self.where, key="sources", fix=fix)
            with _database(self.work, self.budget) as database:
                return self._from_prepared(prepared, materials.index, database)

    def _from_prepared(self, prepared: Prepared, index: Index | None, database: DuckDBPyConnection) -> CorpusManifest:
        known = self._known()
        pairs = self._pairs(prepared, known, database)
        scores = self._scores(prepared, database)
        with self.teller.stage("select", "choosing documents"):
            selection = select(prepared, self.config, self.rules, database, pairs, known, scores)
        self._cut_paragraphs(prepared, selection)
        with self.teller.stage("report", "counting"):
            stream = stream_of(prepared, selection, self.config, database)
            store_verdicts(selection, stream.heldout, database)
            report = Accountant(prepared, selection, self.config, database).report(self.config.name)
            looked = recorded(index, prepared, self.config.sources, database) if index else []
            tell(report, looked, prepared, database)
        self._say_what_was_kept(report)
        self._refuse_too_little(report, stream)
        draft = self._draft(prepared, stream)
        with self.teller.stage("tokenizer", "training the tokenizer on"):
            tokenizer = self._tokenizer(draft, stream)
        with self.teller.stage("encode", "encoding", stream.bytes):
            encoded = encode(stream, tokenizer, draft, self.budget.workers, self.teller)
        return self._publish(draft, tokenizer, encoded, report, looked, documents_writer(prepared, selection, database))

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
            return remember(self.context.workspace, self.against, self.budget.workers, self.teller.step)

    def _pairs(self, prepared: Prepared, known: Known, database: DuckDBPyConnection) -> Pairs | None:
        """The near duplicates among all documents, whatever the rules say of them."""
        near = self.config.dedup.near
        if not near:
            return None
        with self.teller.stage("near", "comparing"):
            return near_pairs(
                prepared,
                known,
                near,
                database,
                workers=self.budget.workers,
                memory=self.budget.sorting,
                tell=self.teller.step,
            )

    def _cut_paragraphs(self, prepared: Prepared, selection: Selection) -> None:
        least = self.config.dedup.paragraphs
        if not least:
            return
        with self.teller.stage("paragraphs", "comparing paragraphs of"):
            records = find_paragraphs(prepared, least, self.budget.workers, self.teller.step)
            without_repetition(selection, prepared, repeated(records, selection.kept, self.budget.sorting))

    def _say_what_was_kept(self, report: CorpusReport) -> None:
        most = report.most_dropped
        also = f"; most were dropped by {most.rule} ({most.documents:,}: {most.reason})" if most else ""
        self.context.say(f"kept {report.kept_documents:,} of {report.documents:,} documents{also}")

    def _refuse_too_little(self, report: CorpusReport, stream: Stream) -> None:
        """A corpus needs a document to train on and, apart from it, one to hold out."""
        if stream.heldout.any():
            return
        most = report.most_dropped
        if most is None or report.kept_documents:
            raise InputError(
                "only one document is left, and one must be held out",
                where=self.where,
                key="sources",
                fix="cut long text files into documents with a source's `separator`, such as a blank line, or add text",
            )
        key, fix = loosened(most.rule)
        raise InputError(
            f"no text is left: all {report.documents:,} documents were dropped,"
            f" most by {most.rule} ({most.documents:,})",
            where=self.where,
            key=key,
            fix=fix,
        )

    def _draft(self, prepared: Prepared, stream: Stream) -> Path:
        """The folder that the corpus grows in, named by all that decides it: another one's remains are removed."""
        content = hashlib.sha256(f"{prepared.key} {fingerprint(self.config.tokenizer)}".encode())
        content.update(stream.copies.tobytes())
        content.update(stream.heldout.tobytes())
        content.update(stream.cuts.records.tobytes())
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
            tokenizer = train_bpe(
                self._training(stream),
                wanted.vocab_size,
                special=wanted.special,
                at_once=stream.documents_in(self.budget.at_once),
            )
            if tokenizer.n_vocab < wanted.vocab_size:
                self.context.say(
                    f"tokenizer: {tokenizer.n_vocab:,} tokens, fewer than the {wanted.vocab_size:,} asked for:"
                    " the text has no more pairs to merge"
                )
        with atomic_folder(folder) as new:
            tokenizer.save(new)
        return tokenizer

    def _training(self, stream: Stream) -> Iterator[str]:
        """The training side; of one too large to learn from, a share chosen by the documents' hashes."""
        share = min(1.0, self.budget.training / max(1, stream.bytes))
        if share < 1:
            self.context.say(f"tokenizer: learns from {share:.0%} of the text, chosen by its hash")
        for batch in stream.training(stream.lots <= np.uint64(share * (2**64 - 1025))):
            self.teller.step(len(batch.texts), int(batch.sizes.sum()))
            yield from batch.texts

    def _publish(
        self,
        draft: Path,
        tokenizer: BytePairs,
        encoded: Encoded,
        report: CorpusReport,
        looked: Sequence[SuiteCheck],
        write_documents: Callable[[Path], None],
    ) -> CorpusManifest:
        manifest = manifest_of(self.config, draft, tokenizer, encoded)
        complete(report, manifest, encoded)
        report.stages, report.workers = self.teller.stages, self.budget.workers
        report.seconds = {stage.stage: stage.seconds for stage in report.stages}
        report.peak_bytes = self.teller.peak_bytes
        ref = f"{manifest.name}/{manifest.hash}"
        if publish(draft, manifest, report, looked, self.context.workspace, write_documents):
            tokens = f"{manifest.train_tokens:,} tokens to train on, {manifest.heldout_tokens:,} held out"
            self.context.say(f"corpus {ref}: {tokens}")
        else:
            self.context.say(f"corpus {ref} is there already, with the same content: kept as it is")
        self.context.record(CorpusBuilt(name=manifest.name, hash=manifest.hash), sync=True)
        return manifest


@contextmanager
def _database(work: Path, budget: Budget) -> Iterator[DuckDBPyConnection]:
    """Where verdicts are worked out. Its file stands for nothing: it is made anew by every attempt."""
    import duckdb

    work.mkdir(parents=True, exist_ok=True)
    path = work / "verdicts.duckdb"
    path.unlink(missing_ok=True)
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{budget.database >> 20}MiB",
        "threads": budget.workers,
        "temp_directory": str(work / "spill"),
        "enable_external_file_cache": False,
    }
    with duckdb.connect(path, config=limits) as database:
        yield database
