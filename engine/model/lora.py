"""Low-rank adaptation: a matrix that stays as it is, and beside it two thin ones that learn (Hu et al. 2021).

    y = x Wᵀ + (x Aᵀ) Bᵀ alpha / rank        A (rank, in) random, B (out, rank) zero: at first nothing changes

All matrices inside the blocks are adapted. `merged` gives the plain weights that compute the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.config.schema import LoraConfig

A, B = ".lora_a", ".lora_b"
"""The ends of the parameters' names, after that of their module."""


class LoraLinear(nn.Linear):
    """A linear layer with an adapter. Its own weight and bias keep their names."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool, lora: LoraConfig):
        super().__init__(inputs, outputs, bias=bias)
        self.scale = lora.alpha / lora.rank
        self.lora_a = nn.Parameter(torch.empty(lora.rank, inputs))
        self.lora_b = nn.Parameter(torch.zeros(outputs, lora.rank))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + F.linear(F.linear(x, self.lora_a), self.lora_b) * self.scale

    def initialise(self) -> None:
        """A as PyTorch draws a linear layer's weight, B zero."""
        bound = self.in_features**-0.5
        nn.init.uniform_(self.lora_a, -bound, bound)
        nn.init.zeros_(self.lora_b)


def adapt(blocks: nn.Module, lora: LoraConfig) -> None:
    """Give every linear layer below `blocks` an adapter. Weights are new: they are loaded, or drawn, afterwards."""
    for parent in list(blocks.modules()):
        for name, part in list(parent.named_children()):
            if type(part) is nn.Linear:
                wide = LoraLinear(part.in_features, part.out_features, bias=part.bias is not None, lora=lora)
                setattr(parent, name, wide)


def merged(tensors: dict[str, Tensor], lora: LoraConfig | None) -> dict[str, Tensor]:
    """A model's tensors with its adapters added to the matrices that they stand beside."""
    if lora is None:
        return tensors
    plain = {name: value for name, value in tensors.items() if not name.endswith((A, B))}
    for name in (name.removesuffix(A) for name in tensors if name.endswith(A)):
        change = (tensors[name + B] @ tensors[name + A]) * (lora.alpha / lora.rank)
        plain[f"{name}.weight"] = plain[f"{name}.weight"] + change
    return plain
