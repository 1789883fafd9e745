"""The import stage: open weights in, a frozen base out.

    folder or hub id -> config.json -> card        checked, key by key
                        *.safetensors -> tensors   checked by name and shape before a byte is read
                        tokenizer.json -> tokenizer
                     -> bases/<name>@<n>/          whole, or not at all

Weights are kept in the type they came in. Nothing is unpickled and no code of the source is run.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.config.layout import layout
from engine.config.resolve import inherited
from engine.config.schema import ImportConfig, ModelCard
from engine.corpus.foreign_tokenizer import ForeignTokenizer
from engine.errors import InputError
from engine.exchange.fetch import fetch
from engine.exchange.shape import CONFIG, Published, read_json
from engine.exchange.tensors import Files, Names
from engine.exchange.tokens import read_tokenizer
from engine.freeze.freeze import CARD, WEIGHTS, count_parameters, write_version
from engine.freeze.manifest import FrozenManifest, file_hash
from engine.journal.events import Progress
from engine.model.transformer import check
from engine.model.weights import save_tensors
from engine.stage import Outcome, StageContext

_LONG = 8192
"""Tokens: a context that few machines train on."""


def run(context: StageContext, config: ImportConfig) -> Outcome:
    """Freeze one base. Raises `InputError` naming the file that cannot be taken, and why."""
    folder, origin = fetch(config, context.say)
    published = Published(read_json(folder / CONFIG), folder / CONFIG)
    card = _shortened(published.card(), config.context, where=context.folder.config)
    check(card.model, where=folder / CONFIG)
    tokenizer = read_tokenizer(folder, config.name)
    if tokenizer.n_vocab > card.model.vocab_size:
        problem = f"has {tokenizer.n_vocab:,} tokens, more than the model's {card.model.vocab_size:,}"
        raise InputError(problem, where=folder / "tokenizer.json", fix="it belongs to another model")
    for line in inherited(card, f"{published.family.model_type}, {origin}", tokenizer.n_vocab):
        context.say(line)
    if card.model.context > _LONG and not config.context:
        context.say(f"branches train on sequences of {card.model.context:,} tokens; --context N makes them shorter")
    while True:
        made = write_version(
            context.workspace,
            config.name,
            lambda draft, model_id: _fill(context, draft, model_id, folder, origin, published, card, tokenizer),
        )
        if made is not None:
            context.say(f"froze {origin} as {made.id}: {made.parameters:,} weights")
            return Outcome()


def _shortened(card: ModelCard, wanted: int, *, where: object) -> ModelCard:
    """The card with the context that was asked for. Learned positions have as many as they have."""
    model = card.model
    if not wanted or wanted == model.context:
        return card
    if not layout(model).rotary:
        raise InputError(f"its {model.context} positions are learned", where=where, key="context", fix="leave it out")
    if wanted > model.context:
        fix = f"at most {model.context}"
        raise InputError(f"{wanted} is longer than it was made for", where=where, key="context", fix=fix)
    return replace(card, model=replace(model, context=wanted))


def _fill(
    context: StageContext,
    draft: Path,
    model_id: str,
    folder: Path,
    origin: str,
    published: Published,
    card: ModelCard,
    tokenizer: ForeignTokenizer,
) -> FrozenManifest:
    """All files of the base, and its manifest."""
    names = Names(published.family, card)
    with Files(folder) as files:
        tensors = {}
        for number, (name, value) in enumerate(names.read(files), start=1):
            tensors[name] = value
            context.record(Progress(phase="read weights", done=number, total=len(names.shapes)))
        save_tensors(tensors, draft / WEIGHTS)
    (draft / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2))
    (draft / "tokenizer").mkdir()
    tokenizer.save(draft / "tokenizer")
    inside = sorted(path for path in draft.rglob("*") if path.is_file())
    hashes = {path.relative_to(draft).as_posix(): file_hash(path) for path in inside}
    name, _, version = model_id.rpartition("@")
    return FrozenManifest(
        name=name,
        version=int(version),
        kind="base",
        run_id=context.folder.id,
        step=0,
        source=origin,
        sha256=hashes[WEIGHTS],
        files=hashes,
        parameters=count_parameters(draft / WEIGHTS),
        frozen_at=time.time(),
        card=card,
    )
