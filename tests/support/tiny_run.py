"""A small real corpus and a run folder on it, for tests that train."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np

from engine.config.load import dump
from engine.config.schema import ModelConfig, PretrainConfig, TrainConfig
from engine.corpus.manifest import FILES, CorpusManifest
from engine.corpus.vocabulary import train_bpe
from engine.journal.events import Event, Metrics
from engine.journal.reader import read, superseding
from engine.paths import RunFolder, Workspace, new_run_id

WORDS = [
    "the",
    "a",
    "graft",
    "line",
    "root",
    "stock",
    "grows",
    "on",
    "old",
    "new",
    "trees",
    "and",
    "bears",
    "sweet",
    "green",
    "apples",
    "in",
    "spring",
    "or",
    "autumn",
]


def make_corpus(workspace: Workspace, name: str = "orchard", documents: int = 80) -> str:
    """Build a corpus of made-up sentences with some structure to learn; gives its reference."""
    random_words = random.Random(7)
    texts = [" ".join(random_words.choices(WORDS, k=40)) + "." for _ in range(documents)]
    tokenizer = train_bpe(texts, 300)
    folder = workspace.corpora / name / "0123456789ab"
    tokenizer.save(folder / "tokenizer")
    sides = {"train": texts[10:], "heldout": texts[:10]}
    counts = {}
    for split, part in sides.items():
        tokens = [t for ids in tokenizer.encode_batch(part) for t in [*ids, tokenizer.end_of_text]]
        np.array(tokens, dtype="<u2").tofile(folder / FILES[split])
        counts[split] = len(tokens), sum(len(text.encode()) for text in part)
    manifest = CorpusManifest(
        name=name, hash="0123456789ab", dtype="uint16", documents=documents, heldout_documents=10,
        train_tokens=counts["train"][0], heldout_tokens=counts["heldout"][0],
        train_bytes=counts["train"][1], heldout_bytes=counts["heldout"][1],
        vocab_size=tokenizer.n_vocab, fingerprint="", files={}, built=0.0,
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return f"{name}/0123456789ab"


def make_run(workspace: Workspace, train: TrainConfig, model: ModelConfig | None = None) -> RunFolder:
    """A pretrain run's folder, ready for the engine."""
    shape = model or ModelConfig(layers=2, width=32, heads=2, kv_heads=1, context=16, dropout=0.1)
    config = PretrainConfig(name="tiny", corpus="orchard", model=shape, train=train, seed=3)
    folder = workspace.run(new_run_id("pretrain", "tiny"))
    folder.path.mkdir(parents=True)
    folder.config.write_text(dump(config))
    return folder


def engine(folder: RunFolder, stage: str = "pretrain") -> subprocess.Popen[str]:
    """Start the real engine on a run folder."""
    command = [sys.executable, "-m", "engine", stage, str(folder.path)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def events(folder: RunFolder) -> list[Event]:
    """What stands in the journal, without what a resume took back."""
    return [record.event for record in superseding(read(folder.journal).records)]


def series(folder: RunFolder, name: str) -> list[tuple[int, float | None]]:
    """A metric by step, in the journal's order."""
    return [(e.step, e.values[name]) for e in events(folder) if isinstance(e, Metrics) and name in e.values]
