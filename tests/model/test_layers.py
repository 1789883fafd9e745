"""The blocks against forms that are written another way."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.config.schema import ModelCard, ModelConfig
from engine.config.size import mlp_width
from engine.errors import InputError
from engine.model.layers import Attention, Block, rotary_table, rotate, squared_relu
from engine.model.norms import RMSNorm
from engine.model.transformer import build


def test_rotation_is_multiplication_by_complex_numbers_of_length_one():
    table = rotary_table(context=12, size=8, base=100.0)
    x = torch.randn(2, 12, 3, 8)
    turned = rotate(x, table[0][:, None], table[1][:, None])
    angles = torch.outer(torch.arange(12.0), 100.0 ** (-torch.arange(4.0) / 4))
    wanted = torch.complex(x[..., :4], x[..., 4:]) * torch.polar(torch.ones_like(angles), angles)[:, None]
    torch.testing.assert_close(turned, torch.cat((wanted.real, wanted.imag), -1))


def test_rotation_makes_scores_depend_on_distance_alone():
    cos, sin = rotary_table(context=40, size=16, base=10_000.0)
    q, k = torch.randn(16), torch.randn(16)

    def score(i: int, j: int) -> torch.Tensor:
        turned = [rotate(x.view(1, 1, 1, 16), cos[p], sin[p]) for x, p in ((q, i), (k, j))]
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(score(5, 2), score(33, 30))
    assert not torch.isclose(score(5, 2), score(5, 3))


def test_rms_norm_and_its_slopes_are_pytorchs():
    ours, theirs = RMSNorm(24, eps=1e-5), nn.RMSNorm(24, eps=1e-5)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    x, slope = torch.randn(2, 5, 3, 24), torch.randn(2, 5, 3, 24)
    found = []
    for norm in (ours, theirs):
        inputs = x.clone().requires_grad_()
        out = norm(inputs)
        found.append((out, *torch.autograd.grad(out, (inputs, norm.weight), slope)))
    torch.testing.assert_close(*found)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), found[0][0].detach())


def test_squared_relu_and_its_slope():
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(squared_relu(x), F.relu(x).square())
    assert torch.autograd.gradcheck(squared_relu, x[[0, 1, 2, 6, 7, 8]].detach().requires_grad_())


def test_grouped_query_attention_is_what_loops_over_heads_and_positions_give():
    config = ModelConfig(width=24, heads=6, kv_heads=2, context=7, vocab_size=5)
    attention = Attention(config, 0)
    nn.init.uniform_(attention.q_norm.weight)
    x = torch.randn(2, 7, 24)
    cos, sin = (t[:, None] for t in rotary_table(7, 4, config.rope_base))
    q = rotate(attention.q_norm(attention.q(x).view(2, 7, 6, 4)), cos, sin)
    k = rotate(attention.k_norm(attention.k(x).view(2, 7, 2, 4)), cos, sin)
    v = attention.v(x).view(2, 7, 2, 4)
    wanted = torch.zeros(2, 7, 6, 4)
    for b in range(2):
        for head in range(6):
            group = head // 3
            for t in range(7):
                scores = torch.stack([q[b, t, head] @ k[b, s, group] / 4**0.5 for s in range(t + 1)])
                wanted[b, t, head] = scores.softmax(0) @ v[b, : t + 1, group]
    torch.testing.assert_close(attention(x, (cos, sin), None, None), attention.o(wanted.view(2, 7, 24)))


def test_gpt2_block_is_pytorchs_pre_norm_encoder_layer():
    config = ModelConfig(block="gpt2", mlp="gelu", width=32, heads=4, context=9, vocab_size=5)
    ours = Block(config, 0)
    theirs = nn.TransformerEncoderLayer(
        32, 4, 128, dropout=0.0, activation=partial(F.gelu, approximate="tanh"), batch_first=True, norm_first=True
    )
    a, m = ours.attention, ours.mlp
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(torch.cat([a.q.weight, a.k.weight, a.v.weight]))
        theirs.self_attn.in_proj_bias.copy_(torch.cat([a.q.bias, a.k.bias, a.v.bias]))
    theirs.self_attn.out_proj.load_state_dict(a.o.state_dict())
    for mine, other in ((m.up, "linear1"), (m.down, "linear2"), (ours.norm1, "norm1"), (ours.norm2, "norm2")):
        getattr(theirs, other).load_state_dict(mine.state_dict())
    x = torch.randn(3, 9, 32)
    wanted = theirs(x, src_mask=nn.Transformer.generate_square_subsequent_mask(9), is_causal=True)
    torch.testing.assert_close(ours(x, None, None, None), wanted)


@pytest.mark.parametrize("mlp", ["swiglu", "relu2", "gelu"])
def test_mlp_against_its_formula(mlp):
    from engine.model.layers import MLP

    part = MLP(ModelConfig(width=12, mlp=mlp, mlp_width=20))
    x = torch.randn(4, 12)
    up = x @ part.up.weight.T
    if mlp == "swiglu":
        gate = x @ part.gate.weight.T
        inner = gate * torch.sigmoid(gate) * up
    elif mlp == "relu2":
        inner = up.clamp(min=0) ** 2
    else:
        inner = 0.5 * up * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (up + 0.044715 * up**3)))
    torch.testing.assert_close(part(x), inner @ part.down.weight.T)


def test_mlp_width_defaults():
    assert mlp_width(ModelConfig(width=256)) == 1024
    assert mlp_width(ModelConfig(width=256, mlp="swiglu")) == 704  # 682.7 rounded up to a multiple of 64
    assert mlp_width(ModelConfig(width=256, mlp_width=100)) == 100


@pytest.mark.parametrize("block", ["modern", "gpt2"])
def test_no_position_sees_what_follows_it(block):
    model = build(ModelCard(model=ModelConfig(block=block, layers=2, width=16, heads=2, context=10, vocab_size=20)))
    tokens = torch.randint(20, (1, 10))
    changed = tokens.clone()
    changed[0, 6] = (changed[0, 6] + 1) % 20
    before, after = model.lm_logits(tokens), model.lm_logits(changed)
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_class_logits_come_from_the_last_real_token():
    shape = ModelConfig(layers=1, width=16, heads=2, context=8, vocab_size=20)
    model = build(ModelCard(model=shape, head="classify", classes=("a", "b", "c")))
    short = torch.tensor([[3, 4, 5]])
    padded = torch.tensor([[3, 4, 5, 9, 9], [1, 2, 3, 4, 5]])
    wanted = model.classify_head(model.trunk(short)[:, -1])
    torch.testing.assert_close(model.class_logits(padded, torch.tensor([3, 5]))[:1], wanted)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"heads": 5}, "model.heads"),
        ({"width": 12, "heads": 4}, "model.heads"),
        ({"kv_heads": 3}, "model.kv_heads"),
        ({"vocab_size": 0}, "model.vocab_size"),
    ],
)
def test_shapes_that_cannot_be_built_are_refused_by_key(change, key):
    with pytest.raises(InputError) as caught:
        build(ModelCard(model=ModelConfig(**{"vocab_size": 10, **change})))
    assert caught.value.key == key


def test_weights_depend_on_the_seed_and_nothing_else():
    card = ModelCard(model=ModelConfig(layers=1, width=16, heads=2, vocab_size=10))
    one = build(card, 1).trunk.embed.weight
    torch.rand(3)
    assert torch.equal(one, build(card, 1).trunk.embed.weight)
    assert not torch.equal(one, build(card, 2).trunk.embed.weight)
