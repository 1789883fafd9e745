"""`python -m engine.exchange.export HOME MODEL DIR DTYPE`: a model as a folder in the Hugging Face layout.

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

from engine.corpus.tokenizer import Tokenizer
from engine.errors import GraftlineError, InputError
from engine.exchange.shape import CONFIG, family_of, published
from engine.exchange.tensors import WEIGHTS, Names
from engine.exchange.tokens import padding, tokenizer_files
from engine.freeze.exported import Exported, Refused
from engine.freeze.refs import ModelRef, find_model
from engine.freeze.verify import checked
from engine.model.weights import load_tensors, save_tensors
from engine.paths import Workspace, atomic_folder

GENERATION = "generation_config.json"
DTYPES = {"keep": None, "fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def export(ref: ModelRef, target: Path, dtype: str = "keep") -> Exported:
    """Write a model to a folder that does not exist yet. Raises `InputError` for one that fits no published family.

    `dtype`: keep (as it is stored), fp32, bf16 or fp16.
    """
    card, where = ref.card(), ref.folder / "config.json"
    family = family_of(card.model, where=where)
    if target.exists():
        raise InputError("exists already", where=target, key="DIR", fix="name a new folder")
    names = Names(family, card)
    tensors = names.publish(load_tensors(ref.folder / "model.safetensors"), DTYPES[dtype])
    tokenizer = Tokenizer.load(ref.tokenizer)
    stored = str(next(iter(tensors.values())).dtype).removeprefix("torch.")
    ends = {
        "bos_token_id": tokenizer.document_start,
        "eos_token_id": tokenizer.end_of_text,
        "pad_token_id": padding(tokenizer),
    }
    config = published(family, card, dtype=stored, ends=ends)
    files = {CONFIG: _json(config), GENERATION: _json(ends), **tokenizer_files(tokenizer, card.model.context)}
    if card.head != "lm":
        del files[GENERATION]
    with atomic_folder(target) as draft:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        save_tensors(tensors, draft / WEIGHTS)
    return Exported(
        model=ref.id, folder=str(target), architecture=config["architectures"][0], dtype=stored,
        files=tuple(sorted([*files, WEIGHTS])),
    )  # fmt: skip


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def main(arguments: list[str]) -> int:
    home, model, folder, dtype = arguments
    said: Exported | Refused
    try:
        said = export(checked(find_model(Workspace(Path(home)), model)), Path(folder), dtype)
    except GraftlineError as error:
        said = Refused(str(error), error.exit_code)
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    return said.exit_code if isinstance(said, Refused) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
