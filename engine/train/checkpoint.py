"""Checkpoints: each a folder that is whole or not there, with `best` and `last` pointing to two of them.

    checkpoints/step-00001000/   model.safetensors  config.json   the model, as in a frozen base
                                 state.safetensors  state.json    the rest of the training state
    checkpoints/best -> step-00000800       checkpoints/last -> step-00001000

A checkpoint that cannot be written leaves the earlier ones, `best` and `last` as they were.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import msgspec
from torch import Tensor

from engine.config.schema import ModelCard
from engine.errors import MachineError
from engine.model.weights import WEIGHTS, load_tensors, save_tensors, save_weights
from engine.paths import RunFolder, atomic_folder, fsync_folder
from engine.train.optim import Optimizers
from engine.train.parallel import Parallel
from engine.train.state import TrainState

STATE = "state.json"
STATE_TENSORS = "state.safetensors"


def save(folder: RunFolder, state: TrainState, card: ModelCard, parallel: Parallel, optimizers: Optimizers) -> str:
    """Write the checkpoint of `state.step`, move the links, and give the SHA-256 of its weights.

    Every rank calls this and gives its part; the first one writes, and the others wait for it and get an empty string.
    Raises `OSError` when the disk refuses.
    """
    weights, moments = parallel.weights(), optimizers.tensors()
    sha256 = _write(folder, state, card, weights, moments) if parallel.rank == 0 else ""
    parallel.wait()
    return sha256


def _write(
    folder: RunFolder, state: TrainState, card: ModelCard, weights: dict[str, Tensor], moments: dict[str, Tensor]
) -> str:
    with atomic_folder(folder.checkpoint(state.step)) as draft:
        save_weights(weights, card, draft)
        save_tensors(moments, draft / STATE_TENSORS)
        (draft / STATE).write_bytes(msgspec.json.encode(state))
    link(folder, state)
    return digest(folder, state.step)


def digest(folder: RunFolder, step: int) -> str:
    """SHA-256 of a checkpoint's weights."""
    with (folder.checkpoint(step) / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def begun_in(folder: RunFolder, precision: str) -> str:
    """The precision to go on in: where `auto` was asked for, the one that the run's newest checkpoint was made in.

    `auto` is measured on the machine, and may be found otherwise when it is measured again.
    """
    steps = folder.steps()
    if precision != "auto" or not steps:
        return precision
    return _state(folder.checkpoint(steps[-1])).precision or precision


def restore(folder: RunFolder, step: int, parallel: Parallel, optimizers: Optimizers) -> TrainState:
    """Put the checkpoint of `step` into model and optimizers, and give its state. Mends the links.

    Any number of ranks can read what any other number has written.
    """
    place = folder.checkpoint(step)
    state = _state(place)
    parallel.take(load_tensors(place / WEIGHTS), place / WEIGHTS)
    optimizers.restore(load_tensors(place / STATE_TENSORS))
    if parallel.rank == 0:
        link(folder, state)
    return state


def _state(place: Path) -> TrainState:
    try:
        return msgspec.json.decode((place / STATE).read_bytes(), type=TrainState)
    except (OSError, msgspec.MsgspecError) as error:
        fix = f"remove {place} to go on from the one before"
        raise MachineError(f"{place / STATE}: not a training state: {error} ({fix})") from None


def link(folder: RunFolder, state: TrainState) -> None:
    """Point `last`, and `best` when there is one, to their checkpoints; each changes in one instant."""
    _point(folder.checkpoints / "last", folder.checkpoint(state.step).name)
    if state.best_step:
        _point(folder.checkpoints / "best", folder.checkpoint(state.best_step).name)
    fsync_folder(folder.checkpoints)


def retain(folder: RunFolder, state: TrainState, keep: int) -> tuple[int, ...]:
    """Delete all but the newest `keep` checkpoints, `best` and `last`. Gives the steps that went."""
    steps = folder.steps()
    gone = [s for s in steps[:-keep] if s not in (state.best_step, state.step)]
    for step in gone:
        place = folder.checkpoint(step)
        doomed = place.with_name(f".{place.name}.gone")
        place.rename(doomed)  # so that a half-deleted checkpoint never looks like one
        shutil.rmtree(doomed)
    return tuple(gone)


def sweep(folder: RunFolder) -> None:
    """Remove what a crash left half-written or half-deleted."""
    for entry in folder.checkpoints.iterdir() if folder.checkpoints.is_dir() else ():
        if re.match(r"\.step-\d+\.", entry.name):
            shutil.rmtree(entry)
        elif entry.name in (".best.new", ".last.new"):
            entry.unlink()


def _point(place: Path, target: str) -> None:
    if place.is_symlink() and os.readlink(place) == target:  # noqa: PTH115 - Path.readlink would parse it
        return
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(place)
