"""The branch stage: a frozen base, a method and task data become a variant.

base (verified) + config.toml -> model of the base's shape, its weights taken over -> fit -> checkpoints + VariantMade

A branch never states its own shape, and what it takes over is said aloud. `scratch` runs the same recipe from random
weights: the control that shows what the base gives.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec.structs import replace

from engine.branch.classify import classify
from engine.branch.continued import continued
from engine.branch.instruct import instruct
from engine.branch.method import Method, Recipe, Setting, choose_weights
from engine.config.resolve import check_branch, inherited
from engine.config.schema import BranchConfig
from engine.corpus.tokenizer import Tokenizer
from engine.freeze.manifest import file_hash
from engine.freeze.refs import find_model
from engine.freeze.verify import checked
from engine.journal.events import VariantMade
from engine.model.devices import choose
from engine.model.transformer import GraftModel, build
from engine.model.weights import WEIGHTS, load_trunk
from engine.paths import atomic_folder
from engine.stage import Outcome, StageContext
from engine.train.checkpoint import begun_in
from engine.train.loop import fit

METHODS: dict[str, Method] = {"classify": classify, "instruct": instruct, "continued": continued}


def run(context: StageContext, config: BranchConfig) -> Outcome:
    """Grow one variant, or go on with it. Raises `InputError` for what the user gave, before the first step."""
    where = context.folder.config
    check_branch(config, where=where)
    base = checked(find_model(context.workspace, config.base, where=where, key="base"))
    card = replace(base.card(), lora=config.lora if config.what == "lora" else None)
    tokenizer = Tokenizer.load(base.tokenizer)
    for line in inherited(card, base.id, tokenizer.n_vocab):
        context.say(line)
    device = choose(config.train.device, begun_in(context.folder, config.train.precision), where=where)
    context.say(device.words)
    setting = Setting(context, config, base, card, tokenizer, device)
    recipe = METHODS[config.method](setting)
    if context.rank == 0:
        _copy_tokenizer(base.tokenizer, context.folder.tokenizer)
    model = _grow(setting, recipe)
    result = fit(context, model, recipe.task, config.train, seed=config.seed, device=device)
    if not result.stopped:
        step = result.best_step or result.step
        digest = file_hash(context.folder.checkpoint(step) / WEIGHTS)
        made = VariantMade(
            method=config.method, parent=base.id, scratch=config.scratch, step=step, sha256=digest
        )  # fmt: skip
        context.record(made, sync=True)
    return Outcome(result.stopped, result.device_seconds, result.tokens, result.flops, result.step)


def _grow(setting: Setting, recipe: Recipe) -> GraftModel:
    """The variant's model before its first step."""
    config, say = setting.config, setting.context.say
    model = build(recipe.card, config.seed)
    if config.scratch:
        say(f"weights: random, as a control; {setting.base.id} gives its shape and tokenizer alone")
    else:
        load_trunk(model, setting.base.folder)
        new = "" if recipe.card.head == setting.card.head == "lm" else f", with a new {recipe.card.head} head"
        say(f"weights: from {setting.base.id}{new}")
    choose_weights(model, config.what)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    say(f"trains: {config.what}, {learned:,} of {sum(p.numel() for p in model.parameters()):,} weights")
    return model


def _copy_tokenizer(source: Path, target: Path) -> None:
    """The variant carries its tokenizer with it."""
    if target.exists():
        return
    with atomic_folder(target) as draft:
        for path in source.iterdir():
            shutil.copyfile(path, draft / path.name)
