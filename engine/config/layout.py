"""What a block's name stands for: where its norms, positions and biases are. Published families differ in little else.

llama    x + attention(norm(x))     rotary    no biases              Llama, Mistral, SmolLM
modern   the same, each head's queries and keys normalised           Qwen3, and what is pretrained here
qwen2    the same as llama, with biases on queries, keys, values     Qwen2, Qwen2.5
olmo2    x + norm(attention(x))     rotary    all queries and all keys normalised
gpt2     x + attention(norm(x))     learned positions, LayerNorm, biases everywhere
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.config.schema import ModelConfig


@dataclass(frozen=True)
class Layout:
    rotary: bool = True
    """Queries and keys are turned by their positions; else learned positions are added to the embeddings."""
    layer_norm: bool = False
    """LayerNorm, with a shift; else RMSNorm, with a gain alone."""
    post_norm: bool = False
    """A part's output is normalised, rather than its input."""
    qk_norm: Literal["none", "head", "whole"] = "none"
    """Queries and keys are normalised head by head, or all heads as one."""
    qkv_bias: bool = False
    bias: bool = False
    """On attention's output and in the MLP."""


LAYOUTS = {
    "modern": Layout(qk_norm="head"),
    "llama": Layout(),
    "qwen2": Layout(qkv_bias=True),
    "olmo2": Layout(post_norm=True, qk_norm="whole"),
    "gpt2": Layout(rotary=False, layer_norm=True, qkv_bias=True, bias=True),
}


def layout(config: ModelConfig) -> Layout:
    return LAYOUTS[config.block]
