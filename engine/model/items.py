"""How an item of a task becomes tokens: one way, for training and for asking alike.

    classify    <|endoftext|> text                               the head reads the last token
    instruct    <|endoftext|> prompt | response <|endoftext|>     the loss is on what is right of the bar

A text begins after an end-of-text token because the base saw every document begin so; an empty text is that token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.config.schema import TemplateConfig
from engine.corpus.tokenizer import Tokenizer
from engine.model.loss import IGNORED


def render(template: TemplateConfig, instruction: str, given: str = "") -> str:
    """The prompt for an instruction and its input. Braces in the texts themselves are left alone."""
    return _filled(_form(template, given), instruction, given)


def _form(template: TemplateConfig, given: str) -> str:
    return template.with_input if given else template.without_input


def _filled(form: str, instruction: str, given: str) -> str:
    before, found, after = form.partition("{instruction}")
    parts = [part.replace("{input}", given) for part in (before, after)]
    return instruction.join(parts) if found else parts[0]


def text_tokens(tokenizer: Tokenizer, texts: Sequence[str], context: int) -> tuple[list[list[int]], int]:
    """Texts for a classifier, each at most `context` tokens (cut at its end), and how many were cut."""
    encoded = [tokenizer.opened(tokens) for tokens in tokenizer.encode_batch(texts)]
    return [tokens[:context] for tokens in encoded], sum(len(tokens) > context for tokens in encoded)


def prompt_tokens(tokenizer: Tokenizer, prompts: Sequence[str]) -> list[list[int]]:
    """Prompts as the model sees them in training, uncut."""
    return [tokenizer.opened(tokens) for tokens in tokenizer.encode_batch(prompts)]


def templated(tokenizer: Tokenizer, template: TemplateConfig, asked: Sequence[tuple[str, str]]) -> list[list[int]]:
    """Prompts for instructions and their inputs, as `prompt_tokens`.

    A special token that the template itself spells out is that token. One that is spelt in a text which goes into the
    template stays text, so that nobody forges the end of a turn.
    """
    names = "|".join(re.escape(name) for name in sorted(tokenizer.special, key=len, reverse=True))
    if not names or not re.search(names, f"{template.with_input} {template.without_input}"):
        return prompt_tokens(tokenizer, [render(template, *one) for one in asked])
    return [tokenizer.opened(_marked(tokenizer, names, _form(template, given), text, given)) for text, given in asked]


def _marked(tokenizer: Tokenizer, names: str, form: str, instruction: str, given: str) -> list[int]:
    tokens: list[int] = []
    for piece in re.split(f"({names})", form):
        mark = tokenizer.special.get(piece)
        tokens += [mark] if mark is not None else tokenizer.encode(_filled(piece, instruction, given))
    return tokens


class Pair(NamedTuple):
    """A prompt and its response as one row of tokens, which is at most one longer than the context."""

    tokens: list[int]
    prompt: int
    """How many of the tokens are the prompt: at least one."""
    cut: bool


def pair(prompt: list[int], response: list[int], context: int) -> Pair:
    """Join the two. What does not fit is taken from the left of the prompt, then from the right of the response."""
    room = context + 1  # the last token is only ever a target
    answer = response[: room - 1]
    question = prompt[max(0, len(prompt) - (room - len(answer))) :]
    cut = len(question) + len(answer) < len(prompt) + len(response)
    return Pair([*question, *answer], len(question), cut)


def pad(rows: Sequence[Sequence[int]], device: torch.device, fill: int = 0) -> tuple[Tensor, Tensor]:
    """Rows of tokens as (B, longest) int64, padded on the right, and their lengths (B,).

    What stands right of a row's end cannot change its hidden states: attention looks to the left only.
    """
    out = np.full((len(rows), max(map(len, rows))), fill, dtype=np.int64)
    for at, row in enumerate(rows):
        out[at, : len(row)] = row
    lengths = torch.tensor([len(row) for row in rows], device=device)
    return torch.from_numpy(out).to(device), lengths


def pad_pairs(pairs: Sequence[Pair], device: torch.device) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, longest): the target of every place whose next token is no response is ignored."""
    inputs, _ = pad([p.tokens[:-1] for p in pairs], device)
    targets, _ = pad([[IGNORED] * (p.prompt - 1) + p.tokens[p.prompt :] for p in pairs], device, IGNORED)
    return inputs, targets


class Order:
    """The order in which items are taken: a new shuffle for each pass, from the seed alone."""

    def __init__(self, count: int, seed: int):
        self.count, self.seed = count, seed
        self._pass = -1
        self._shuffled = np.arange(count)

    def take(self, first: int, size: int) -> list[int]:
        """The items at places `first` to `first + size` of an endless run of passes."""
        return [self._at(*divmod(place, self.count)) for place in range(first, first + size)]

    def _at(self, number: int, place: int) -> int:
        if number != self._pass:
            self._pass = number
            self._shuffled = np.random.default_rng((self.seed, number)).permutation(self.count)
        return int(self._shuffled[place])
