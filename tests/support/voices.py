"""Real small models for the believable workspace: what its checkpoints say is nonsense, but they do say it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.config.schema import ModelCard, ModelConfig, TemplateConfig
from engine.corpus.tokenizer import Tokenizer, train_bpe
from engine.freeze.manifest import file_hash, load_manifest, save_manifest
from engine.model.transformer import build
from engine.model.weights import save_model
from engine.paths import Workspace
from tests.support.workspace import BASE, CLASSES, RUNS

CONTEXT = 512


def give_voices(workspace: Workspace) -> None:
    """The base `tiny@1` and the variants `helper` (instruct), `reference` (continued), `areas` (classify) can speak."""
    tokenizer = train_bpe([f"the graft grows on the old rootstock in spring number {n}" for n in range(50)], 300)
    shape = ModelConfig(layers=1, width=16, heads=2, context=CONTEXT, vocab_size=tokenizer.n_vocab)
    _base(workspace.bases / BASE, ModelCard(model=shape), tokenizer)
    for name, card in {
        "helper": ModelCard(model=shape, template=TemplateConfig()),
        "reference": ModelCard(model=shape),
        "areas": ModelCard(model=shape, head="classify", classes=CLASSES),
    }.items():
        run = workspace.run(RUNS[name])
        _weights(run.checkpoint(150), card, name)
        tokenizer.save(run.tokenizer)


def _weights(folder: Path, card: ModelCard, name: str) -> None:
    save_model(build(card, seed=sum(name.encode())), folder)


def _base(folder: Path, card: ModelCard, tokenizer: Tokenizer) -> None:
    _weights(folder, card, BASE)
    tokenizer.save(folder / "tokenizer")
    there = (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    files = {p.relative_to(folder).as_posix(): file_hash(p) for p in there}
    save_manifest(msgspec.structs.replace(load_manifest(folder), files=files, card=card), folder)
