"""Completing token sequences, many at once, each token computed once (KV cache).

Prompts of different lengths stand flush right, with padding on their left that is never looked at; so a row gives the
same tokens alone as in company.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.model.layers import Cache
from engine.model.transformer import GraftModel


@dataclass(frozen=True)
class Generation:
    """What one prompt was continued with."""

    tokens: list[int]
    """Without the prompt and without the end token."""
    ended: bool
    """The model ended it itself, rather than being cut off."""


def generate(
    model: GraftModel,
    prompts: list[list[int]],
    *,
    max_new_tokens: int,
    end: int,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
) -> list[Generation]:
    """Continue every prompt until `end`, or for `max_new_tokens`.

    `temperature` 0 takes the likeliest token. `top_k` 0 and `top_p` 1 leave all tokens in. Room is what the model's
    context gives: prompts too long for it lose their beginning; an empty one counts as a document's start.
    """
    made: list[list[int]] = [[] for _ in prompts]
    ended = [False] * len(prompts)
    if prompts:
        for tokens in steps(
            model, prompts, max_new_tokens=max_new_tokens, end=end, temperature=temperature, top_k=top_k, top_p=top_p,
            seed=seed,
        ):  # fmt: skip
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
    temperature: float,
    top_k: int,
    top_p: float,
    seed: int,
) -> Iterator[list[int]]:
    """One token for every prompt at a time; `end` for those that have ended. Stops when all have."""
    config, device = model.card.model, model.trunk.embed.weight.device
    new = min(max_new_tokens, config.context - 1)
    rows = [(prompt or [end])[new - config.context :] for prompt in prompts]
    longest = max(map(len, rows))
    padding = torch.tensor([longest - len(row) for row in rows], device=device)
    tokens = torch.tensor([[0] * (longest - len(row)) + row for row in rows], device=device)
    random = torch.Generator(device).manual_seed(seed)
    cache = Cache(config, len(rows), longest + new, model.trunk.embed.weight)
    uneven = padding if longest > min(map(len, rows)) else None
    ended = torch.zeros(len(rows), dtype=torch.bool, device=device)
    model.eval()
    for _ in range(new):
        hidden = model.trunk(tokens, cache, uneven)
        logits = F.linear(hidden[:, -1], model.lm_weight()).float()
        chosen = choose_token(logits, temperature, top_k, top_p, random)
        chosen = torch.where(ended, end, chosen)
        ended |= chosen == end
        yield chosen.tolist()
        if bool(ended.all()):
            return
        tokens = chosen[:, None]


def choose_token(logits: Tensor, temperature: float, top_k: int, top_p: float, random: torch.Generator) -> Tensor:
    """One token a row, from logits (B, vocabulary): the likeliest, or drawn from the likeliest few."""
    if temperature == 0.0:
        return logits.argmax(dim=-1)
    logits, order = (logits / temperature).sort(dim=-1, descending=True)
    if top_k:
        logits[:, top_k:] = -torch.inf
    chances = logits.softmax(dim=-1)
    before = chances.cumsum(dim=-1) - chances  # of the likelier ones; the first is never left out
    chances[:, 1:] = chances[:, 1:].masked_fill(before[:, 1:] >= top_p, 0.0)
    return order.gather(1, torch.multinomial(chances, 1, generator=random)).squeeze(1)
