"""The published families of models that come in and go out, as data: what a family calls our parts.

A family is a layout of the block, the names of its configuration's keys and of its tensors, and the values that keys
which we have no switch for must have. Nothing about a family stands anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """One published module and which of ours it holds, one above the other."""

    theirs: str
    ours: tuple[str, ...]
    turned: bool = False
    """Its matrix is stored (in, out), where ours is (out, in)."""


@dataclass(frozen=True)
class Family:
    model_type: str
    stem: str
    """Of its classes' names: `Qwen3ForCausalLM`."""
    block: str
    """Our layout, see `engine.config.layout`."""
    keys: Mapping[str, str]
    """Our name of a size -> the key of config.json."""
    defaults: Mapping[str, Any]
    """What a key means when config.json leaves it out."""
    required: Mapping[str, Any]
    """Keys that we have no switch for, and the one value that we can run."""
    activations: Mapping[str, str]
    """The MLP's activation as published -> our `mlp`. The first of each of ours is written."""
    trunk: tuple[Part, ...]
    layer: tuple[Part, ...]
    prefix: str
    """Before the trunk's names; the oldest files leave it out."""
    layers: str
    """Before a layer's number."""
    ignored: tuple[str, ...] = ()
    """Ends of the names of tensors that hold no weights: masks and tables that old files carry."""
    window: str = ""
    """How sliding windows are said: `always` by the key itself, `switch` with a key that turns them on; else none."""
    rotary: bool = True
    language: str = "ForCausalLM"
    """The end of the name of its language model's class."""
    untied: tuple[Part, ...] = field(default=(Part("lm_head", ("lm_head",)), Part("score", ("classify_head",))))


_SIZES = {
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_size": "head_dim",
    "mlp_width": "intermediate_size",
    "context": "max_position_embeddings",
    "vocab_size": "vocab_size",
    "norm_eps": "rms_norm_eps",
    "tie_embeddings": "tie_word_embeddings",
    "activation": "hidden_act",
}
_DEFAULTS = {"rms_norm_eps": 1e-6, "tie_word_embeddings": False, "hidden_act": "silu", "sliding_window": 4096}
_TRUNK = (Part("embed_tokens", ("embed",)), Part("norm", ("norm",)))
_PARTS = (
    Part("self_attn.q_proj", ("attention.q",)),
    Part("self_attn.k_proj", ("attention.k",)),
    Part("self_attn.v_proj", ("attention.v",)),
    Part("self_attn.o_proj", ("attention.o",)),
    Part("mlp.gate_proj", ("mlp.gate",)),
    Part("mlp.up_proj", ("mlp.up",)),
    Part("mlp.down_proj", ("mlp.down",)),
)
_PRE_NORMS = (Part("input_layernorm", ("norm1",)), Part("post_attention_layernorm", ("norm2",)))
_POST_NORMS = (Part("post_attention_layernorm", ("norm1",)), Part("post_feedforward_layernorm", ("norm2",)))
_QK_NORMS = (Part("self_attn.q_norm", ("attention.q_norm",)), Part("self_attn.k_norm", ("attention.k_norm",)))


def _llama_like(
    model_type: str,
    stem: str,
    block: str,
    parts: tuple[Part, ...],
    *,
    window: str = "",
    defaults: Mapping[str, Any] | None = None,
    required: Mapping[str, Any] | None = None,
) -> Family:
    return Family(
        model_type=model_type,
        stem=stem,
        block=block,
        keys=_SIZES,
        defaults={**_DEFAULTS, **(defaults or {})},
        required=required or {},
        # relu(u) * u is relu(u) squared: a gate that is the same matrix as `up` makes the gated form our `relu2`.
        activations={"silu": "swiglu", "swish": "swiglu", "relu": "relu2"},
        trunk=_TRUNK,
        layer=(*parts, *_PARTS),
        prefix="model.",
        layers="layers.",
        ignored=("rotary_emb.inv_freq",),
        window=window,
    )


_NO_BIAS = {"attention_bias": False}

FAMILIES = (
    _llama_like("llama", "Llama", "llama", _PRE_NORMS, required={**_NO_BIAS, "mlp_bias": False}),
    _llama_like("mistral", "Mistral", "llama", _PRE_NORMS, window="always", defaults={"num_key_value_heads": 8}),
    _llama_like("qwen2", "Qwen2", "qwen2", _PRE_NORMS, window="switch"),
    _llama_like(
        "qwen3",
        "Qwen3",
        "modern",
        (*_PRE_NORMS, *_QK_NORMS),
        window="switch",
        defaults={"head_dim": 128},
        required=_NO_BIAS,
    ),
    _llama_like(
        "olmo2", "Olmo2", "olmo2", (*_POST_NORMS, *_QK_NORMS), defaults={"rms_norm_eps": 1e-5}, required=_NO_BIAS
    ),
    Family(
        model_type="gpt2",
        stem="GPT2",
        block="gpt2",
        keys={
            "width": "n_embd",
            "layers": "n_layer",
            "heads": "n_head",
            "mlp_width": "n_inner",
            "context": "n_positions",
            "vocab_size": "vocab_size",
            "norm_eps": "layer_norm_epsilon",
            "tie_embeddings": "tie_word_embeddings",
            "activation": "activation_function",
        },
        defaults={"layer_norm_epsilon": 1e-5, "tie_word_embeddings": True, "activation_function": "gelu_new"},
        required={
            "scale_attn_weights": True,
            "scale_attn_by_inverse_layer_idx": False,
            "reorder_and_upcast_attn": False,
            "add_cross_attention": False,
        },
        activations={"gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "relu2": "relu2"},
        trunk=(Part("wte", ("embed",)), Part("wpe", ("positions",)), Part("ln_f", ("norm",))),
        layer=(
            Part("ln_1", ("norm1",)),
            Part("attn.c_attn", ("attention.q", "attention.k", "attention.v"), turned=True),
            Part("attn.c_proj", ("attention.o",), turned=True),
            Part("ln_2", ("norm2",)),
            Part("mlp.c_fc", ("mlp.up",), turned=True),
            Part("mlp.c_proj", ("mlp.down",), turned=True),
        ),
        prefix="transformer.",
        layers="h.",
        ignored=(".attn.bias", ".attn.masked_bias"),
        rotary=False,
        language="LMHeadModel",
    ),
)
"""In the order in which an export looks for one that fits: of two that do, the first."""

BY_TYPE = {family.model_type: family for family in FAMILIES}
