"""Bits per document: every target once, against a naive reference and a closed form."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, SuiteConfig
from engine.corpus.suite import Suite, load_suite
from engine.corpus.tokenizer import Tokenizer
from engine.corpus.vocabulary import train_bpe
from engine.evaluate.ask import Asker
from engine.evaluate.language_model import document_bits, scores, windows
from engine.journal.writer import JournalWriter
from engine.model.devices import choose
from engine.model.transformer import GraftModel, build
from engine.paths import RunFolder, Workspace
from engine.stage import StageContext
from tests.support.stages import write_rows

CONTEXT = 8
TEXTS = ["a", "the cat and the dog", "the dog " * 12, "", "xyz é\n" * 5, "the"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_bpe(["the cat and the dog " * 20], 262)


def ask(folder: Path, model: GraftModel, tokenizer: Tokenizer, size: int = 3) -> tuple[Suite, list[float]]:
    path = write_rows(folder / "d.jsonl", [{"text": text} for text in TEXTS])
    suite = load_suite(Workspace(folder), SuiteConfig(name="d", task="language-model", data=str(path)))
    with JournalWriter(folder / "journal.jsonl") as journal, torch.no_grad():
        context = StageContext(RunFolder(folder), Workspace(folder), journal)
        return suite, document_bits(Asker(context, model, tokenizer, choose("cpu", "fp32"), size), suite)


def model(tokenizer: Tokenizer) -> GraftModel:
    shape = ModelConfig(layers=2, width=16, heads=2, context=CONTEXT, vocab_size=tokenizer.n_vocab)
    return build(ModelCard(model=shape), 7).eval()


@pytest.mark.parametrize("context", [1, 2, 5, 8])
def test_windows_score_each_target_once_with_half_a_context_before_it(context: int) -> None:
    for targets in range(40):
        scored: list[int] = []
        for start, end, first in windows(targets, context):
            assert 0 < end - start <= context and start <= first < end
            # Either the document's beginning is seen, or at least half a context before every scored target.
            assert start == 0 or first - start + 1 >= context - max(1, context // 2)
            scored += range(first, end)
        assert scored == list(range(targets))


def test_bits_are_those_of_scoring_one_token_at_a_time(tmp_path: Path, tokenizer: Tokenizer) -> None:
    net = model(tokenizer)
    suite, bits = ask(tmp_path, net, tokenizer)
    for document, found in zip(suite.documents, bits, strict=True):
        row = [tokenizer.end_of_text, *tokenizer.encode(document.text)]
        wanted = 0.0
        for target in range(1, len(row)):
            start = window_start(target - 1, len(row) - 1)
            with torch.no_grad():
                chances = net.lm_logits(torch.tensor([row[start:target]]))[0, -1].double().log_softmax(-1)
            wanted -= float(chances[row[target]]) / math.log(2)
        assert found == pytest.approx(wanted, rel=1e-5)


def window_start(target: int, targets: int) -> int:
    """Where the window that scores a target begins: the first holds a whole context, each next one half of it more,
    and the last ends with the document."""
    end = CONTEXT
    while target >= end:
        end += CONTEXT // 2
    return max(0, min(end, targets) - CONTEXT)


def test_the_size_of_a_batch_changes_nothing(tmp_path: Path, tokenizer: Tokenizer) -> None:
    net = model(tokenizer)
    _, one = ask(tmp_path, net, tokenizer, size=1)
    _, many = ask(tmp_path, net, tokenizer, size=100)
    assert one == pytest.approx(many, rel=1e-5)


def test_a_model_that_knows_nothing_needs_the_logarithm_of_its_vocabulary(tmp_path: Path, tokenizer: Tokenizer) -> None:
    net = model(tokenizer)
    torch.nn.init.zeros_(net.trunk.embed.weight)
    suite, bits = ask(tmp_path, net, tokenizer)
    lengths = [len(tokenizer.encode(document.text)) for document in suite.documents]
    assert bits == pytest.approx([n * math.log2(tokenizer.n_vocab) for n in lengths], rel=1e-6)


def test_bits_per_byte_weighs_documents_by_their_bytes() -> None:
    (score,) = scores([10.0, 300.0], [10.0, 100.0], 0)
    assert (score.metric, score.value, score.n) == ("bits_per_byte", pytest.approx(310 / 110), 2)
