"""Which token comes next, for many rows at once: from logits to one token a row.

    logits (B, vocabulary) -> repetition -> temperature -> top-k -> top-p -> min-p -> drawn -> (B,)

A row draws from random numbers of its own, so what it gets does not depend on its company.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.dialogue import Sampling


class Chooser:
    """Chooses for rows that begin with `prompts`. The same seed gives the same tokens, row by row."""

    def __init__(self, sampling: Sampling, prompts: list[list[int]]):
        self.sampling, self._prompts = sampling, prompts
        # The CPU's generator draws the same numbers for every device.
        self._random = [torch.Generator().manual_seed((sampling.seed + row) % (1 << 63)) for row in range(len(prompts))]
        self._seen: Tensor | None = None

    def choose(self, logits: Tensor) -> Tensor:
        """One token a row, int64 (B,), from logits (B, vocabulary) in fp32."""
        how = self.sampling
        if how.repetition != 1.0:
            logits = repelled(logits, self._said(logits), how.repetition)
        if how.temperature == 0.0:
            chosen = logits.argmax(dim=-1)
        else:
            chances, order = likeliest(logits / how.temperature, how)
            chosen = order.gather(1, self._draw(chances)).squeeze(1)
        if self._seen is not None:
            self._seen.scatter_(1, chosen[:, None], True)
        return chosen

    def _said(self, logits: Tensor) -> Tensor:
        """Which tokens each row holds already, its prompt among them: (B, vocabulary)."""
        if self._seen is None:
            self._seen = torch.zeros_like(logits, dtype=torch.bool)
            for row, tokens in enumerate(self._prompts):
                self._seen[row, tokens] = True
        return self._seen

    def _draw(self, chances: Tensor) -> Tensor:
        """A place (B, 1) in each row of `chances`, which need not add up to one: inverse of the cumulative sum."""
        points = torch.stack([torch.rand(1, generator=one, dtype=torch.float64) for one in self._random])
        sums = chances.double().cumsum(dim=-1)
        places = torch.searchsorted(sums, points.to(sums.device) * sums[:, -1:], right=True)
        # Rounding may point beyond the last that has a chance.
        return torch.minimum(places, (chances > 0).sum(dim=-1, keepdim=True) - 1)


def likeliest(logits: Tensor, how: Sampling) -> tuple[Tensor, Tensor]:
    """Chances in falling order, zero for those left out, and the tokens that they are of; each (B, vocabulary)."""
    logits, order = logits.sort(dim=-1, descending=True)
    if how.top_k:
        logits[:, how.top_k :] = -torch.inf
    chances = logits.softmax(dim=-1)
    before = chances.cumsum(dim=-1) - chances  # of the likelier ones; the first is never left out
    out = (before >= how.top_p) if how.top_p < 1.0 else torch.zeros_like(before, dtype=torch.bool)
    if how.min_p:
        out = out | (chances < how.min_p * chances[:, :1])  # Nguyen et al. 2024
    out[:, 0] = False
    return chances.masked_fill(out, 0.0), order


def repelled(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Logits with those of seen tokens made smaller (Keskar et al. 2019, section 4.1): divided where above zero,
    multiplied where below."""
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)
