"""Completing token sequences, many at once, each token computed once (KV cache).

Prompts of different lengths stand flush right, with padding on their left that is never looked at; so a row gives the
same tokens alone as in company.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from engine.dialogue import Sampling
from engine.model.choose import Chooser
from engine.model.layers import Cache
from engine.model.transformer import GraftModel

GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True)
class Generation:
    """What one prompt was continued with."""

    tokens: list[int]
    """Without the prompt and without the end token."""
    ended: bool
    """The model ended it itself, rather than being cut off."""


def generate(
    model: GraftModel, prompts: list[list[int]], *, max_new_tokens: int, end: int, sampling: Sampling = GREEDY
) -> list[Generation]:
    """Continue every prompt until `end`, or for `max_new_tokens`; by default with the likeliest tokens.

    Room is what the model's context gives: prompts too long for it lose their beginning; an empty one counts as a
    document's start.
    """
    made: list[list[int]] = [[] for _ in prompts]
    ended = [False] * len(prompts)
    if prompts:
        for tokens in steps(model, prompts, max_new_tokens=max_new_tokens, end=end, sampling=sampling):
            for row, token in enumerate(tokens):
                if token == end:
                    ended[row] = True
                elif not ended[row]:
                    made[row].append(token)
    return [Generation(tokens, done) for tokens, done in zip(made, ended, strict=True)]


@torch.no_grad()
def steps(
    model: GraftModel,
    prompts: list[list[int]],
    *,
    max_new_tokens: int,
    end: int,
    sampling: Sampling = GREEDY,
    enough: Container[int] = (),
) -> Iterator[list[int]]:
    """One token for every prompt at a time; `end` for those that have ended. Stops when all have.

    `enough`: rows of which no more is wanted; they count as ended. It may grow between two tokens.
    """
    config, device = model.card.model, model.trunk.embed.weight.device
    new = min(max_new_tokens, config.context - 1)
    rows = [(prompt or [end])[new - config.context :] for prompt in prompts]
    longest = max(map(len, rows))
    padding = torch.tensor([longest - len(row) for row in rows], device=device)
    tokens = torch.tensor([[0] * (longest - len(row)) + row for row in rows], device=device)
    cache = Cache(config, len(rows), longest + new, model.trunk.embed.weight)
    uneven = padding if longest > min(map(len, rows)) else None
    chooser = Chooser(sampling, rows)
    ended = torch.zeros(len(rows), dtype=torch.bool, device=device)
    model.eval()
    for _ in range(new):
        hidden = model.trunk(tokens, cache, uneven)
        chosen = chooser.choose(F.linear(hidden[:, -1], model.lm_weight()).float())
        ended |= torch.tensor([row in enough for row in range(len(rows))], device=device)
        chosen = torch.where(ended, end, chosen)
        ended |= chosen == end
        yield chosen.tolist()
        if all(row in enough or done for row, done in enumerate(ended.tolist())):
            return
        tokens = chosen[:, None]
