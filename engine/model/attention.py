"""Attention itself: queries, keys and values in, a weighted mean of the values out, by the fastest way there is.

Shapes: B sequences, T new tokens, S tokens seen so far, H query heads, G key/value heads (H a multiple of G), D a
head's size. q: (B, H, T, D); k, v: (B, G, S, D); the result is q's shape.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_SHORT = 512
"""Tokens up to which all scores together are small enough to be held."""


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0) -> Tensor:
    """mask: broadcasts to (B, H, T, S), True where a key may be looked at; None: each token sees itself and earlier
    ones. `dropout`: the share of weights that are dropped."""
    if mask is None and not dropout and _learns_in_bf16_on_a_cpu(q) and q.shape[2] <= _SHORT:
        return _by_products(q, k, v)
    grouped = q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=mask is None, dropout_p=dropout, enable_gqa=grouped
    )


def _learns_in_bf16_on_a_cpu(q: Tensor) -> bool:
    return q.device.type == "cpu" and q.dtype == torch.bfloat16 and q.requires_grad


def _by_products(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Whole score matrices, by batched products.

    The fused kernel's backward pass does not use a CPU's bf16 units well. Measured on one core with AMX, forward and
    backward together: 12 sequences of 64 tokens, 4 heads of 32: 1.4 ms for 6.1; 8 of 256, 6 of 64: 16 ms for 27.
    """
    batch, heads, length, size = q.shape
    shared = heads // k.shape[1]
    # Queries that share a head of keys stand below each other: (B * G, H / G * T, D).
    queries = q.reshape(-1, shared * length, size)
    keys, values = k.reshape(-1, length, size), v.reshape(-1, length, size)
    later = q.new_full((length, length), -math.inf).triu(1).repeat(shared, 1)
    scores = torch.baddbmm(later, queries, keys.transpose(1, 2), alpha=size**-0.5)
    return torch.bmm(scores.softmax(2), values).view(batch, heads, length, size)
