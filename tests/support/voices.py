"""Real small models for the believable workspace: they know a sentence each, after a second of training."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch
import torch.nn.functional as F

from engine.config.schema import ModelCard, ModelConfig, TemplateConfig
from engine.corpus.tokenizer import Tokenizer
from engine.corpus.vocabulary import train_bpe
from engine.freeze.manifest import file_hash, load_manifest, save_manifest
from engine.model.transformer import GraftModel, build
from engine.model.weights import save_model
from engine.paths import Workspace
from tests.support.workspace import BASE, CLASSES, RUNS

CONTEXT = 512


_SAID = {
    BASE: "the graft grows on the old rootstock in spring and bears sweet apples in autumn",
    "helper": "A graft is a shoot that grows on the rootstock of another tree.",
    "reference": "class Graft: a shoot set into a rootstock; returns one tree",
}


def give_voices(workspace: Workspace) -> None:
    """The base `tiny@1` and the variants `helper` (instruct), `reference` (continued), `areas` (classify) can speak."""
    tokenizer = train_bpe([*_SAID.values(), *CLASSES] * 20, 300)
    shape = ModelConfig(layers=1, width=32, heads=2, context=CONTEXT, vocab_size=tokenizer.n_vocab)
    _base(workspace.bases / BASE, ModelCard(model=shape), tokenizer)
    for name, card in {
        "helper": ModelCard(model=shape, template=TemplateConfig()),
        "reference": ModelCard(model=shape),
        "areas": ModelCard(model=shape, head="classify", classes=CLASSES),
    }.items():
        run = workspace.run(RUNS[name])
        _weights(run.checkpoint(150), card, name, tokenizer)
        tokenizer.save(run.tokenizer)


def _weights(folder: Path, card: ModelCard, name: str, tokenizer: Tokenizer) -> None:
    model = build(card, seed=sum(name.encode()))
    if name in _SAID:
        _teach(model, tokenizer, _SAID[name])
    save_model(model, folder)


def _teach(model: GraftModel, tokenizer: Tokenizer, sentence: str) -> None:
    """Let it learn to say one sentence over and over, whatever it is asked."""
    ids = tokenizer.encode_batch([(sentence + "\n") * 3])[0]
    tokens = torch.tensor([ids])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(80):
        logits = F.linear(model.trunk(tokens[:, :-1]), model.lm_weight())
        loss = F.cross_entropy(logits[0], tokens[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _base(folder: Path, card: ModelCard, tokenizer: Tokenizer) -> None:
    _weights(folder, card, BASE, tokenizer)
    tokenizer.save(folder / "tokenizer")
    there = (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    files = {p.relative_to(folder).as_posix(): file_hash(p) for p in there}
    save_manifest(msgspec.structs.replace(load_manifest(folder), files=files, card=card), folder)
