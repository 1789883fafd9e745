"""`classify`: a linear head on the hidden state of the last real token; cross entropy against the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from msgspec.structs import replace
from torch import Tensor

from engine.branch.data import Labelled, labelled
from engine.branch.method import Recipe, Setting
from engine.model.items import Order, pad, text_tokens
from engine.model.transformer import GraftModel
from engine.train.task import Item


class Batch(NamedTuple):
    tokens: Tensor
    """(B, longest) int64, padded on the right."""
    lengths: Tensor
    """(B,)"""
    labels: Tensor
    """(B,): places in the card's classes."""


class ClassifyTask:
    """Texts and their classes. See `engine.train.task.Task`."""

    unit: Literal["token", "line"] = "line"

    def __init__(self, setting: Setting, train: list[Labelled], heldout: list[Labelled], classes: Sequence[str]):
        config = setting.config
        self._device = setting.device.torch_device
        self._setting = setting
        self._places = {name: at for at, name in enumerate(classes)}
        self._size, self._looks = config.train.batch, config.train.eval_batches
        self._train, self._heldout = self._encoded(train, "training"), self._encoded(heldout, "held-out")
        self.source, self._lines = config.data.train, [row.line for row in train]
        self._order = Order(len(train), config.seed)
        self.steps_per_epoch = len(train) / config.train.batch

    def _encoded(self, rows: list[Labelled], side: str) -> list[tuple[list[int], int]]:
        context = self._setting.card.model.context
        tokens, cut = text_tokens(self._setting.tokenizer, [row.text for row in rows], context)
        if cut:
            say = self._setting.context.say
            say(f"{cut:,} of {len(rows):,} {side} texts are longer than {context} tokens and are cut at their end")
        return [(one, self._places[row.label]) for one, row in zip(tokens, rows)]

    def items(self, first: int, size: int) -> list[Item]:
        return [Item(self._lines[at], tuple(self._train[at][0])) for at in self._order.take(first, size)]

    def batch(self, first: int, size: int) -> Batch:
        return self._collate([self._train[at] for at in self._order.take(first, size)])

    def _collate(self, rows: Sequence[tuple[list[int], int]]) -> Batch:
        tokens, lengths = pad([row[0] for row in rows], self._device)
        return Batch(tokens, lengths, torch.tensor([row[1] for row in rows], device=self._device))

    def loss(self, model: GraftModel, batch: Batch) -> tuple[Tensor, int]:
        logits = model.class_logits(batch.tokens, batch.lengths)
        return F.cross_entropy(logits.float(), batch.labels, reduction="sum"), len(batch.labels)

    def tokens(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Mean loss and accuracy over the held-out texts, at most `eval_batches` batches of them."""
        rows = self._heldout[: self._size * self._looks]
        total, right = 0.0, 0
        for start in range(0, len(rows), self._size):
            batch = self._collate(rows[start : start + self._size])
            logits = model.class_logits(batch.tokens, batch.lengths).float()
            total += float(F.cross_entropy(logits, batch.labels, reduction="sum"))
            right += int((logits.argmax(dim=1) == batch.labels).sum())
        return {"heldout_loss": total / len(rows), "accuracy": right / len(rows)}


def classify(setting: Setting) -> Recipe:
    """A classifier of the base's shape. Raises `InputError` for data that cannot teach its classes."""
    data = labelled(setting.config, where=setting.context.folder.config)
    names = ", ".join(data.classes[:12]) + (" ..." if len(data.classes) > 12 else "")
    setting.context.say(f"classes: {len(data.classes)} ({names})")
    setting.context.say(f"data: {len(data.train):,} training and {len(data.heldout):,} held-out texts")
    card = replace(setting.card, head="classify", classes=data.classes, template=None)
    return Recipe(card, ClassifyTask(setting, data.train, data.heldout, data.classes))
