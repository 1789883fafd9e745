"""Generation with the cache against generation that computes everything anew each time."""

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, RopeScaling
from engine.dialogue import Sampling
from engine.model.choose import Chooser, repelled
from engine.model.generate import generate, steps
from engine.model.transformer import GraftModel, build

END = 0


def made(**shape: object) -> GraftModel:
    config = ModelConfig(
        **{"layers": 2, "width": 32, "heads": 4, "kv_heads": 2, "context": 24, "vocab_size": 40,
           "tie_embeddings": False, **shape},
    )  # fmt: skip
    built = build(ModelCard(model=config), seed=5)
    for p in built.parameters():  # far from the small initial weights, so that logits differ clearly
        p.data.mul_(4.0)
    return built


@pytest.fixture(params=["modern", "gpt2"])
def model(request) -> GraftModel:
    return made(block=request.param)


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


@pytest.mark.parametrize(
    "shape",
    [
        {"block": "llama", "window": 5, "mlp": "swiglu"},
        {"block": "qwen2", "head_size": 16},
        {"block": "olmo2", "kv_heads": 0, "rope_scaling": RopeScaling(type="linear", factor=2.0)},
    ],
    ids=["llama, sliding window", "qwen2, large heads", "olmo2, slow rotations"],
)
def test_every_family_generates_as_without_a_cache(shape):
    test_greedy_equals_no_cache_for_prompts_of_any_length(made(**shape))


def test_a_row_ends_without_ending_its_neighbours(model):
    model.eval()
    prompts = [[p] for p in range(1, 30)]
    free = [slowly(model, prompt, 8, end=-1)[0] for prompt in prompts]
    said = [token for tokens in free for token in tokens[2:6]]
    end = min(set(said), key=said.count)  # a token that few rows come to
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


@pytest.mark.parametrize("how", [Sampling(temperature=1.0, top_k=0, seed=3), Sampling(temperature=0.7, min_p=0.1)])
def test_a_row_draws_the_same_in_company(model, how):
    """Its first row draws from the numbers that it draws from alone, whatever stands below it and at its left."""
    alone = generate(model, [[7, 8, 9]], max_new_tokens=12, end=END, sampling=how)[0]
    company = generate(model, [[7, 8, 9], [5], list(range(3, 15)), [7, 8, 9]], max_new_tokens=12, end=END, sampling=how)
    assert company[0] == alone != company[3], "the same prompt again draws others"
    assert company == generate(
        model, [[7, 8, 9], [5], list(range(3, 15)), [7, 8, 9]], max_new_tokens=12, end=END, sampling=how
    )


def test_rows_of_which_enough_was_had_are_ended(model):
    model.eval()
    free = [slowly(model, prompt, 5, end=-1)[0] for prompt in ([7, 8, 9], [11, 2])]
    end = next(token for token in range(40) if token not in free[0] + free[1])
    enough: set[int] = set()
    seen = []
    for tokens in steps(model, [[7, 8, 9], [11, 2]], max_new_tokens=10, end=end, enough=enough):
        seen.append(tokens)
        enough.update([0] if len(seen) == 2 else [0, 1] if len(seen) == 5 else [])
    assert [row[0] for row in seen] == [*free[0][:2], end, end, end] and [row[1] for row in seen] == free[1]


def test_sampling_is_seeded_and_stays_among_the_likeliest():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 1)

    def draw(**options: float) -> torch.Tensor:
        chooser = Chooser(Sampling(**{"temperature": 1.0, "top_k": 0, **options}), [[]] * 4000)
        chosen = chooser.choose(logits)
        return torch.bincount(chosen, minlength=4) / len(chosen)

    assert torch.equal(draw(), draw())
    torch.testing.assert_close(draw(), torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=0.03, rtol=0)
    torch.testing.assert_close(draw(top_k=2), torch.tensor([0.625, 0.375, 0, 0]), atol=0.03, rtol=0)
    # The smallest set that reaches 0.7: the first two.
    torch.testing.assert_close(draw(top_p=0.7), torch.tensor([0.625, 0.375, 0, 0]), atol=0.03, rtol=0)
    assert draw(top_p=1e-9)[0] == 1.0
    torch.testing.assert_close(draw(min_p=0.2), torch.tensor([0.5, 0.3, 0.15, 0]) / 0.95, atol=0.03, rtol=0)
    sharp = torch.tensor([0.25, 0.09, 0.0225, 0.0025])
    torch.testing.assert_close(draw(temperature=0.5), sharp / sharp.sum(), atol=0.03, rtol=0)


def test_what_was_said_or_asked_becomes_less_likely():
    chooser = Chooser(Sampling(temperature=0.0, repetition=2.0), [[0], []])
    logits = torch.tensor([[3.0, 2.0, 1.2], [3.0, 2.0, 1.2]])
    assert chooser.choose(logits).tolist() == [1, 0], "the prompt's 3 counts as 1.5"
    assert chooser.choose(logits).tolist() == [0, 1]
    assert repelled(torch.tensor([[1.0, -1.0]]), torch.tensor([[True, True]]), 2.0).tolist() == [[0.5, -2.0]]
