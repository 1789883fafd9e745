"""The formula against a count of the operations that PyTorch runs."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.config.schema import ModelCard, ModelConfig
from engine.config.size import flops_per_token
from engine.model.flops import trained_flops_per_token
from engine.model.transformer import build


@pytest.mark.parametrize("mlp", ["swiglu", "relu2"])
def test_three_times_the_counted_forward_pass(mlp):
    shape = ModelConfig(layers=3, width=64, heads=4, kv_heads=2, mlp=mlp, context=32, vocab_size=100)
    model = build(ModelCard(model=shape))
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model.lm_logits(torch.randint(100, (2, 32)))
    assert flops_per_token(shape) == pytest.approx(3 * counter.get_total_flops() / 64)
    assert trained_flops_per_token(model) == flops_per_token(shape)


def test_what_does_not_learn_costs_no_backward_pass():
    shape = ModelConfig(layers=4, width=64, heads=4, context=32, vocab_size=100)
    model = build(ModelCard(model=shape, head="classify", classes=("a", "b")))
    whole = trained_flops_per_token(model)
    model.trunk.requires_grad_(False)
    assert trained_flops_per_token(model) == pytest.approx(whole / 3)
    model.trunk.blocks[3].requires_grad_(True)
    assert trained_flops_per_token(model) == pytest.approx(whole * (1 / 3 + 2 / 3 / 4))
