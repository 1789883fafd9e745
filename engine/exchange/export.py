"""`python -m engine.exchange.export HOME MODEL DIR FORM`: a model as a folder in the Hugging Face layout.

    config.json  model.safetensors  tokenizer.json  tokenizer_config.json  generation_config.json

`transformers` loads it and gives the same logits. A process of its own, so that the command line and the app never
load torch. One line of JSON on stdout: what was written, or what is in the way.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import torch
from msgspec.structs import replace

from engine.corpus.tokenizer import Tokenizer
from engine.errors import GraftlineError, InputError
from engine.exchange import adapter
from engine.exchange.shape import CONFIG, family_of, published
from engine.exchange.tensors import WEIGHTS, Names
from engine.exchange.tokens import padding, tokenizer_files
from engine.freeze.exported import Exported, Refused
from engine.freeze.freeze import read_origin
from engine.freeze.refs import ModelRef, find_model
from engine.freeze.verify import checked
from engine.model.lora import merged
from engine.model.weights import load_tensors, save_tensors
from engine.paths import Workspace, atomic_folder

GENERATION = "generation_config.json"
DTYPES = {"keep": None, "fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def export(ref: ModelRef, target: Path, form: str = "keep", *, base: str = "") -> Exported:
    """Write a model to a folder that does not exist yet.

    `form`: weights as they are stored (keep) or in fp32, bf16 or fp16, adapters merged; or `adapter`, what a LoRA
    variant adds to its `base` (where that is to be had), as `peft` loads it. Raises `InputError` for a shape that fits
    no published family, and for an adapter of a model that has none.
    """
    card, where = ref.card(), ref.folder / CONFIG
    family = family_of(card.model, where=where)
    if target.exists():
        raise InputError("exists already", where=target, key="DIR", fix="name a new folder")
    names, tensors = Names(family, replace(card, lora=None)), load_tensors(ref.folder / WEIGHTS)
    tokenizer = Tokenizer.load(ref.tokenizer)
    files = tokenizer_files(tokenizer, card.model.context)
    if form == "adapter":
        if card.lora is None:
            raise InputError(f"{ref.id} has no adapters", where=where, key="lora", fix="export it without --adapter")
        config, made = adapter.adapter(names, card, card.lora, tensors, base)
        name, weights, architecture = adapter.CONFIG, adapter.WEIGHTS, "PeftModel"
    else:
        made = names.publish(merged(tensors, card.lora), DTYPES[form])
        config = published(family, card, dtype=_type(made), ends=_ends(tokenizer))
        name, weights, architecture = CONFIG, WEIGHTS, config["architectures"][0]
        if card.head == "lm":
            files = {GENERATION: _json(_ends(tokenizer)), **files}
    files[name] = _json(config)
    with atomic_folder(target) as draft:
        for file, content in files.items():
            (draft / file).write_bytes(content)
        save_tensors(made, draft / weights)
    return Exported(ref.id, str(target), architecture, _type(made), tuple(sorted([*files, weights])))


def _type(tensors: dict[str, torch.Tensor]) -> str:
    return str(next(iter(tensors.values())).dtype).removeprefix("torch.")


def _ends(tokenizer: Tokenizer) -> dict[str, int]:
    """The tokens around a text, by the keys that published files have for them."""
    return {
        "bos_token_id": tokenizer.document_start,
        "eos_token_id": tokenizer.end_of_text,
        "pad_token_id": padding(tokenizer),
    }


def _base_of(workspace: Workspace, ref: ModelRef) -> str:
    """Where a variant's base came from when it was imported, else its name; empty when it has none."""
    parent = read_origin(workspace.run(ref.run_id), ref.step).parent
    if parent is None:
        return ""
    manifest = find_model(workspace, parent).manifest
    return manifest.source.partition("@")[0] if manifest and manifest.source else parent


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def main(arguments: list[str]) -> int:
    home, model, folder, form = arguments
    workspace = Workspace(Path(home))
    said: Exported | Refused
    try:
        ref = checked(find_model(workspace, model))
        said = export(ref, Path(folder), form, base=_base_of(workspace, ref) if form == "adapter" else "")
    except GraftlineError as error:
        said = Refused(str(error), error.exit_code)
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    return said.exit_code if isinstance(said, Refused) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
