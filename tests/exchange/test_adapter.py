"""LoRA variants: what they add, merged and as an adapter that `peft` puts on the published base."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file

from engine.config.schema import DataConfig, LoraConfig, ModelCard
from engine.exchange.export import export
from engine.freeze.freeze import freeze
from engine.freeze.refs import ModelRef, find_model
from engine.model.lora import merged
from engine.model.transformer import build
from engine.model.weights import load_model, load_trunk, save_model
from engine.paths import Workspace
from tests.exchange.test_parity import CLOSE, OURS, TOKENS, kept, shape
from tests.support.stages import branch, branch_config, build_corpus, pretrain, sentences, write_rows

LORA = LoraConfig(rank=3, alpha=12.0)


def grown(base: ModelRef, folder: Path, card: ModelCard) -> ModelRef:
    """A LoRA variant of `base`, its adapters far from zero."""
    ref = kept(folder, card)
    model = build(card, seed=9)
    load_trunk(model, base.folder)
    for name, weight in model.named_parameters():
        if "lora" in name:
            weight.data = torch.randn_like(weight) * 0.2
    save_model(model, folder)
    return ref


@pytest.mark.parametrize("name", ["modern", "llama", "gpt2", "olmo2"])
def test_peft_gives_the_logits_of_the_variant(tmp_path, name):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    plain = ModelCard(model=shape(**OURS[name]))
    base = kept(tmp_path / "base", plain)
    variant = grown(base, tmp_path / "variant", replace(plain, lora=LORA))
    for ref, form in ((base, "keep"), (variant, "adapter"), (variant, "fp32")):
        export(ref, tmp_path / f"out-{ref.folder.name}-{form}", form, base=str(tmp_path / "out-base-keep"))
    with torch.no_grad():
        wanted = load_model(variant.folder).eval().lm_logits(TOKENS)
        assert (load_model(base.folder).eval().lm_logits(TOKENS) - wanted).abs().max() > 0.1
        theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "out-base-keep")
        theirs = PeftModel.from_pretrained(theirs, tmp_path / "out-variant-adapter").eval()
        torch.testing.assert_close(theirs(TOKENS).logits, wanted, **CLOSE)
        whole = AutoModelForCausalLM.from_pretrained(tmp_path / "out-variant-fp32").eval()
        torch.testing.assert_close(whole(TOKENS).logits, wanted, **CLOSE)


def test_a_classifier_takes_its_head_along(tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    plain = ModelCard(model=shape())
    base = kept(tmp_path / "base", plain)
    variant = grown(base, tmp_path / "variant", replace(plain, lora=LORA, head="classify", classes=("a", "b", "c")))
    export(base, tmp_path / "out-base")
    export(variant, tmp_path / "out", "adapter", base=str(tmp_path / "out-base"))
    theirs = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out-base", num_labels=3)
    theirs = PeftModel.from_pretrained(theirs, tmp_path / "out").eval()
    with torch.no_grad():
        wanted = load_model(variant.folder).eval().class_logits(TOKENS, torch.full((3,), 24))
        torch.testing.assert_close(theirs(TOKENS).logits, wanted, **CLOSE)


def test_a_branch_that_learns_adapters_leaves_its_base_as_it_was(tmp_path):
    workspace = Workspace(tmp_path / "runs")
    freeze(workspace, pretrain(workspace, build_corpus(workspace, tmp_path)).id, "tiny")
    data = DataConfig(train=str(write_rows(tmp_path / "train.jsonl", sentences(40, 1))))
    run = branch(workspace, branch_config("thin", "classify", data, what="lora", lora=LORA, train_lr=0.05))
    variant, base = find_model(workspace, run.id), find_model(workspace, "tiny@1")
    tensors, before = load_file(variant.folder / "model.safetensors"), load_file(base.folder / "model.safetensors")
    assert all(torch.equal(tensors[name], value) for name, value in before.items())
    assert variant.card().lora == LORA
    assert all(value.abs().max() > 0 for name, value in tensors.items() if name.endswith("lora_b"))

    # What grows from it grows from its merged weights.
    again = build(replace(variant.card(), lora=None))
    load_trunk(again, variant.folder)
    ours, theirs = again.state_dict(), merged(tensors, LORA)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if name.startswith("trunk."))
