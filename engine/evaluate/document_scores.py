"""How probable a label is for each document, by a `classify` variant: what corpus builds ask (`engine.corpus.scores`).

    texts -> tokens -> passages as long as the model's context -> probabilities -> the highest of each document

A long document is as bad as its worst passage, as with listed words: nothing in it goes unread. Passages are asked in
batches by length, so that memory holds one batch of the model's, however long the documents are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from engine.corpus.scores import check_label
from engine.corpus.tokenizer import Tokenizer
from engine.freeze.refs import find_model
from engine.freeze.verify import checked
from engine.model.devices import choose
from engine.model.items import pad
from engine.model.transformer import GraftModel
from engine.model.weights import load_model
from engine.paths import Workspace

BATCH_TOKENS = 8192
"""Padding included."""


def classifier(model: str, label: str, home: Path) -> Callable[[Sequence[str]], list[float]]:
    """A function from texts to probabilities, with the model in memory.

    Raises `InputError` for a model that is not here or no classifier, and for a label it does not know.
    """
    ref = checked(find_model(Workspace(home), model, key="toxicity.model"))
    check_label(ref.card(), label, ref.id)
    device = choose("auto", "fp32", key="toxicity.model")
    loaded = load_model(ref.folder, device.torch_device).eval().requires_grad_(False)
    return _Classifier(loaded, Tokenizer.load(ref.tokenizer), ref.card().classes.index(label))


class _Classifier:
    def __init__(self, model: GraftModel, tokenizer: Tokenizer, place: int):
        self._model, self._tokenizer, self._place = model, tokenizer, place
        self._context = model.card.model.context
        self._device = model.trunk.embed.weight.device

    def __call__(self, texts: Sequence[str]) -> list[float]:
        passages = [(at, passage) for at, text in enumerate(texts) for passage in self._passages(text)]
        passages.sort(key=lambda one: len(one[1]))
        worst = [0.0] * len(texts)
        for batch in _batches(passages):
            for (at, _), chance in zip(batch, self._chances([passage for _, passage in batch])):
                worst[at] = max(worst[at], chance)
        return worst

    def _passages(self, text: str) -> Iterator[list[int]]:
        tokens, room = self._tokenizer.encode(text), self._context - len(self._tokenizer.starts)
        for start in range(0, max(1, len(tokens)), room):
            yield self._tokenizer.opened(tokens[start : start + room])

    def _chances(self, passages: Sequence[Sequence[int]]) -> list[float]:
        tokens, lengths = pad(passages, self._device)
        with torch.inference_mode():
            chances = self._model.class_logits(tokens, lengths).float().softmax(dim=1)[:, self._place]
        return [float(chance) for chance in chances.tolist()]


def _batches(passages: Sequence[tuple[int, list[int]]]) -> Iterator[Sequence[tuple[int, list[int]]]]:
    """Passages by length, as many at once as `BATCH_TOKENS` hold when all are as long as the longest."""
    start = 0
    for end in range(1, len(passages) + 1):
        if end == len(passages) or len(passages[end][1]) * (end + 1 - start) > BATCH_TOKENS:
            yield passages[start:end]
            start = end
