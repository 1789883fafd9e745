"""Imports that must be refused leave one line and nothing else; those that succeed are bases like any other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file, save_file

from engine.config.asked import as_asked_here
from engine.config.schema import ImportConfig, ModelConfig
from engine.errors import InputError
from engine.exchange.shape import family_of
from engine.freeze.refs import find_model
from engine.freeze.verify import problems
from engine.paths import Workspace
from tests.exchange.conftest import bring
from tests.support.hub import hub
from tests.support.stages import stage

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


@pytest.fixture
def published(imported, tmp_path) -> Path:
    """A copy of a Llama in one file, to damage."""
    return Path(shutil.copytree(imported("smollm").folder, tmp_path / "published"))


def change(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def rewrite(folder: Path, edit) -> None:
    tensors = load_file(folder / WEIGHTS)
    edit(tensors)
    save_file(tensors, folder / WEIGHTS)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


DAMAGE = {
    "model_type: 'mamba' is a family that is not known": lambda f: change(f, model_type="mamba"),
    "attention_bias: is True": lambda f: change(f, attention_bias=True),
    "hidden_act: is 'gelu'": lambda f: change(f, hidden_act="gelu"),
    "rope_parameters.rope_type: is 'yarn'": lambda f: change(f, rope_parameters={"rope_type": "yarn", "factor": 4.0}),
    "hidden_size: is missing": lambda f: change(f, hidden_size=None),
    "architectures: is 'LlamaForTokenClassification'": lambda f: change(
        f, architectures=["LlamaForTokenClassification"]
    ),
    "model.embed_tokens.weight is [320, 32], not [400, 32]": lambda f: change(f, vocab_size=400),
    "has no model.norm.weight": lambda f: rewrite(f, lambda t: t.pop("model.norm.weight")),
    "holds model.odd.weight, which": lambda f: rewrite(f, lambda t: t.update({"model.odd.weight": torch.ones(2)})),
    "damaged or cut off": lambda f: cut(f / WEIGHTS),
    "quantised": lambda f: rewrite(f, lambda t: t.update({"model.norm.weight": torch.ones(32, dtype=torch.int8)})),
    "config.json: is not JSON": lambda f: (f / "config.json").write_text("{"),
    "tokenizer.json: no such file": lambda f: (f / "tokenizer.json").unlink(),
    "tokenizer.json: not a tokenizer": lambda f: (f / "tokenizer.json").write_text("{}"),
    "pickled weights alone": lambda f: (f / WEIGHTS).rename(f / "pytorch_model.bin"),
    "more than the model's 100": lambda f: change(f, vocab_size=100),
    "'../x.safetensors' is no file name": lambda f: (
        (f / WEIGHTS).unlink(),
        (f / INDEX).write_text('{"weight_map": {"a": "../x.safetensors"}}'),
    ),
    "part.safetensors: no such file": lambda f: (
        (f / WEIGHTS).unlink(),
        (f / INDEX).write_text('{"weight_map": {"a": "part.safetensors"}}'),
    ),
}


@pytest.mark.parametrize("line", DAMAGE)
def test_what_cannot_be_taken_is_one_line_and_leaves_nothing(published, tmp_path, line):
    DAMAGE[line](published)
    workspace = Workspace(tmp_path / "runs")
    with pytest.raises(InputError) as caught:
        stage(workspace, ImportConfig(name="x", source=str(published)))
    assert line in str(caught.value) and "\n" not in str(caught.value) and str(published) in str(caught.value)
    assert not workspace.bases.exists() or not list(workspace.bases.iterdir())


def test_a_base_keeps_its_type_its_source_and_its_seal(imported, published, exchange):
    rewrite(published, lambda t: t.update({name: value.bfloat16() for name, value in t.items()}))
    base = bring(exchange, published, "half", context=32)
    assert {t.dtype for t in load_file(base.folder / WEIGHTS).values()} == {torch.bfloat16}
    assert base.manifest.source == str(published) and base.kind == "base" and base.card().model.context == 32
    assert problems(base, base.manifest) == []
    assert (base.tokenizer / "tokenizer_config.json").exists()
    assert "messages" in (base.tokenizer / "chat_template.jinja").read_text()


def test_a_context_can_be_shortened_where_positions_are_turned_and_nowhere_else(imported, exchange):
    with pytest.raises(InputError, match="context: 65 is longer"):
        bring(exchange, imported("llama2").folder, "x", context=65)
    with pytest.raises(InputError, match="context: its 64 positions are learned"):
        bring(exchange, imported("gpt2").folder, "x", context=32)


def test_the_oldest_files_are_read_without_their_prefix_and_with_their_masks(imported, exchange, tmp_path):
    """As the first GPT-2 on the hub has them, and Llamas converted by early scripts."""
    gpt2, llama = imported("gpt2"), imported("smollm")
    for name, one, old in (
        ("gpt2", gpt2, lambda n: n.removeprefix("transformer.")),
        ("llama", llama, lambda n: n),
    ):
        folder = Path(shutil.copytree(one.folder, tmp_path / name))
        tensors = {old(n): v.detach().clone() for n, v in one.peer.state_dict().items() if n != "lm_head.weight"}
        extra = "h.0.attn.bias" if name == "gpt2" else "model.layers.0.self_attn.rotary_emb.inv_freq"
        for path in folder.glob("*.safetensors*"):
            path.unlink()
        save_file(tensors | {extra: torch.ones(3)}, folder / WEIGHTS)
        assert bring(exchange, folder, f"old-{name}").manifest.sha256 == one.base.manifest.sha256


def test_a_hub_id_is_found_in_the_cache_without_a_network(imported, exchange, tmp_path, monkeypatch):
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "hub" / "models--org--tiny"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(commit)
    shutil.copytree(imported("qwen3").folder, home / "snapshots" / commit)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    config = as_asked_here(ImportConfig(name="cached", source="org/tiny"))
    run = stage(exchange, config)
    assert "org/tiny@0123456789ab" in run.journal.read_text()
    with pytest.raises(InputError, match="not in the hub's cache"):
        stage(exchange, replace(config, source="org/other"))


def test_a_hub_id_is_fetched_from_a_hub(imported, exchange, tmp_path, monkeypatch):
    """The same weights as from the folder, no other file, and the commit in the journal."""
    folder = Path(shutil.copytree(imported("qwen3").folder, tmp_path / "published"))
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    with hub() as server:
        commit = server.publish("models", "org/served", folder)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        config = as_asked_here(ImportConfig(name="served", source="org/served"))
        run = stage(exchange, config)
        assert not any("pytorch_model" in asked for asked in server.asked)
        with pytest.raises(InputError, match=r"org/none: the hub refuses: .*404"):
            stage(exchange, replace(config, source="org/none"))
    assert f"org/served@{commit[:12]}" in run.journal.read_text()
    assert find_model(exchange, "served").manifest.sha256 == imported("qwen3").base.manifest.sha256


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"mlp": "gelu"}, "model.mlp"),
        ({"block": "olmo2", "window": 4}, "model.window"),
        ({"block": "gpt2", "mlp": "gelu", "kv_heads": 2}, "model.kv_heads"),
        ({"block": "gpt2", "mlp": "swiglu"}, "model.mlp"),
        ({"block": "gpt2", "mlp": "gelu", "head_size": 8}, "model.head_size"),
    ],
)
def test_a_shape_that_fits_no_family_is_refused_by_its_key(change, key):
    with pytest.raises(InputError) as caught:
        family_of(ModelConfig(vocab_size=10, **change), where="config.json")
    assert caught.value.key == key
