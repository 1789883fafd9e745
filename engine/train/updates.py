"""How far an update moves each kind of weight: |update| / |weight|, which tells a learning rate that is far off.

About 1e-3 is usual for matrices under AdamW; 1e-1 tears down what was learned, 1e-5 learns next to nothing. Measured on
an even sample of each parameter, so that no copy of the model is needed, and only at looks at the held-out loss.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SAMPLE = 1 << 14
"""Numbers of a parameter that are looked at, at most."""
KINDS = {"embed": "embed", "position": "embed", ".attention.": "attention", ".mlp.": "mlp", "head": "head"}
"""What occurs in a parameter's name, and the kind that it is of; norms and all else are `rest`."""


class Updates:
    """Compares a sample of the weights that learn before and after an update."""

    def __init__(self, learned: Mapping[str, Tensor]):
        """By name; where weights lie divided over ranks, this rank's rows of each."""
        self._learned = learned
        self._before: dict[str, Tensor] = {}

    def before(self) -> None:
        self._before = {name: sample(p) for name, p in self._learned.items() if p.numel()}

    def after(self) -> dict[str, float]:
        """`update_ratio_<kind>` of each kind; nothing when no update was made since `before`, or none was begun."""
        sums: dict[str, list[Tensor]] = {}
        for name, old in self._before.items():
            moved, size = (sample(self._learned[name]) - old).square().sum(), old.square().sum()
            both = torch.stack([moved, size]) * (self._learned[name].numel() / old.numel())
            sums.setdefault(kind_of(name), []).append(both)
        self._before = {}
        ratios = {kind: torch.stack(parts).sum(0) for kind, parts in sums.items()}
        return {f"update_ratio_{kind}": float((m / s).sqrt()) for kind, (m, s) in ratios.items() if s > 0}


def sample(p: Tensor) -> Tensor:
    """Evenly spaced numbers of a parameter, copied."""
    flat = p.detach().flatten()
    return flat[:: max(1, flat.numel() // SAMPLE)].float().clone()


def kind_of(name: str) -> str:
    return next((kind for part, kind in KINDS.items() if part in name), "rest")
