"""The smallest real things to run: a text, a corpus of it, and a pretraining run of a second or of an hour."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

from engine.config.schema import (
    CleanConfig,
    CorpusConfig,
    DedupConfig,
    ModelConfig,
    PretrainConfig,
    SourceConfig,
    TokenizerConfig,
    TrainConfig,
)
from engine.corpus.run import run as run_corpus
from engine.journal.writer import JournalWriter
from engine.launch import job
from engine.paths import Workspace
from engine.stage import StageContext

MODEL = ModelConfig(layers=1, width=16, heads=2, context=32)


def write_text(path: Path, documents: int = 200) -> Path:
    """A JSONL file of documents made of few words, the same every time."""
    noise = random.Random(0)
    words = [f"word{number}" for number in range(200)]
    texts = (" ".join(noise.choices(words, k=60)) + f" document {number}." for number in range(documents))
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def corpus(text: Path) -> CorpusConfig:
    """Its words are of no language, so no rule is asked; and there are no near duplicates to look for."""
    return CorpusConfig(
        name="tiny-text",
        sources=(SourceConfig(path=str(text)),),
        clean=CleanConfig(preset="none"),
        dedup=DedupConfig(near=0),
        tokenizer=TokenizerConfig(vocab_size=300),
        heldout=0.1,
    )


def make_corpus(workspace: Workspace, folder: Path) -> None:
    """Build the tiny corpus into a workspace, here and now, by the stage itself; `folder` is for what is left over."""
    config = corpus(write_text(folder / "text.jsonl"))
    built = Workspace(folder / "built")
    run = job.create(built, config)
    with JournalWriter(run.journal) as journal:
        run_corpus(StageContext(run, built, journal), config)
    shutil.copytree(built.corpora, workspace.corpora)


def pretrain(steps: int = 60, *, every: int = 10, name: str = "tiny") -> PretrainConfig:
    """A run that looks at the held-out loss and checkpoints `every` so many steps."""
    train = TrainConfig(
        steps=steps, batch=4, eval_every=every, checkpoint_every=every, patience=0, warmup=2, device="cpu"
    )
    return PretrainConfig(name=name, corpus="tiny-text", model=MODEL, train=train)
