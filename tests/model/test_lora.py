"""Adapters against the plain matrices that compute the same."""

from __future__ import annotations

import pytest
import torch
from msgspec.structs import replace

from engine.config.schema import LoraConfig, ModelCard, ModelConfig, TrainConfig
from engine.config.size import lora_weights, plan
from engine.model.lora import LoraLinear, merged
from engine.model.transformer import GraftModel, build, parameters

CARD = ModelCard(model=ModelConfig(layers=2, width=32, heads=4, kv_heads=2, mlp="swiglu", context=16, vocab_size=40))
LORA = LoraConfig(rank=3, alpha=6.0)
TOKENS = torch.randint(40, (2, 10), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def model() -> GraftModel:
    return build(replace(CARD, lora=LORA), seed=1)


def test_at_first_nothing_changes_and_then_what_merging_says(model):
    plain = GraftModel(CARD)
    plain.load_state_dict(merged(model.state_dict(), LORA))
    assert torch.equal(plain.lm_logits(TOKENS), model.lm_logits(TOKENS))
    for part in model.modules():
        if isinstance(part, LoraLinear):
            torch.nn.init.normal_(part.lora_b)
    before = plain.lm_logits(TOKENS)
    plain.load_state_dict(merged(model.state_dict(), LORA))
    torch.testing.assert_close(plain.lm_logits(TOKENS), model.lm_logits(TOKENS))
    assert not torch.allclose(before, model.lm_logits(TOKENS), atol=1e-2)


def test_the_plan_counts_what_is_there(model):
    thin = parameters(model) - parameters(GraftModel(CARD))
    assert thin == 2 * lora_weights(CARD.model, LORA.rank)
    train = TrainConfig(optimizer="adamw")
    known = plan(CARD.model, train, steps=1, train_tokens=1, what="lora", rank=LORA.rank)
    assert (known.learning, known.optimizer_bytes) == (thin, 8 * thin)
