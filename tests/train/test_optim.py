"""Our optimizers are PyTorch's, without what they would load."""

import subprocess
import sys

import torch
from torch import nn

from engine.config.schema import ModelCard, ModelConfig, TrainConfig
from engine.model.transformer import build
from engine.train.muon import Muon, orthogonal
from engine.train.optim import Optimizers
from engine.train.parallel import Undivided

CARD = ModelCard(model=ModelConfig(layers=2, width=16, heads=2, context=8, vocab_size=20))


def steps(model: nn.Module, update, count: int = 4) -> None:
    for step in range(count):
        torch.manual_seed(step)
        model.lm_logits(torch.randint(20, (2, 8))).square().mean().backward()
        update()


def updating(optimizers: Optimizers, factor: float):
    """One update, as a step makes it."""

    def update() -> None:
        optimizers.step(factor)
        optimizers.drop_gradients()

    return update


def test_muon_takes_the_matrices_inside_the_blocks_and_adamw_the_rest():
    model = build(CARD)
    adamw, muon = (optimizer for optimizer, _ in Optimizers(Undivided(model), TrainConfig()).parts)
    names = {p: n for n, p in model.named_parameters()}
    by_muon = {names[p] for g in muon.param_groups for p in g["params"]}
    assert by_muon == {n for n in names.values() if "blocks" in n and "norm" not in n}
    by_adamw = {names[p]: g["weight_decay"] for g in adamw.param_groups for p in g["params"]}
    assert by_adamw.keys() | by_muon == set(names.values())
    assert {n for n, decay in by_adamw.items() if decay} == {"trunk.embed.weight"}


def test_updates_equal_pytorchs():
    ours, theirs = build(CARD), build(CARD)
    train = TrainConfig(lr=0.01, muon_lr=0.03, weight_decay=0.2)
    mine = Optimizers(Undivided(ours), train, torch.bfloat16)
    steps(ours, updating(mine, 0.5))
    named = dict(theirs.named_parameters())
    muon = {n: p for n, p in named.items() if "blocks" in n and p.ndim == 2}
    gains = [p for p in named.values() if p.ndim < 2]
    options = {"lr": 0.005, "betas": (0.9, 0.95), "eps": 1e-10}
    others = [
        torch.optim.Muon(muon.values(), lr=0.015, weight_decay=0.2),
        torch.optim.AdamW([theirs.trunk.embed.weight], weight_decay=0.2, **options),
        torch.optim.AdamW(gains, weight_decay=0.0, **options),
    ]

    def update() -> None:
        for optimizer in others:
            optimizer.step()
            optimizer.zero_grad()

    steps(theirs, update)
    for name, p in ours.named_parameters():
        # Muon's matrices go through bf16 side by side rather than one by one: alike but for its last bits.
        close = {"rtol": 0.0, "atol": 2e-4} if name in muon else {}
        torch.testing.assert_close(p, named[name], **close, msg=name)


def test_muon_in_fp32_is_pytorchs_up_to_the_rounding_of_bf16(monkeypatch):
    monkeypatch.setattr("engine.train.muon.multiplies_bf16", lambda device: False)
    start = [torch.randn(24, 8), torch.randn(8, 24), torch.randn(16, 16)]
    ours, theirs = ([nn.Parameter(t.clone()) for t in start] for _ in range(2))
    options = {"lr": 0.1, "weight_decay": 0.1, "momentum": 0.9}
    optimizers = Muon(ours, **options), torch.optim.Muon(theirs, **options)
    for step in range(3):
        for p, q in zip(ours, theirs, strict=True):
            p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(step))
            q.grad = p.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for p, q, was in zip(ours, theirs, start, strict=True):
        assert torch.nn.functional.cosine_similarity((p - was).flatten(), (q - was).flatten(), dim=0) > 0.999
        torch.testing.assert_close(p, q, atol=0.02, rtol=0)


def test_orthogonal_brings_singular_values_near_one():
    for shape in ((32, 8), (8, 32), (16, 16)):
        matrix = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonal(matrix, (3.4445, -4.7750, 2.0315), 5))
        assert values.max() < 1.3 and values.median() > 0.6
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        mixed = left.T @ orthogonal(matrix, (3.4445, -4.7750, 2.0315), 5) @ right.T
        torch.testing.assert_close(mixed, torch.diag(mixed.diag()), atol=1e-3, rtol=0)  # the directions stay


def test_state_goes_over_into_new_optimizers_exactly():
    ours, other = build(CARD), build(CARD)
    first = Optimizers(Undivided(ours), TrainConfig())
    steps(ours, updating(first, 1.0))
    other.load_state_dict(ours.state_dict())
    second = Optimizers(Undivided(other), TrainConfig())
    second.restore(first.tensors())
    steps(ours, updating(first, 1.0))
    steps(other, updating(second, 1.0))
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), other.parameters(), strict=True))


def test_what_does_not_learn_is_left_alone():
    model = build(CARD)
    model.trunk.requires_grad_(False)
    model.trunk.blocks[1].requires_grad_(True)
    before = {n: p.clone() for n, p in model.named_parameters()}
    optimizers = Optimizers(Undivided(model), TrainConfig())
    steps(model, updating(optimizers, 1.0))
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert changed == {n for n in before if n.startswith("trunk.blocks.1.")}


def test_a_training_step_leaves_the_compiler_unloaded():
    code = """
import sys, torch
from engine.config.schema import ModelCard, ModelConfig, TrainConfig
from engine.model.transformer import build
from engine.train import loop
from engine.train.optim import Optimizers
from engine.train.parallel import Undivided
model = build(ModelCard(model=ModelConfig(layers=1, width=16, heads=2, context=8, vocab_size=20)))
optimizers = Optimizers(Undivided(model), TrainConfig())
model.lm_loss(torch.zeros(1, 8, dtype=torch.int64), torch.zeros(1, 8, dtype=torch.int64))[0].backward()
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
optimizers.step(1.0)
print([name for name in ("torch._dynamo", "torch._inductor", "sympy", "duckdb") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
