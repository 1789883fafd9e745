"""The next-token task, which pretraining and continued pretraining share."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.model.loss import token_loss
from engine.model.transformer import GraftModel
from engine.train.data import Tokens, Windows, heldout_windows
from engine.train.task import Item

Batch = tuple[Tensor, Tensor]


class LanguageTask:
    """Every token is a target. A `Task` of the training loop."""

    unit: Literal["token", "line"] = "token"

    def __init__(
        self, train_tokens: Tokens, heldout_tokens: Tokens, context: int, train: TrainConfig, *, seed: int,
        bytes_per_token: float, source: str = "", vocab_size: int = 0,
    ):  # fmt: skip
        """`bytes_per_token`: of the held-out text, to tell bits per byte, which other tokenizers can be held to. For
        `vocab_size` and `source` see `Windows`."""
        self.source = source
        self.windows = Windows(train_tokens, context, seed, vocab_size, source)
        self.steps_per_epoch = self.windows.count / train.batch
        self.bytes_per_token = bytes_per_token
        self.size = train.rows
        self.looks = heldout_windows(heldout_tokens, context, train.heldout_rows)

    def batch(self, first: int, size: int) -> Batch:
        return self.windows.get(first, size)

    def items(self, first: int, size: int) -> list[Item]:
        inputs, targets = self.windows.get(first, size)
        rows = torch.cat([inputs, targets[:, -1:]], dim=1).tolist()
        return [Item(self.windows.start(first + at), tuple(row)) for at, row in enumerate(rows)]

    def loss(self, model: GraftModel, batch: Batch) -> tuple[Tensor, int]:
        device = model.trunk.embed.weight.device
        inputs, targets = (t.to(device, non_blocking=True) for t in batch)
        hidden = model.trunk(inputs).flatten(0, 1)
        return token_loss(hidden, model.lm_weight(), targets.flatten()), targets.numel()

    def tokens(self, batch: Batch) -> int:
        return batch[0].numel()

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Mean nats per token, and bits per byte."""
        total, count = 0.0, 0
        for batch in self._heldout_batches():
            loss, targets = self.loss(model, batch)
            total, count = total + loss.item(), count + targets
        mean = total / count
        return {"heldout_loss": mean, "heldout_bits_per_byte": mean / math.log(2) / self.bytes_per_token}

    def _heldout_batches(self) -> list[Batch]:
        """The windows in stacks of equal length: only the last window can be shorter."""
        whole = [w for w in self.looks if len(w[0]) == len(self.looks[0][0])]
        stacks = [whole[i : i + self.size] for i in range(0, len(whole), self.size)] + [
            [w] for w in self.looks[len(whole) :]
        ]
        return [(torch.stack([w[0] for w in s]), torch.stack([w[1] for w in s])) for s in stacks]
