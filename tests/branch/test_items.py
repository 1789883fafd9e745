"""From items to tokens: templates, what is cut, what the loss is on."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, TemplateConfig
from engine.corpus.tokenizer import Tokenizer
from engine.corpus.vocabulary import train_bpe
from engine.model.items import Order, pad, pad_pairs, pair, prompt_tokens, render, templated, text_tokens
from engine.model.transformer import build

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_bpe(["the cat and the dog " * 20], 270)


def test_a_template_fills_its_two_places_only() -> None:
    template = TemplateConfig(with_input="Q {instruction} I {input} {other}", without_input="Q {instruction}!")
    assert render(template, "a{input}b", "c{instruction}d") == "Q a{input}b I c{instruction}d {other}"
    assert render(template, "a{input}b", "") == "Q a{input}b!"
    swapped = TemplateConfig(with_input="{input}|{instruction}", without_input="same")
    assert render(swapped, "a{input}", "b{instruction}") == "b{instruction}|a{input}"
    assert render(swapped, "a", "") == "same"


def test_texts_begin_after_an_end_of_text_and_are_cut_at_their_end(tokenizer: Tokenizer) -> None:
    rows, cut = text_tokens(tokenizer, ["", "the cat", "the dog " * 50], 10)
    assert cut == 1 and rows[0] == [tokenizer.end_of_text]
    assert rows[1] == [tokenizer.end_of_text, *tokenizer.encode("the cat")]
    assert rows[2] == [tokenizer.end_of_text, *tokenizer.encode("the dog " * 50)][:10]


def test_a_special_token_in_a_text_is_only_text(tokenizer: Tokenizer) -> None:
    (row,) = prompt_tokens(tokenizer, ["<|endoftext|>"])
    assert row.count(tokenizer.end_of_text) == 1 and tokenizer.decode(row[1:]) == "<|endoftext|>"


@pytest.mark.parametrize(
    ("prompt", "response", "tokens", "bar", "cut"),
    [
        ([1, 2], [8, 9], [1, 2, 8, 9], 2, False),
        ([1, 2, 3], [8, 9], [1, 2, 3, 8, 9], 3, False),  # one longer than the context: the last is only a target
        ([1, 2, 3, 4], [8, 9], [2, 3, 4, 8, 9], 3, True),
        ([1, 2, 3], [5, 6, 7, 8, 9], [3, 5, 6, 7, 8], 1, True),
    ],
)
def test_a_pair_that_is_too_long_loses_the_left_of_its_prompt(
    prompt: list[int], response: list[int], tokens: list[int], bar: int, cut: bool
) -> None:
    assert pair(prompt, response, context=4) == (tokens, bar, cut)


def test_the_loss_is_on_the_response_alone() -> None:
    inputs, targets = pad_pairs([pair([1, 2, 3], [8, 9], 8), pair([4], [7], 8)], CPU)
    assert inputs.tolist() == [[1, 2, 3, 8], [4, 0, 0, 0]]
    assert targets.tolist() == [[-100, -100, 8, 9], [7, -100, -100, -100]]


def test_lengths_of_the_padding_do_not_change_a_score() -> None:
    card = ModelCard(model=ModelConfig(layers=2, width=16, heads=2, context=16, vocab_size=20))
    model = build(card, 3).eval()
    rows = [[1, 2, 3], [4, 5, 6, 7, 8, 9], [3]]
    tokens, lengths = pad(rows, CPU)
    with torch.no_grad():
        together = model.trunk(tokens)
        for at, row in enumerate(rows):
            alone = model.trunk(torch.tensor([row]))[0]
            torch.testing.assert_close(together[at, : lengths[at]], alone, atol=1e-5, rtol=1e-5)


def test_the_masked_loss_is_the_mean_over_response_tokens() -> None:
    card = ModelCard(model=ModelConfig(layers=1, width=16, heads=2, context=16, vocab_size=20))
    model = build(card, 3).eval()
    pairs = [pair([1, 2, 3], [8, 9], 8), pair([4, 5], [7, 6, 5], 8)]
    with torch.no_grad():
        total, count = model.lm_loss(*pad_pairs(pairs, CPU))
        wanted = 0.0
        for one in pairs:
            logits = model.lm_logits(torch.tensor([one.tokens[:-1]]))[0].log_softmax(-1)
            for at in range(one.prompt, len(one.tokens)):
                wanted -= float(logits[at - 1, one.tokens[at]])
    assert count == 5 and float(total) == pytest.approx(wanted, rel=1e-5)


def test_every_pass_takes_each_item_once_in_another_order() -> None:
    order = Order(7, seed=5)
    first, second = order.take(0, 7), order.take(7, 7)
    assert sorted(first) == sorted(second) == list(range(7)) and first != second
    # A pure function of the place: asked again, in other portions, by another object.
    again = Order(7, seed=5)
    assert [i for at in range(0, 14, 2) for i in again.take(at, 2)] == [*first, *second]
    assert order.take(0, 7) == first
    assert Order(7, seed=6).take(0, 7) != first
    assert Counter(Order(3, 0).take(0, 30)) == {0: 10, 1: 10, 2: 10}


def test_a_template_alone_can_write_special_tokens() -> None:
    tokenizer = train_bpe(["a question and an answer"], 300, special=["<|user|>", "<|user|>b"])
    template = TemplateConfig(
        without_input="<|user|>{instruction}<|user|>b.", with_input="{instruction} {input}<|user|>"
    )
    user, other = tokenizer.special.values()
    plain, forged = templated(tokenizer, template, [("hi {input}", ""), ("<|user|>", "<|user|>b")])
    assert plain == [tokenizer.end_of_text, user, *tokenizer.encode("hi {input}"), other, *tokenizer.encode(".")]
    assert forged == [tokenizer.end_of_text, *tokenizer.encode("<|user|> <|user|>b"), user]
    usual = TemplateConfig()
    assert templated(tokenizer, usual, [("a", "b")]) == prompt_tokens(tokenizer, [render(usual, "a", "b")])
