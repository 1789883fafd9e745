"""The chunked loss against PyTorch's own cross entropy."""

import pytest
import torch
import torch.nn.functional as F

from engine.config.schema import ModelCard, ModelConfig
from engine.model import loss as loss_module
from engine.model.loss import IGNORED, token_loss
from engine.model.transformer import build


@pytest.fixture(params=[1, 100, 500, 1 << 20], ids=lambda size: f"panels of {size} bytes")
def panels(request, monkeypatch):
    """Panels of one row, of two rows, of eleven, and one for all; never PyTorch's own two operations."""
    monkeypatch.setattr(loss_module, "_SMALL", 0)
    monkeypatch.setattr(loss_module, "_PANEL_BYTES", request.param)
    monkeypatch.setattr(loss_module, "_CACHED_VALUES", 20)


@pytest.mark.usefixtures("panels")
@pytest.mark.parametrize("spread", [1.0, 300.0], ids=["likely targets", "targets of vanishing probability"])
def test_value_and_gradients(spread):
    hidden = (spread * torch.randn(17, 8)).requires_grad_()
    weight = torch.randn(11, 8).requires_grad_()
    targets = torch.randint(11, (17,))
    targets[[2, 3, 16]] = IGNORED
    ours = token_loss(hidden, weight, targets)
    (ours / 14).backward()
    mine = hidden.grad.clone(), weight.grad.clone()
    hidden.grad = weight.grad = None
    theirs = F.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    (theirs / 14).backward()
    torch.testing.assert_close(ours, theirs)
    # Logits of some `spread` are rounded by as many millionths, and so are the chances and what they multiply.
    torch.testing.assert_close(mine, (hidden.grad, weight.grad), rtol=1.3e-6, atol=max(1e-5, 2e-5 * spread))


@pytest.mark.usefixtures("panels")
def test_without_gradients_and_with_a_frozen_head():
    hidden, weight, targets = torch.randn(5, 4), torch.randn(7, 4), torch.randint(7, (5,))
    wanted = F.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    torch.testing.assert_close(token_loss(hidden, weight, targets), wanted)
    hidden.requires_grad_()
    token_loss(hidden, weight, targets).backward()
    assert hidden.grad is not None and weight.grad is None


@pytest.mark.usefixtures("panels")
def test_ignored_targets_do_not_count():
    model = build(ModelCard(model=ModelConfig(layers=1, width=16, heads=2, context=6, vocab_size=20)))
    tokens, targets = torch.randint(20, (2, 6)), torch.randint(20, (2, 6))
    targets[0, :3] = IGNORED
    total, count = model.lm_loss(tokens, targets)
    wanted = F.cross_entropy(model.lm_logits(tokens).flatten(0, 1), targets.flatten(), reduction="sum")
    assert count == 9
    torch.testing.assert_close(total, wanted)


@pytest.mark.usefixtures("panels")
def test_autocast_keeps_the_loss_close_and_the_gradients_in_fp32():
    hidden, weight = torch.randn(9, 16).requires_grad_(), torch.randn(12, 16).requires_grad_()
    targets = torch.randint(12, (9,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total = token_loss(hidden, weight, targets)
    total.backward()
    assert hidden.grad.dtype == weight.grad.dtype == torch.float32
    torch.testing.assert_close(
        total, F.cross_entropy(hidden @ weight.T, targets, reduction="sum"), rtol=0.02, atol=0.02
    )


def test_a_tied_embedding_learns_from_both_of_its_uses():
    card = ModelCard(model=ModelConfig(layers=1, width=16, heads=2, context=6, vocab_size=20))
    ours, theirs = build(card), build(card)
    theirs.trunk.scores = False  # PyTorch's embedding
    tokens = torch.tensor([[3, 3, 0, 19, 7, 3]])
    for model in (ours, theirs):
        model.lm_loss(tokens, tokens)[0].backward()
    assert not ours.trunk.embed.weight.grad.is_sparse
    for mine, wanted in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, wanted.grad)
