"""A finished build becomes a corpus: named by its content, written down, and moved into the workspace at once.

<run>/work/corpus-.../   tokens, tokenizer   +  report, measures and verdicts  ->  corpora/<name>/<hash>/
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.config.fingerprint import fingerprint
from engine.config.schema import CorpusConfig
from engine.corpus.contamination.record import SuiteCheck, save_beside, save_with_corpus
from engine.corpus.encode import RECORD, Encoded
from engine.corpus.manifest import DOCUMENTS, FILES, CorpusManifest
from engine.corpus.prepared import Prepared, writing
from engine.corpus.report import Bucket, CorpusReport, save_report
from engine.corpus.select import Selection
from engine.corpus.shards import token_dtype
from engine.corpus.tokenizer import BytePairs
from engine.paths import Workspace, atomic_folder, write_atomic

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def manifest_of(config: CorpusConfig, draft: Path, tokenizer: BytePairs, encoded: Encoded) -> CorpusManifest:
    """What a draft holds."""
    train, heldout = encoded.tally.train, encoded.tally.heldout
    files = {FILES["train"]: encoded.train_sha256, FILES["heldout"]: encoded.heldout_sha256}
    for path in sorted((draft / "tokenizer").iterdir()):
        files[f"tokenizer/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return CorpusManifest(
        name=config.name,
        hash=content_hash(files),
        dtype=token_dtype(tokenizer.n_vocab),
        documents=train.documents + heldout.documents,
        heldout_documents=heldout.documents,
        train_tokens=train.tokens,
        heldout_tokens=heldout.tokens,
        train_bytes=train.bytes,
        heldout_bytes=heldout.bytes,
        vocab_size=tokenizer.n_vocab,
        fingerprint=fingerprint(config),
        files=files,
        built=time.time(),
    )


def content_hash(files: dict[str, str]) -> str:
    """12 hex digits that stand for the content of a corpus, given its files' SHA-256."""
    listed = "".join(f"{sha256} {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def complete(report: CorpusReport, manifest: CorpusManifest, encoded: Encoded) -> None:
    """Fill in what is known once tokens are made."""
    tally = encoded.tally
    report.hash, report.vocab_size = manifest.hash, manifest.vocab_size
    report.heldout_documents = manifest.heldout_documents
    report.train_tokens, report.heldout_tokens = manifest.train_tokens, manifest.heldout_tokens
    report.bytes_per_token = sum(tally.bytes.values()) / max(1, sum(tally.tokens.values()))
    for number, source in enumerate(report.sources):
        source.tokens = tally.tokens.get(number, 0)
        source.bytes_per_token = tally.bytes.get(number, 0) / max(1, source.tokens)
    report.lengths = [Bucket(1 << p - 1, 1 << p, n) for p, n in sorted(tally.lengths.items())]


def publish(
    draft: Path,
    manifest: CorpusManifest,
    report: CorpusReport,
    looked: Sequence[SuiteCheck],
    workspace: Workspace,
    write_documents: Callable[[Path], None],
) -> bool:
    """Move a draft into the workspace; False: the same content is there already, and stays as it is."""
    ref = f"{manifest.name}/{manifest.hash}"
    final = workspace.corpora / manifest.name / manifest.hash
    if (final / "manifest.json").exists():
        save_beside(workspace, ref, looked)
        return False
    save_report(draft, report)
    write_documents(draft / DOCUMENTS)
    if looked:
        save_with_corpus(draft, looked)
    write_atomic(draft / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    with atomic_folder(final) as whole:
        for entry in draft.iterdir():
            if entry.name != RECORD:
                entry.rename(whole / entry.name)
    return True


def documents_writer(prepared: Prepared, selection: Selection, database: DuckDBPyConnection) -> Callable[[Path], None]:
    """Writes `documents.parquet`: every measure, and the verdict. The database has the table `verdicts`."""

    def write(path: Path) -> None:
        with writing(path):
            database.execute(
                """COPY (
                     SELECT d.*, $rules[v.verdict] AS rule, v.kept AS kept_document, v.similarity, v.heldout
                     FROM read_parquet($parts) d JOIN verdicts v USING (document)
                   ) TO $path (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)""",
                {
                    "rules": [criterion.name for criterion in selection.criteria],
                    "parts": prepared.tables(),
                    "path": str(path),
                },
            )

    return write
