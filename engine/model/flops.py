"""Arithmetic per token of a model as it stands, with whatever of it learns. How it is counted: `config.size`."""

from __future__ import annotations

from engine.config.size import learning_flops_per_token
from engine.model.transformer import GraftModel


def trained_flops_per_token(model: GraftModel) -> float:
    """Of training this model as its `requires_grad` marks say: the backward pass ends below the lowest block that
    learns."""
    config = model.card.model
    learning = [any(p.requires_grad for p in b.parameters()) for b in model.trunk.blocks]
    if any(p.requires_grad for p in model.trunk.embed.parameters()):
        through = config.layers
    else:
        through = config.layers - learning.index(True) if any(learning) else 0
    thin = model.card.lora is not None and any(learning)
    return learning_flops_per_token(config, through=through, vocabulary=model.classify_head is None, thin=thin)
