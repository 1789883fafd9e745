"""The same weights, the same logits: ours against `transformers`, both directions, for every family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig
from engine.corpus.vocabulary import train_bpe
from engine.errors import InputError
from engine.exchange.export import export
from engine.freeze.refs import ModelRef
from engine.model.generate import generate
from engine.model.layers import Cache
from engine.model.transformer import build
from engine.model.weights import load_model, save_model
from tests.exchange import peers
from tests.exchange.conftest import bring

FAMILIES = list(peers.CONFIGS)
TOKENS = torch.randint(3, 320, (3, 24), generator=torch.Generator().manual_seed(1))
CLOSE = {"rtol": 0.0, "atol": 1e-4}


@pytest.fixture(autouse=True)
def no_grad():
    with torch.no_grad():
        yield


@pytest.mark.parametrize("name", FAMILIES)
def test_an_imported_model_gives_the_logits_of_transformers(imported, name):
    peer, _, base = imported(name)
    model = load_model(base.folder).eval()
    wanted = peer(TOKENS).logits
    torch.testing.assert_close(model.lm_logits(TOKENS), wanted, **CLOSE)
    assert wanted.std() > 0.1  # logits that say something

    cache = Cache(model.card.model, 3, 24, model.trunk.embed.weight)
    parts = [model.trunk(TOKENS[:, a:b], cache) for a, b in ((0, 9), (9, 10), (10, 24))]
    torch.testing.assert_close(torch.cat(parts, 1) @ model.lm_weight().T, wanted, **CLOSE)


@pytest.mark.parametrize("name", FAMILIES)
def test_padded_prompts_are_continued_as_by_transformers(imported, name):
    peer, _, base = imported(name)
    prompts = [[7, 8, 9, 10, 11, 12, 13, 14], [20, 21, 22]]
    rows = torch.tensor([[0] * (8 - len(row)) + row for row in prompts])
    attended = torch.tensor([[0] * (8 - len(row)) + [1] * len(row) for row in prompts])
    theirs = peer.generate(
        rows, attention_mask=attended, max_new_tokens=10, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    ours = generate(load_model(base.folder), prompts, max_new_tokens=10, end=-1)
    assert [made.tokens for made in ours] == theirs[:, 8:].tolist()


@pytest.mark.parametrize("name", FAMILIES)
def test_what_goes_out_again_is_what_came_in(imported, exchange, tmp_path, name):
    from transformers import AutoModelForCausalLM

    peer, _, base = imported(name)
    export(base, tmp_path / "out")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert type(again) is type(peer)
    torch.testing.assert_close(again.eval()(TOKENS).logits, peer(TOKENS).logits, **CLOSE)
    back = bring(exchange, tmp_path / "out", f"{name}-again")
    assert back.card() == base.card()
    assert back.manifest.sha256 == base.manifest.sha256
    with pytest.raises(InputError, match="exists already"):
        export(base, tmp_path / "out")


@pytest.mark.parametrize("name", ["gpt2:classes", "llama3:classes", "qwen3:classes"])
def test_classifiers_come_in_and_go_out(imported, tmp_path, name):
    from transformers import AutoModelForSequenceClassification

    peer, _, base = imported(name)
    model = load_model(base.folder).eval()
    lengths = torch.tensor([24, 5, 11])
    rows = torch.where(torch.arange(24) < lengths[:, None], TOKENS, 0)
    wanted = peer(rows).logits
    assert base.card().classes == ("LABEL_0", "LABEL_1", "LABEL_2")
    torch.testing.assert_close(model.class_logits(rows, lengths), wanted, **CLOSE)
    export(base, tmp_path / "out")
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    padded = torch.where(torch.arange(24) < lengths[:, None], TOKENS, again.config.pad_token_id)
    torch.testing.assert_close(again(padded).logits, wanted, **CLOSE)


OURS = {
    "modern": {},
    "modern-swiglu": {"mlp": "swiglu", "tie_embeddings": False, "window": 7},
    "llama": {"block": "llama", "mlp": "swiglu", "head_size": 16},
    "llama-relu2": {"block": "llama", "window": 5},
    "qwen2": {"block": "qwen2", "mlp": "swiglu"},
    "olmo2": {"block": "olmo2", "mlp": "swiglu"},
    "gpt2": {"block": "gpt2", "mlp": "gelu", "kv_heads": 0},
    "gpt2-relu2": {"block": "gpt2", "kv_heads": 4, "tie_embeddings": False},
}


def kept(folder: Path, card: ModelCard) -> ModelRef:
    """A model of ours with every weight random, and a tokenizer, as a run leaves them."""
    model = build(card, seed=2)
    torch.manual_seed(3)
    for weight in model.parameters():
        weight.data = torch.randn_like(weight) * 0.1 + (1.0 if weight.ndim == 1 else 0.0)
    folder.mkdir()
    save_model(model, folder)
    train_bpe(["some text to learn from, again and again"] * 3, 300).save(folder / "tokenizer")
    return ModelRef("ours", folder, folder / "tokenizer", False, "base", "run", 1)


def shape(**changes: Any) -> ModelConfig:
    sizes = {"layers": 2, "width": 32, "heads": 4, "kv_heads": 2, "context": 64, "vocab_size": 320}
    return ModelConfig(**{**sizes, **changes})


@pytest.mark.parametrize("name", OURS)
def test_models_pretrained_here_are_loaded_by_transformers(tmp_path, name):
    from transformers import AutoModelForCausalLM

    ref = kept(tmp_path / "ours", ModelCard(model=shape(**OURS[name])))
    export(ref, tmp_path / "out")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "out").eval()
    wanted = load_model(ref.folder).eval().lm_logits(TOKENS)
    torch.testing.assert_close(theirs(TOKENS).logits, wanted, **CLOSE)


def test_a_classifier_made_here_pools_the_same_token_there(tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    ref = kept(tmp_path / "ours", ModelCard(model=shape(), head="classify", classes=("good", "bad")))
    export(ref, tmp_path / "out")
    theirs = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    texts = ["some text", "", "again and again and again"]
    asked = tokenizer(texts, padding=True, padding_side="right", return_tensors="pt")
    model = load_model(ref.folder).eval()
    lengths = torch.tensor([len(tokenizer(text).input_ids) for text in texts])
    torch.testing.assert_close(theirs(**asked).logits, model.class_logits(asked.input_ids, lengths), **CLOSE)
    assert theirs.config.id2label == {0: "good", 1: "bad"}
