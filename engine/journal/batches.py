"""Batches that a run kept because their step went wrong: `<run>/batches/step-00000123.json`, one a step.

Each holds the items as the model read them, where they stand in the training data, and the loss of each. They are
for people to look at; nothing is ever trained from them.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.errors import InputError, NotFoundError
from engine.paths import RunFolder, write_atomic

MOST = 20
"""Batches kept per run: the first ones, which came before whatever followed from them."""


class KeptItem(Struct, frozen=True, kw_only=True):
    place: int
    """Where it stands in the data, in the batch's `unit`s."""
    loss: float | None
    """Mean over its targets in nats, by the weights that the step left, without dropout; None: not a number."""
    tokens: tuple[int, ...]
    """As the model reads them, padding left out."""


class KeptBatch(Struct, frozen=True, kw_only=True):
    step: int
    what: str
    """nan or spike."""
    why: str
    loss: float | None
    """Of the step, nats per target; None: not a number."""
    grad_norm: float | None
    lr: float
    epoch: float
    """Passes over the data before this step."""
    source: str
    """The training data: a corpus, or a file."""
    unit: str
    """What `place` counts: `token` of the row of tokens, or `line` of the file."""
    items: tuple[KeptItem, ...]


def folder_of(run: RunFolder) -> Path:
    return run.path / "batches"


def path_of(run: RunFolder, step: int) -> Path:
    return folder_of(run) / f"step-{step:08d}.json"


def kept(run: RunFolder) -> list[int]:
    """The steps whose batches were kept, ascending."""
    names = (path.name for path in folder_of(run).glob("step-*.json"))
    return sorted(int(found[1]) for name in names if (found := re.fullmatch(r"step-(\d+)\.json", name)))


def keep(run: RunFolder, batch: KeptBatch) -> Path | None:
    """Write a batch, unless there are `MOST` already. Gives its file."""
    path = path_of(run, batch.step)
    if len(kept(run)) >= MOST and not path.exists():
        return None
    write_atomic(path, msgspec.json.encode(batch))
    return path


def load(run: RunFolder, step: int) -> KeptBatch:
    """Raises `NotFoundError` when that step's batch was not kept, `InputError` when its file is damaged."""
    path = path_of(run, step)
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptBatch)
    except FileNotFoundError:
        steps = ", ".join(f"{one:,}" for one in kept(run))
        fix = f"there are those of {steps}" if steps else "batches are kept of steps that went wrong"
        raise NotFoundError(f"no batch of step {step:,}", where=run.id, fix=fix) from None
    except msgspec.DecodeError as error:
        raise InputError(f"not a kept batch: {error}", where=path, fix="delete it") from None
