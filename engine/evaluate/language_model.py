"""How many bits a language model needs for each document: every byte of it counts, whatever the tokenizer.

A document longer than the context is read in windows that overlap by half; each token is scored once, by the first
window that reaches it, and so with at least half a context before it. The first token is predicted from an end-of-text
token, as in training. Bits per byte is total bits over total bytes, so a long document weighs what it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.corpus.suite import Suite
from engine.evaluate.ask import Asker
from engine.journal.events import Score
from engine.model.items import pad
from engine.model.transformer import GraftModel
from engine.scores.intervals import ratio

_LOGITS = 1 << 24
"""Logits held at once: 64 MiB in fp32."""


def document_bits(asker: Asker, suite: Suite) -> list[float]:
    """The bits that the model needs for each of a suite's documents."""
    texts = [document.text for document in suite.documents]
    rows = [[asker.tokenizer.document_start, *tokens] for tokens in asker.tokenizer.encode_batch(texts)]
    places = [(at, *window) for at, row in enumerate(rows) for window in windows(len(row) - 1, asker.room)]
    nats = [0.0] * len(rows)
    for chosen in asker.batches([end - start for _, start, end, _ in places]):
        picked = [places[at] for at in chosen]
        inputs, lengths = pad([rows[doc][start:end] for doc, start, end, _ in picked], asker.device.torch_device)
        targets, _ = pad([rows[doc][start + 1 : end + 1] for doc, start, end, _ in picked], asker.device.torch_device)
        losses = token_nats(asker.model, inputs, targets)
        for row, (doc, start, end, first) in enumerate(picked):
            nats[doc] += float(losses[row, first - start : end - start].sum())
        asker.tokens += int(lengths.sum())
    return [value / math.log(2) for value in nats]


def windows(targets: int, context: int) -> Iterator[tuple[int, int, int]]:
    """The windows for a row of `targets` + 1 tokens, as (start, end, first).

    A window reads tokens [start, end) and so predicts targets [start, end), of which [first, end) are scored: target i
    is token i + 1. The scored stretches follow each other without a gap.
    """
    done = 0
    while done < targets:
        end = min(targets, done + (max(1, context // 2) if done else context))
        yield max(0, end - context), end, done
        done = end


def token_nats(model: GraftModel, inputs: Tensor, targets: Tensor) -> Tensor:
    """-log p of each target (B, T), in nats as float64. Logits are made for a part of the tokens at a time."""
    hidden = model.trunk(inputs).flatten(0, 1)
    wanted, weight = targets.flatten(), model.lm_weight()
    rows = max(1, _LOGITS // weight.shape[0])
    parts = [
        F.cross_entropy(F.linear(hidden[at : at + rows], weight).float(), wanted[at : at + rows], reduction="none")
        for at in range(0, len(wanted), rows)
    ]
    # MPS has no float64: the sum is taken on the CPU.
    return torch.cat(parts).view(targets.shape).cpu().double()


def scores(bits: Sequence[float], sizes: Sequence[float], seed: int) -> tuple[Score, ...]:
    """Bits per byte over all documents, with a bootstrap interval over documents."""
    return (ratio("bits_per_byte", list(bits), list(sizes), seed),)
