"""Attention by products against PyTorch's kernel."""

import pytest
import torch
import torch.nn.functional as F

from engine.model import attention
from engine.model.attention import attend


def qkv(heads: int, groups: int, dtype: torch.dtype) -> list[torch.Tensor]:
    shapes = [(2, n, 9, 4) for n in (heads, groups, groups)]
    return [torch.randn(shape).to(dtype).requires_grad_() for shape in shapes]


@pytest.mark.parametrize(("heads", "groups"), [(4, 4), (6, 2)])
def test_products_give_what_the_kernel_gives(heads, groups):
    inputs = qkv(heads, groups, torch.float32)
    mine = attention._by_products(*inputs)
    wanted = F.scaled_dot_product_attention(*inputs, is_causal=True, enable_gqa=True)
    torch.testing.assert_close(mine, wanted)
    slope = torch.randn_like(wanted)
    torch.testing.assert_close(
        torch.autograd.grad(mine, inputs, slope), torch.autograd.grad(wanted, inputs, slope)
    )  # fmt: skip


def test_learning_in_bf16_on_a_cpu_goes_by_products_and_looking_does_not(monkeypatch):
    taken = []
    whole = attention._by_products
    monkeypatch.setattr(attention, "_by_products", lambda *parts: taken.append(True) or whole(*parts))
    inputs = qkv(4, 2, torch.bfloat16)
    learning = attend(*inputs)
    with torch.no_grad():
        looking = attend(*(x.detach() for x in inputs))
    assert taken == [True]
    torch.testing.assert_close(learning, looking, rtol=0.02, atol=0.02)
