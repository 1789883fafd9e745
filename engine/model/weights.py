"""A model's folder: `model.safetensors` (weights, never pickle) and `config.json` (its card). Names are strict."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.config.schema import ModelCard
from engine.errors import InputError
from engine.model.lora import A, B, merged
from engine.model.transformer import GraftModel

WEIGHTS = "model.safetensors"
CARD = "config.json"


def save_model(model: GraftModel, folder: Path) -> None:
    """Write weights and card into an existing folder. The caller makes the folder atomic. OSError: disk trouble."""
    save_weights(dict(model.state_dict()), model.card, folder)


def save_weights(weights: dict[str, Tensor], card: ModelCard, folder: Path) -> None:
    """The same for weights that no model holds all of."""
    save_tensors(weights, folder / WEIGHTS)
    (folder / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2))


def load_card(folder: Path) -> ModelCard:
    """The card beside a model's weights."""
    try:
        return msgspec.json.decode((folder / CARD).read_bytes(), type=ModelCard)
    except FileNotFoundError:
        raise InputError("no such file", where=folder / CARD, fix="this folder holds no model") from None
    except msgspec.MsgspecError as error:
        raise InputError(f"not a model card: {error}", where=folder / CARD, fix="restore the file") from None


def load_model(folder: Path, device: str | torch.device = "cpu") -> GraftModel:
    """The model of a folder, in fp32, ready to be trained or used."""
    with torch.device("meta"):
        model = GraftModel(load_card(folder))
    fresh = model.to_empty(device="cpu")
    fresh.trunk.fill_tables()
    put(fresh, load_tensors(folder / WEIGHTS), folder / WEIGHTS)
    return fresh.to(device)


def load_trunk(model: GraftModel, folder: Path) -> None:
    """Give `model` the trunk of the model in `folder`, and its language head where both have one.

    A head of another kind keeps the weights it has: that is what a branch is. So do adapters of its own; those of the
    model in `folder` are added to its weights.
    """
    tensors = merged(load_tensors(folder / WEIGHTS), load_card(folder).lora)
    own = model.state_dict()
    for name, value in own.items():
        new = not name.startswith("trunk.") and (name not in tensors or name.startswith("classify_head."))
        if new or name.endswith((A, B)):
            tensors[name] = value
    put(model, {n: t for n, t in tensors.items() if n.startswith("trunk.") or n in own}, folder / WEIGHTS)


def put(model: GraftModel, tensors: dict[str, Tensor], where: Path) -> None:
    """Copy weights into a model. Every name and shape must be the model's own."""
    fit(model.state_dict(), tensors, where)
    model.load_state_dict(tensors)


def fit(own: Mapping[str, Tensor], tensors: dict[str, Tensor], where: Path) -> None:
    """Raise `InputError` unless every name and shape is a model's own."""
    if odd := sorted(own.keys() ^ tensors.keys()):
        missing = [n for n in odd if n in own]
        problem = f"has no {missing[0]}" if missing else f"holds {odd[0]}, which this model has not"
        raise InputError(problem, where=where, fix="the weights belong to another shape or version")
    for name, value in tensors.items():
        if value.shape != own[name].shape:
            problem = f"{name} is {list(value.shape)}, not {list(own[name].shape)}"
            raise InputError(problem, where=where, fix="the weights belong to another shape")


def save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write named tensors. Trouble with the disk is an `OSError`, as from Python's own files."""
    try:
        save_file({name: t.detach().contiguous().cpu() for name, t in tensors.items()}, path)
        path.chmod(0o644)  # safetensors makes it the owner's alone
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        code = int(number[1])
        raise OSError(code, os.strerror(code), str(path)) from None


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read named tensors, on the CPU."""
    try:
        return load_file(path)
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix="this folder holds no model") from None
    except SafetensorError as error:
        raise InputError(f"damaged: {error}", where=path, fix="restore the file from a copy") from None
