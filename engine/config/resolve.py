"""What a branch takes over from the model it grows from, and the sentences that say so.

A branch never states its own shape: tokenizer, context and model come from the base, so that the base's weights
fit. Whatever it inherits is printed and journalled.
"""

from __future__ import annotations

from engine.config.schema import BranchConfig, ModelCard
from engine.errors import InputError


def inherited(card: ModelCard, base: str, vocabulary: int) -> list[str]:
    """The lines that tell what a branch of `base` inherits."""
    m = card.model
    kv = f", {m.kv_heads} kv" if m.kv_heads else ""
    return [
        f"tokenizer: {vocabulary:,} tokens, from {base}",
        f"context: {m.context} tokens, from {base}",
        f"model: {m.block} block, {m.layers} layers, width {m.width}, {m.heads} heads{kv}, {m.mlp}, from {base}",
    ]


def check_branch(config: BranchConfig, *, where: object = None) -> None:
    """Raise `InputError` for keys that do not go together. Whether files exist is not looked at here."""
    data = config.data
    if config.what == "head" and config.method != "classify":
        raise InputError(
            f"'head' goes with classify, not {config.method}", where=where, key="what", fix="use full or last-block"
        )
    if config.scratch and config.what != "full":
        raise InputError("a scratch control trains everything", where=where, key="what", fix='use what = "full"')
    if config.method == "continued":
        if not data.corpus and not data.train:
            raise InputError("continued needs text", where=where, key="data.corpus", fix="name a built corpus")
    elif not data.train:
        raise InputError("is missing", where=where, key="data.train", fix="name the training file")
    if config.train.steps == 0 and config.train.epochs == 0:
        raise InputError("how long?", where=where, key="train.epochs", fix="give train.epochs or train.steps")
