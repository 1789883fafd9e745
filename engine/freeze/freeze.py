"""Freeze a checkpoint: copy it to `bases/<name>@<n>/`, hash every file, write down where it came from, lock it.

The copy is made beside its final place and renamed there whole; a version that exists is never touched again.
"""

from __future__ import annotations

import errno
import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.freeze.manifest import (
    FrozenManifest,
    file_hash,
    frozen_folders,
    load_manifest,
    save_manifest,
    split_id,
)
from engine.freeze.refs import ModelRef, find_model
from engine.journal.events import Checkpoint, Created, VariantMade
from engine.journal.reader import read, superseding
from engine.paths import RunFolder, Workspace, atomic_folder, make_read_only, safe_name

WEIGHTS, CARD = "model.safetensors", "config.json"


def freeze(
    workspace: Workspace,
    run_ref: str,
    name: str,
    *,
    now: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> FrozenManifest:
    """Make the next version of `name` from a run's checkpoint (`RUN`, its best, or `RUN@STEP`).

    A checkpoint that is already there under this name, byte for byte, gives that version again. `say` is told which.
    `now`: seconds since the epoch; the clock's when None. Raises `NotFoundError` for an unknown run, `InputError` for
    a name that no folder can have and for a model that is frozen already.
    """
    safe_name(name, key="--as")
    ref = find_model(workspace, run_ref)
    if ref.frozen:
        raise InputError(f"{ref.id} is frozen already", fix=f"branch from it, or freeze its run {ref.run_id}")
    frozen_at = time.time() if now is None else now
    run = workspace.run(ref.run_id)
    while True:
        if (same := _identical(workspace, ref, name)) is not None:
            say(f"{same.id} already holds {ref.run_id}@{ref.step}: nothing new to freeze")
            return same
        if (made := write_version(workspace, name, lambda d, i: _fill(d, i, ref, run, frozen_at))) is not None:
            say(f"froze {ref.run_id}@{ref.step} as {made.id}")
            return made


def write_version(
    workspace: Workspace, name: str, fill: Callable[[Path, str], FrozenManifest]
) -> FrozenManifest | None:
    """The next version of `name`, whole and read-only. `fill` puts files into a folder and describes them.

    `fill` is given the folder and the id, `name@n`. None: another process made this version in the meantime.
    """
    folder = workspace.bases / f"{name}@{_next_version(workspace, name)}"
    try:
        with atomic_folder(folder) as draft:
            manifest = save_manifest(fill(draft, folder.name), draft)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
        return None
    make_read_only(folder)
    return manifest


def _next_version(workspace: Workspace, name: str) -> int:
    versions = [key[1] for folder in frozen_folders(workspace, name) if (key := split_id(folder.name))]
    return max(versions, default=0) + 1


def _identical(workspace: Workspace, ref: ModelRef, name: str) -> FrozenManifest | None:
    versions = [load_manifest(folder) for folder in frozen_folders(workspace, name)]
    if not versions:
        return None
    files = {name: file_hash(path) for name, path in _files(ref).items()}
    return next((manifest for manifest in reversed(versions) if manifest.files == files), None)


def _files(ref: ModelRef) -> dict[str, Path]:
    """What a frozen folder holds: its path in there -> where it is now."""
    tokenizer = sorted(path for path in ref.tokenizer.rglob("*") if path.is_file())
    if not tokenizer:
        raise InputError("the run has no tokenizer", where=ref.tokenizer, fix="restore it from the run's corpus")
    inside = {f"tokenizer/{path.relative_to(ref.tokenizer).as_posix()}": path for path in tokenizer}
    return {WEIGHTS: ref.folder / WEIGHTS, CARD: ref.folder / CARD, **inside}


def _fill(draft: Path, model_id: str, ref: ModelRef, run: RunFolder, now: float) -> FrozenManifest:
    """Copy the files into the draft folder and describe them."""
    for name, source in _files(ref).items():
        (draft / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, draft / name)
    files = {name: file_hash(draft / name) for name in _files(ref)}
    name, version = split_id(model_id) or (model_id, 1)
    origin = read_origin(run, ref.step)
    return FrozenManifest(
        name=name,
        version=version,
        kind=ref.kind,
        parent=origin.parent,
        corpus=origin.corpus,
        run_id=ref.run_id,
        step=ref.step,
        method=origin.method,
        scratch=origin.scratch,
        sha256=files[WEIGHTS],
        files=files,
        parameters=count_parameters(draft / WEIGHTS),
        heldout_loss=origin.heldout_loss,
        frozen_at=now,
        card=ref.card(),
    )


@dataclass(frozen=True)
class Origin:
    """Where a run's model comes from, as its journal tells."""

    parent: str | None = None
    corpus: str | None = None
    method: str | None = None
    scratch: bool = False
    heldout_loss: float | None = None


def read_origin(run: RunFolder, step: int) -> Origin:
    """A run's parents, method and its held-out loss at `step`."""
    parent, corpus, method, scratch, loss = None, None, None, False, None
    for record in superseding(read(run.journal, limit=-1).records):
        match record.event:
            case Created(parents=parents, config=config):
                parent = _parent(parents, "model:")
                corpus = _parent(parents, "corpus:")
                method, scratch = config.get("method"), bool(config.get("scratch", False))
            case VariantMade() as made:
                parent, method, scratch = made.parent, made.method, made.scratch
            case Checkpoint(step=at, heldout_loss=value) if at == step:
                loss = value
    return Origin(parent, corpus, method, scratch, loss)


def _parent(parents: tuple[str, ...], prefix: str) -> str | None:
    return next((parent.removeprefix(prefix) for parent in parents if parent.startswith(prefix)), None)


def count_parameters(path: Path) -> int:
    """The number of weights in a safetensors file, from its header alone (length as 8 bytes, then JSON)."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
