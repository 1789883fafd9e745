"""Generation with the cache against generation that computes everything anew each time."""

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig
from engine.model.generate import choose_token, generate
from engine.model.transformer import GraftModel, build

END = 0


@pytest.fixture(params=["modern", "gpt2"])
def model(request) -> GraftModel:
    shape = ModelConfig(
        block=request.param, layers=2, width=32, heads=4, kv_heads=2, context=24, vocab_size=40, tie_embeddings=False
    )
    built = build(ModelCard(model=shape), seed=5)
    for p in built.parameters():  # far from the small initial weights, so that logits differ clearly
        p.data.mul_(4.0)
    return built


def slowly(model: GraftModel, prompt: list[int], new: int, end: int = END) -> tuple[list[int], bool]:
    made: list[int] = []
    for _ in range(new):
        with torch.no_grad():
            token = int(model.lm_logits(torch.tensor([prompt + made]))[0, -1].argmax())
        if token == end:
            return made, True
        made.append(token)
    return made, False


def test_greedy_equals_no_cache_for_prompts_of_any_length(model):
    model.eval()
    prompts = [[7, 8, 9], [5], list(range(3, 15)), [11, 2], [30, 31, 32]]
    batch = generate(model, prompts, max_new_tokens=12, end=END)
    for prompt, result in zip(prompts, batch, strict=True):
        assert (result.tokens, result.ended) == slowly(model, prompt, 12)


def test_a_row_ends_without_ending_its_neighbours(model):
    model.eval()
    prompts = [[p] for p in range(1, 30)]
    free = [slowly(model, prompt, 8, end=-1)[0] for prompt in prompts]
    made = [token for tokens in free for token in tokens[2:6]]
    end = min(set(made), key=made.count)  # a token that few rows come to
    results = generate(model, prompts, max_new_tokens=8, end=end)
    assert {r.ended for r in results} == {True, False}
    assert [(r.tokens, r.ended) for r in results] == [slowly(model, prompt, 8, end) for prompt in prompts]


def test_prompts_too_long_lose_their_beginning(model):
    model.eval()
    long = [t % 39 + 1 for t in range(60)]
    assert generate(model, [long], max_new_tokens=4, end=END) == generate(
        model, [long[-20:]], max_new_tokens=4, end=END
    )
    assert len(generate(model, [[3]], max_new_tokens=500, end=-1)[0].tokens) == 23
    assert generate(model, [[]], max_new_tokens=3, end=END) == generate(model, [[END]], max_new_tokens=3, end=END)
    assert generate(model, [], max_new_tokens=3, end=END) == []


def test_sampling_is_seeded_and_stays_among_the_likeliest():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 1)

    def draw(**options: float) -> torch.Tensor:
        kind = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options}
        chosen = choose_token(logits.clone(), **kind, random=torch.Generator().manual_seed(1))
        return torch.bincount(chosen, minlength=4) / len(chosen)

    assert torch.equal(draw(), draw())
    torch.testing.assert_close(draw(), torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=0.03, rtol=0)
    torch.testing.assert_close(draw(top_k=2), torch.tensor([0.625, 0.375, 0, 0]), atol=0.03, rtol=0)
    # The smallest set that reaches 0.7: the first two.
    torch.testing.assert_close(draw(top_p=0.7), torch.tensor([0.625, 0.375, 0, 0]), atol=0.03, rtol=0)
    assert draw(top_p=0.0)[0] == 1.0
    sharp = torch.tensor([0.25, 0.09, 0.0225, 0.0025])
    torch.testing.assert_close(draw(temperature=0.5), sharp / sharp.sum(), atol=0.03, rtol=0)
