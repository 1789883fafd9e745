"""The parts a block is made of: norms, rotary positions, grouped-query attention with a KV cache, MLPs.

Shapes: B sequences, T new tokens, S tokens seen so far (cache included), H query heads, G key/value heads
(H a multiple of G), D = width / H.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.config.schema import ModelConfig
from engine.config.size import mlp_width

NORM_EPS = 1e-5


def rotary_table(context: int, size: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines of `position * base^(-2i/size)`, each (context, size / 2), fp32 (Su et al. 2021)."""
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + D/2]) by its position's angle. x: (B, T, heads, D); cos, sin: (.., T, 1, D/2).

    Halves rather than neighbours are paired, as in Llama's and Qwen's published weights.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).type_as(x)


class RMSNorm(nn.RMSNorm):
    """PyTorch's, with the gain in the input's type: a mixture of two would leave the fused kernel."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.weight is not None
        return F.rms_norm(x, tuple(self.normalized_shape), self.weight.type_as(x), self.eps)


class Cache:
    """Keys and values of the tokens seen so far, for every layer; room for `size` tokens is taken at once."""

    def __init__(self, config: ModelConfig, batch: int, size: int, like: Tensor):
        heads = config.kv_heads or config.heads
        shape = (config.layers, batch, heads, size, config.width // config.heads)
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.length = 0
        """Tokens held. The transformer moves it on once all layers have added theirs."""

    def add(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new tokens' keys and values (B, G, T, D); give back all so far (B, G, S, D)."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]


class Attention(nn.Module):
    """Causal self-attention on PyTorch's fused kernel. The modern kind normalises and rotates queries and keys."""

    def __init__(self, config: ModelConfig, layer: int):
        super().__init__()
        modern = config.block == "modern"
        self.layer = layer
        self.size = config.width // config.heads
        self.dropout = config.dropout
        kv_width = (config.kv_heads or config.heads) * self.size
        self.grouped = kv_width != config.width
        self.q = nn.Linear(config.width, config.width, bias=not modern)
        self.k = nn.Linear(config.width, kv_width, bias=not modern)
        self.v = nn.Linear(config.width, kv_width, bias=not modern)
        self.o = nn.Linear(config.width, config.width, bias=not modern)
        # QK-norm bounds the attention logits, which lets learning rates be higher (Dehghani et al. 2023).
        self.q_norm = RMSNorm(self.size, eps=NORM_EPS) if modern else None
        self.k_norm = RMSNorm(self.size, eps=NORM_EPS) if modern else None

    def forward(
        self, x: Tensor, rotary: tuple[Tensor, Tensor] | None, mask: Tensor | None, cache: Cache | None
    ) -> Tensor:
        """x: (B, T, width). mask: (B, 1, T, S) True where a key may be looked at; None: plain causal."""
        batch, length, width = x.shape
        q = self.q(x).view(batch, length, -1, self.size)
        k = self.k(x).view(batch, length, -1, self.size)
        v = self.v(x).view(batch, length, -1, self.size)
        if self.q_norm is not None and self.k_norm is not None and rotary is not None:
            q, k = rotate(self.q_norm(q), *rotary), rotate(self.k_norm(k), *rotary)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        if cache is not None:
            k, v = cache.add(self.layer, k, v)
        y = F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=mask,
            is_causal=mask is None,
            dropout_p=self.dropout if self.training else 0.0,
            enable_gqa=self.grouped,
        )
        out: Tensor = self.o(y.transpose(1, 2).reshape(batch, length, width))
        return out


class MLP(nn.Module):
    """The block's per-token part: `swiglu` (gated), `relu2` (So et al. 2021) or `gelu` (GPT-2's tanh form)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        bias = config.block == "gpt2"
        self.kind = config.mlp
        inner = mlp_width(config)
        self.gate = nn.Linear(config.width, inner, bias=bias) if config.mlp == "swiglu" else None
        self.up = nn.Linear(config.width, inner, bias=bias)
        self.down = nn.Linear(inner, config.width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.up(x)
        if self.gate is not None:
            h = F.silu(self.gate(x)) * h
        elif self.kind == "relu2":
            h = F.relu(h).square()
        else:
            h = F.gelu(h, approximate="tanh")
        out: Tensor = self.down(h)
        return out


class Block(nn.Module):
    """Attention, then MLP, each on a normalised copy of the residual stream and added back to it."""

    def __init__(self, config: ModelConfig, layer: int):
        super().__init__()
        self.norm1, self.norm2 = norm(config), norm(config)
        self.attention = Attention(config, layer)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, rotary: tuple[Tensor, Tensor] | None, mask: Tensor | None, cache: Cache | None
    ) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), rotary, mask, cache))
        out: Tensor = x + self.dropout(self.mlp(self.norm2(x)))
        return out


def norm(config: ModelConfig) -> nn.Module:
    """A norm over the residual stream, of the block's kind."""
    if config.block == "modern":
        return RMSNorm(config.width, eps=NORM_EPS)
    return nn.LayerNorm(config.width, eps=NORM_EPS)
