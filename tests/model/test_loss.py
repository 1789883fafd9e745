"""The chunked loss against PyTorch's own cross entropy."""

import pytest
import torch
import torch.nn.functional as F

from engine.config.schema import ModelCard, ModelConfig
from engine.model import loss as loss_module
from engine.model.loss import IGNORED, token_loss
from engine.model.transformer import build


@pytest.mark.parametrize("chunk", [11, 64, 1 << 20])
def test_value_and_gradients(chunk, monkeypatch):
    monkeypatch.setitem(loss_module._CHUNK_VALUES, "cpu", chunk)
    hidden = torch.randn(17, 8, dtype=torch.float64).float().requires_grad_()
    weight = torch.randn(11, 8).requires_grad_()
    targets = torch.randint(11, (17,))
    ours = token_loss(hidden, weight, targets)
    (ours / 17).backward()
    mine = hidden.grad.clone(), weight.grad.clone()
    hidden.grad = weight.grad = None
    theirs = F.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    (theirs / 17).backward()
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(mine, (hidden.grad, weight.grad))


def test_without_gradients_and_with_a_frozen_head():
    hidden, weight, targets = torch.randn(5, 4), torch.randn(7, 4), torch.randint(7, (5,))
    wanted = F.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    torch.testing.assert_close(token_loss(hidden, weight, targets), wanted)
    hidden.requires_grad_()
    token_loss(hidden, weight, targets).backward()
    assert hidden.grad is not None and weight.grad is None


def test_ignored_targets_do_not_count():
    model = build(ModelCard(model=ModelConfig(layers=1, width=16, heads=2, context=6, vocab_size=20)))
    tokens, targets = torch.randint(20, (2, 6)), torch.randint(20, (2, 6))
    targets[0, :3] = IGNORED
    total, count = model.lm_loss(tokens, targets)
    wanted = F.cross_entropy(model.lm_logits(tokens).flatten(0, 1), targets.flatten(), reduction="sum")
    assert count == 9
    torch.testing.assert_close(total, wanted)


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
