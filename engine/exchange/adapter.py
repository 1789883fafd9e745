"""A LoRA variant as a PEFT adapter: what it adds to its base, in the files that `peft` loads onto the published base.

adapter_config.json    adapter_model.safetensors    and the tokenizer's files
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.schema import LoraConfig, ModelCard
from engine.exchange.tensors import Names
from engine.model.lora import A, B

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."


def adapter(
    names: Names, card: ModelCard, lora: LoraConfig, tensors: dict[str, Tensor], base: str
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The configuration and the tensors. `base`: where the model that it belongs on is to be had."""
    made: dict[str, Tensor] = {}
    wider: dict[str, int] = {}
    targets: set[str] = set()
    turned = False
    for theirs, (ours, is_turned) in names.parts.items():
        modules = [name.removesuffix(".weight") for name in ours]
        if not all(module + A in tensors for module in modules):
            continue
        module = theirs.removesuffix(".weight")
        leaf = module.rpartition(".")[2]
        # Several of ours in one of theirs: their ranks add up, and each writes to its own rows alone.
        made[f"{_PREFIX}{module}.lora_A.weight"] = torch.cat([tensors[m + A] for m in modules])
        below: Tensor = torch.block_diag(*(tensors[m + B] for m in modules))  # type: ignore[no-untyped-call]
        made[f"{_PREFIX}{module}.lora_B.weight"] = below
        targets.add(leaf)
        turned = turned or is_turned
        if len(modules) > 1:
            wider[leaf] = len(modules)
    classifier = card.head == "classify"
    if classifier:
        made[f"{_PREFIX}score.weight"] = tensors["classify_head.weight"]
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS" if classifier else "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "rank_pattern": {leaf: lora.rank * times for leaf, times in wider.items()},
        "alpha_pattern": {leaf: lora.alpha * times for leaf, times in wider.items()},
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": turned,
        "target_modules": sorted(targets),
        "modules_to_save": ["score"] if classifier else None,
        "inference_mode": True,
    }
    return config, made
