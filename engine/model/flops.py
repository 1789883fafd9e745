"""Arithmetic per token. A multiply-add is two operations.

Forward: 2 per weight of every matrix that a token passes, and 4 * layers * width * positions for attention's two
products with `positions` keys; backward: twice that (Kaplan et al. 2020, section 2.1; Chowdhery et al. 2022, appendix
B, which counts all `context` positions though half are masked, as is done here). Embedding look-ups, norms and
activations are left out.
"""

from __future__ import annotations

from engine.config.schema import ModelConfig
from engine.model.layers import mlp_width
from engine.model.transformer import GraftModel


def block_weights(config: ModelConfig) -> int:
    """Matrix weights of one block."""
    kv = (config.kv_heads or config.heads) * (config.width // config.heads)
    attention = 2 * config.width * config.width + 2 * config.width * kv
    matrices = 3 if config.mlp == "swiglu" else 2
    return attention + matrices * config.width * mlp_width(config)


def flops_per_token(config: ModelConfig, context: int | None = None) -> float:
    """Of training a language model of this shape, all weights learning: 6 N + 12 * layers * width * context."""
    weights = config.layers * block_weights(config) + config.width * config.vocab_size
    return 6.0 * weights + 12.0 * config.layers * config.width * (context or config.context)


def trained_flops_per_token(model: GraftModel) -> float:
    """Of training this model as its `requires_grad` marks say: the backward pass ends below the lowest block that
    learns. A classification head, used once a sequence, counts nothing."""
    config = model.card.model
    block = 2.0 * block_weights(config) + 4.0 * config.width * config.context
    head = 0.0 if model.classify_head is not None else 2.0 * config.width * config.vocab_size
    learning = [any(p.requires_grad for p in b.parameters()) for b in model.trunk.blocks]
    if any(p.requires_grad for p in model.trunk.embed.parameters()):
        through = config.layers
    else:
        through = config.layers - learning.index(True) if any(learning) else 0
    return config.layers * block + head + 2.0 * (through * block + head)
