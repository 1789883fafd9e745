"""The parts a block is made of: norms, rotary positions, grouped-query attention with a KV cache, MLPs.

Shapes: B sequences, T new tokens, S tokens seen so far (cache included), H query heads, G key/value heads
(H a multiple of G), D = width / H.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.config.layout import layout
from engine.config.schema import ModelConfig, RopeScaling
from engine.config.size import head_size, kv_width, mlp_width, query_width
from engine.model.attention import attend
from engine.model.norms import RMSNorm


def rotary_table(context: int, size: int, base: float, scaling: RopeScaling | None = None) -> tuple[Tensor, Tensor]:
    """Cosines and sines of `position * base^(-2i/size)`, each (context, size / 2), fp32 (Su et al. 2021)."""
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    if scaling is not None:
        frequencies = slowed(frequencies, scaling)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies)
    return angles.cos().float(), angles.sin().float()


def slowed(frequencies: Tensor, scaling: RopeScaling) -> Tensor:
    """Radians per token, slowed for a longer context (Chen et al. 2023; Llama 3's: Grattafiori et al. 2024)."""
    if scaling.type == "linear":
        return frequencies / scaling.factor
    turns = scaling.original_context * frequencies / (2 * torch.pi)  # full waves within the first context
    low, high = scaling.low_freq_factor, scaling.high_freq_factor
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return frequencies * (kept + (1 - kept) / scaling.factor)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + D/2]) by its position's angle. x: (B, T, heads, D); cos, sin: (.., T, 1, D/2).

    Halves rather than neighbours are paired, as in Llama's and Qwen's published weights.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).type_as(x)


class Cache:
    """Keys and values of the tokens seen so far, for every layer; room for `size` tokens is taken at once."""

    def __init__(self, config: ModelConfig, batch: int, size: int, like: Tensor):
        shape = (config.layers, batch, config.kv_heads or config.heads, size, head_size(config))
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
    """Causal self-attention on the fused kernel, its queries and keys normalised and turned as the block has it."""

    def __init__(self, config: ModelConfig, layer: int):
        super().__init__()
        has = layout(config)
        self.layer = layer
        self.size = head_size(config)
        self.dropout = config.dropout
        wide, narrow = query_width(config), kv_width(config)
        self.q = nn.Linear(config.width, wide, bias=has.qkv_bias)
        self.k = nn.Linear(config.width, narrow, bias=has.qkv_bias)
        self.v = nn.Linear(config.width, narrow, bias=has.qkv_bias)
        self.o = nn.Linear(wide, config.width, bias=has.bias)
        # QK-norm bounds the attention logits, which lets learning rates be higher (Dehghani et al. 2023).
        self.whole = has.qk_norm == "whole"
        normed = {"none": None, "head": (self.size, self.size), "whole": (wide, narrow)}[has.qk_norm]
        self.q_norm = RMSNorm(normed[0], eps=config.norm_eps) if normed else None
        self.k_norm = RMSNorm(normed[1], eps=config.norm_eps) if normed else None

    def forward(
        self, x: Tensor, rotary: tuple[Tensor, Tensor] | None, mask: Tensor | None, cache: Cache | None
    ) -> Tensor:
        """x: (B, T, width). mask: broadcasts to (B, 1, T, S), True where a key may be looked at; None: plain causal."""
        batch, length, _ = x.shape
        x = lowered(x)
        q, k = self._heads(self.q(x), self.q_norm), self._heads(self.k(x), self.k_norm)
        v = self.v(x).view(batch, length, -1, self.size)
        if rotary is not None:
            q, k = rotate(q, *rotary), rotate(k, *rotary)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        if cache is not None:
            k, v = cache.add(self.layer, k, v)
        y = attend(q, k, v, mask, self.dropout if self.training else 0.0)
        out: Tensor = self.o(y.transpose(1, 2).reshape(batch, length, -1))
        return out

    def _heads(self, x: Tensor, norm: RMSNorm | None) -> Tensor:
        """Queries or keys (B, T, heads * D) as (B, T, heads, D), normalised before or after they are parted."""
        if norm is not None and self.whole:
            x = norm(x)
        x = x.view(*x.shape[:2], -1, self.size)
        return norm(x) if norm is not None and not self.whole else x


def lowered(x: Tensor) -> Tensor:
    """`x` in the type that products run in: cast once here, rather than by autocast for each that takes it."""
    kind = x.device.type
    return x.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else x


class _SquaredReLU(torch.autograd.Function):
    """Two passes over the largest activations forward and two back, where PyTorch's two operations take six."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive = x.relu()
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        slope: Tensor = slopes[0] * positive
        return slope.mul_(2)


def squared_relu(x: Tensor) -> Tensor:
    """max(x, 0)^2 (So et al. 2021)."""
    out: Tensor = _SquaredReLU.apply(x)  # type: ignore[no-untyped-call]
    return out


class MLP(nn.Module):
    """The block's per-token part: `swiglu` (gated), `relu2` (So et al. 2021) or `gelu` (GPT-2's tanh form)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        bias = layout(config).bias
        self.kind = config.mlp
        inner = mlp_width(config)
        self.gate = nn.Linear(config.width, inner, bias=bias) if config.mlp == "swiglu" else None
        self.up = nn.Linear(config.width, inner, bias=bias)
        self.down = nn.Linear(inner, config.width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = lowered(x)
        h = self.up(x)
        if self.gate is not None:
            h = F.silu(self.gate(x)) * h
        elif self.kind == "relu2":
            h = squared_relu(h)
        else:
            h = F.gelu(h, approximate="tanh")
        out: Tensor = self.down(h)
        return out


class Block(nn.Module):
    """Attention, then MLP, each added to the residual stream; its input is normalised, or its output."""

    def __init__(self, config: ModelConfig, layer: int):
        super().__init__()
        self.post_norm = layout(config).post_norm
        self.norm1, self.norm2 = norm(config), norm(config)
        self.attention = Attention(config, layer)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, rotary: tuple[Tensor, Tensor] | None, mask: Tensor | None, cache: Cache | None
    ) -> Tensor:
        if self.post_norm:
            x = x + self.dropout(self.norm1(self.attention(x, rotary, mask, cache)))
            x = x + self.dropout(self.norm2(self.mlp(x)))
        else:
            x = x + self.dropout(self.attention(self.norm1(x), rotary, mask, cache))
            x = x + self.dropout(self.mlp(self.norm2(x)))
        return x


def norm(config: ModelConfig) -> nn.Module:
    """A norm over the residual stream, of the block's kind."""
    if layout(config).layer_norm:
        return nn.LayerNorm(config.width, eps=config.norm_eps)
    return RMSNorm(config.width, eps=config.norm_eps)
