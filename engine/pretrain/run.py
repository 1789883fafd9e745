"""The pretrain stage: a corpus in, a model out, stopped when its held-out loss flattens.

Leaves in the run folder: `tokenizer/` (the corpus's), `checkpoints/`, and the journal's metrics and decisions.
"""

from __future__ import annotations

import shutil

import msgspec

from engine.config.schema import ModelCard, ModelConfig, PretrainConfig
from engine.config.size import plan
from engine.corpus.check import checked
from engine.corpus.manifest import CorpusFolder, find_corpus
from engine.errors import InputError
from engine.model.devices import choose
from engine.model.transformer import build, check
from engine.paths import atomic_folder
from engine.stage import Outcome, StageContext
from engine.train.checkpoint import begun_in
from engine.train.language import LanguageTask
from engine.train.loop import fit, step_limit


def run(context: StageContext, config: PretrainConfig) -> Outcome:
    where = context.folder.config
    corpus = checked(find_corpus(context.workspace, config.corpus, where=where, key="corpus"))
    shape = resolve_shape(config, corpus, where=where)
    if not config.train.steps and not config.train.epochs:
        raise InputError("how long?", where=where, key="train.steps", fix="give train.steps or train.epochs")
    device = choose(config.train.device, begun_in(context.folder, config.train.precision), where=where)
    context.say(device.words)
    context.say(f"corpus: {corpus.ref}, {corpus.manifest.train_tokens:,} tokens, vocabulary {shape.vocab_size:,}")
    _keep_tokenizer(context, corpus)
    task = LanguageTask(
        corpus.tokens("train"),
        corpus.tokens("heldout"),
        shape.context,
        config.train,
        seed=config.seed,
        bytes_per_token=corpus.manifest.heldout_bytes / max(corpus.manifest.heldout_tokens, 1),
        source=corpus.ref,
        vocab_size=shape.vocab_size,
    )
    steps = step_limit(task, config.train)
    gpu, there = device.torch_device.type == "cuda", corpus.manifest.train_tokens
    for line in plan(shape, config.train, steps=steps, train_tokens=there, gpu=gpu).lines():
        context.say(line)
    model = build(ModelCard(model=shape), config.seed)
    result = fit(context, model, task, config.train, seed=config.seed, device=device)
    return Outcome(
        stopped=result.stopped,
        device_seconds=result.device_seconds,
        tokens=result.tokens,
        flops=result.flops,
        step=result.step,
    )


def resolve_shape(config: PretrainConfig, corpus: CorpusFolder, *, where: object = None) -> ModelConfig:
    """The model's shape with the corpus's vocabulary. Raises `InputError` when the two do not fit."""
    known, wanted = corpus.manifest.vocab_size, config.model.vocab_size
    if wanted and wanted < known:
        problem = f"{wanted:,} is less than the {known:,} tokens of {corpus.ref}"
        raise InputError(problem, where=where, key="model.vocab_size", fix="leave it out")
    shape = msgspec.structs.replace(config.model, vocab_size=wanted or known)
    check(shape, where=where)
    return shape


def _keep_tokenizer(context: StageContext, corpus: CorpusFolder) -> None:
    """A run's models must be usable without the corpus: copy its tokenizer, unless an earlier attempt did."""
    if context.rank == 0 and not context.folder.tokenizer.exists():
        with atomic_folder(context.folder.tokenizer) as draft:
            shutil.copytree(corpus.path / "tokenizer", draft, dirs_exist_ok=True)
