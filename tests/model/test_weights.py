"""What is written is what is read, and nothing else is taken for it."""

import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig
from engine.errors import InputError
from engine.model.transformer import build
from engine.model.weights import load_model, load_trunk, save_model, save_tensors

SHAPE = ModelConfig(layers=2, width=16, heads=2, context=8, vocab_size=20)


@pytest.mark.parametrize("block", ["modern", "gpt2"])
@pytest.mark.parametrize("tied", [True, False])
def test_round_trip(tmp_path, block, tied):
    shape = ModelConfig(block=block, layers=2, width=16, heads=2, context=8, vocab_size=20, tie_embeddings=tied)
    model = build(ModelCard(model=shape), 1)
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert again.card == model.card
    tokens = torch.randint(20, (2, 8))
    assert torch.equal(model.lm_logits(tokens), again.lm_logits(tokens))
    assert all(p.requires_grad for p in again.parameters())


def test_a_branch_takes_the_trunk_and_keeps_its_own_head(tmp_path):
    base = build(ModelCard(model=SHAPE), 1)
    save_model(base, tmp_path)
    branch = build(ModelCard(model=SHAPE, head="classify", classes=("a", "b")), 2)
    head = branch.classify_head.weight.clone()
    load_trunk(branch, tmp_path)
    tokens = torch.randint(20, (2, 8))
    assert torch.equal(branch.trunk(tokens), base.trunk(tokens))
    assert torch.equal(branch.classify_head.weight, head)


def test_an_untied_language_head_comes_along(tmp_path):
    shape = ModelConfig(layers=1, width=16, heads=2, context=8, vocab_size=20, tie_embeddings=False)
    base, branch = build(ModelCard(model=shape), 1), build(ModelCard(model=shape), 2)
    save_model(base, tmp_path)
    load_trunk(branch, tmp_path)
    assert torch.equal(branch.lm_head.weight, base.lm_head.weight)


def test_another_shape_is_refused_by_name(tmp_path):
    save_model(build(ModelCard(model=SHAPE), 1), tmp_path)
    deeper = ModelConfig(layers=3, width=16, heads=2, context=8, vocab_size=20)
    with pytest.raises(InputError, match=r"model\.safetensors: has no trunk\.blocks\.2\."):
        load_trunk(build(ModelCard(model=deeper)), tmp_path)
    wider = ModelConfig(layers=2, width=32, heads=2, context=8, vocab_size=20)
    with pytest.raises(InputError, match=r"is \[.*\], not \["):
        load_trunk(build(ModelCard(model=wider)), tmp_path)


def test_damaged_and_missing_files_are_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        load_model(tmp_path)
    save_model(build(ModelCard(model=SHAPE), 1), tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"model\.safetensors: damaged"):
        load_model(tmp_path)


def _save_with_little_room(path) -> int | None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        save_tensors({"a": torch.zeros(10_000)}, path)
    except OSError as error:
        return error.errno
    return None


def test_the_disks_refusal_is_an_oserror(tmp_path):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(_save_with_little_room, tmp_path / "x.safetensors").result() == 27  # EFBIG
