"""`instruct`: the language head stays; the loss is on the response alone, and on the end-of-text that closes it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec.structs import replace
from torch import Tensor

from engine.branch.data import Instruction, instructions
from engine.branch.method import Recipe, Setting
from engine.model.items import Order, Pair, pad_pairs, pair, templated
from engine.model.transformer import GraftModel
from engine.train.task import Item


class Batch(NamedTuple):
    inputs: Tensor
    """(B, longest) int64, padded on the right."""
    targets: Tensor
    """(B, longest): the next token where it belongs to the response, else -100."""
    tokens: int
    """Real ones among the inputs."""


class InstructTask:
    """Prompts and responses. See `engine.train.task.Task`."""

    unit: Literal["token", "line"] = "line"

    def __init__(self, setting: Setting, train: list[Instruction], heldout: list[Instruction]):
        config = setting.config
        self._setting, self._device = setting, setting.device.torch_device
        self._size, self._looks = config.train.batch, config.train.eval_batches
        self._train, self._heldout = self._encoded(train, "training"), self._encoded(heldout, "held-out")
        self.source, self._lines = config.data.train, [row.line for row in train]
        self._order = Order(len(train), config.seed)
        self.steps_per_epoch = len(train) / config.train.batch

    def _encoded(self, rows: list[Instruction], side: str) -> list[Pair]:
        setting, context = self._setting, self._setting.card.model.context
        tokenizer, template = setting.tokenizer, setting.config.template
        prompts = templated(tokenizer, template, [(row.instruction, row.input) for row in rows])
        answers = tokenizer.encode_batch([row.output for row in rows])
        pairs = [pair(p, [*answer, tokenizer.end_of_text], context) for p, answer in zip(prompts, answers)]
        if cut := sum(one.cut for one in pairs):
            what = f"{cut:,} of {len(rows):,} {side} examples are longer than {context} tokens"
            setting.context.say(f"{what} and are cut, first at the left of the prompt")
        return pairs

    def items(self, first: int, size: int) -> list[Item]:
        return [Item(self._lines[at], tuple(self._train[at].tokens)) for at in self._order.take(first, size)]

    def batch(self, first: int, size: int) -> Batch:
        return self._collate([self._train[at] for at in self._order.take(first, size)])

    def _collate(self, pairs: list[Pair]) -> Batch:
        inputs, targets = pad_pairs(pairs, self._device)
        return Batch(inputs, targets, sum(len(one.tokens) - 1 for one in pairs))

    def loss(self, model: GraftModel, batch: Batch) -> tuple[Tensor, int]:
        return model.lm_loss(batch.inputs, batch.targets)

    def tokens(self, batch: Batch) -> int:
        return batch.tokens

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Mean loss per response token over the held-out examples, at most `eval_batches` batches of them."""
        pairs = self._heldout[: self._size * self._looks]
        total, count = 0.0, 0
        for start in range(0, len(pairs), self._size):
            loss, targets = self.loss(model, self._collate(pairs[start : start + self._size]))
            total, count = total + float(loss), count + targets
        return {"heldout_loss": total / count}


def instruct(setting: Setting) -> Recipe:
    """An instruction follower of the base's shape; its prompt template is kept in its card."""
    data = instructions(setting.config)
    setting.context.say(f"data: {len(data.train):,} training and {len(data.heldout):,} held-out examples")
    card = replace(setting.card, head="lm", classes=(), template=setting.config.template)
    return Recipe(card, InstructTask(setting, data.train, data.heldout))
