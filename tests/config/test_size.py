"""Sizes worked out from a configuration, against models that are built and what their backward pass really keeps."""

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, TrainConfig
from engine.config.size import activation_bytes, plan
from engine.model.transformer import GraftModel, build, parameters
from engine.train.optim import Optimizers
from engine.train.parallel import Undivided


def kept_bytes(model: GraftModel, tokens: torch.Tensor) -> int:
    """Bytes of all results that autograd keeps for the backward pass, weights apart, each counted once."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    found: dict[int, int] = {}

    def keep(value: torch.Tensor) -> torch.Tensor:
        storage = value.untyped_storage()
        if storage.data_ptr() not in weights and value.is_floating_point():
            found[storage.data_ptr()] = storage.nbytes()
        return value

    held = []  # so that no storage is given out twice while we count
    with torch.autograd.graph.saved_tensors_hooks(lambda v: held.append(v) or keep(v), lambda v: v):
        model.trunk(tokens)
    return sum(found.values())


@pytest.mark.parametrize(
    "shape",
    [
        ModelConfig(layers=4, width=128, heads=4, kv_heads=2, context=128, vocab_size=500),
        ModelConfig(layers=3, width=96, heads=4, context=64, vocab_size=500, mlp="swiglu"),
        ModelConfig(layers=3, width=96, heads=4, context=64, vocab_size=500, block="gpt2", mlp="gelu"),
        ModelConfig(layers=3, width=96, heads=4, kv_heads=2, context=64, vocab_size=500, block="llama", mlp="swiglu"),
        ModelConfig(layers=3, width=96, heads=4, kv_heads=2, context=64, vocab_size=500, block="olmo2"),
    ],
    ids=["relu2", "swiglu", "gpt2", "llama", "olmo2"],
)
def test_the_estimate_of_activations_is_near_what_is_kept(shape):
    kept = kept_bytes(build(ModelCard(model=shape)), torch.randint(500, (8, shape.context)))
    assert activation_bytes(shape, 8 * shape.context) == pytest.approx(kept, rel=0.05)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_optimizer_state_is_what_the_optimizers_keep(optimizer):
    shape = ModelConfig(layers=2, width=64, heads=4, context=32, vocab_size=300)
    train = TrainConfig(optimizer=optimizer)
    model = build(ModelCard(model=shape))
    optimizers = Optimizers(Undivided(model), train)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    for part, _ in optimizers.parts:
        part.step()
    states = [value for part, _ in optimizers.parts for state in part.state.values() for value in state.values()]
    kept = sum(v.numel() * v.element_size() for v in states if torch.is_tensor(v) and v.ndim)
    assert plan(shape, train, steps=1, train_tokens=1).optimizer_bytes == pytest.approx(kept, rel=0.02)


def test_what_learns_decides_what_is_kept_and_computed():
    shape = ModelConfig(layers=4, width=64, heads=4, context=32, vocab_size=300)
    full = plan(shape, TrainConfig(), steps=10, train_tokens=5120, vocabulary=False)
    last = plan(shape, TrainConfig(), steps=10, train_tokens=5120, what="last-block", vocabulary=False)
    head = plan(shape, TrainConfig(), steps=10, train_tokens=5120, what="head", vocabulary=False)
    assert (
        full.parameters
        == last.parameters
        == head.parameters
        == pytest.approx(parameters(build(ModelCard(model=shape))), rel=0.01)
    )
    assert (full.learning, head.learning, head.optimizer_bytes) == (full.parameters, 0, 0)
    assert head.flops == pytest.approx(full.flops / 3) and last.flops == pytest.approx(full.flops * (1 / 3 + 2 / 3 / 4))
    assert full.epochs == 1.0 and full.tokens_per_parameter == 5120 / full.parameters


def test_working_blocks_out_again_changes_nothing_but_what_is_kept():
    shape = ModelConfig(layers=4, width=64, heads=4, context=32, vocab_size=300)
    tokens = torch.randint(300, (4, shape.context), generator=torch.Generator().manual_seed(1))
    model, gradients = build(ModelCard(model=shape)), []
    for model.trunk.recompute in (False, True):
        model.zero_grad()
        model.lm_logits(tokens).square().mean().backward()
        gradients.append([p.grad for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
    whole, one = activation_bytes(shape, tokens.numel()), shape.layers * shape.width * 4 * tokens.numel()
    kept = kept_bytes(model, tokens)
    assert one <= kept < activation_bytes(shape, tokens.numel(), recompute=True) < whole / 2
