"""From what a user calls a model to the folder it stands in.

    tiny@1          a frozen version                       tiny             the newest frozen version of that name
    RUN_ID          a run's best checkpoint                RUN_ID@1000      its checkpoint at that step
    areas           the newest finished pretrain or branch run of that name, when no frozen model has it

A frozen name wins over a run's name, because it is the one that was given on purpose.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.config.schema import ModelCard
from engine.errors import InputError, NotFoundError
from engine.freeze.manifest import FrozenManifest, frozen_folders, load_manifest, split_id
from engine.journal.events import Created, Finished, Renamed, Started
from engine.journal.reader import read
from engine.paths import RunFolder, Workspace, is_run_id

_KINDS = {"pretrain": "base", "branch": "variant"}
"""The run kinds that make models, and what they make."""
_FIRST_LINES = 1 << 20
"""Bytes: room for a journal's first line, which holds the whole configuration."""


@dataclass(frozen=True)
class ModelRef:
    """A model on disk: weights in `folder` (model.safetensors and config.json), tokenizer in `tokenizer`."""

    id: str
    """`name@n` for a frozen model, else its run's id."""
    folder: Path
    tokenizer: Path
    frozen: bool
    kind: str
    """base | variant"""
    run_id: str
    step: int
    manifest: FrozenManifest | None = None

    def card(self) -> ModelCard:
        """Shape, head, classes and template. Raises `InputError` when the card cannot be read."""
        path = self.folder / "config.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=ModelCard)
        except FileNotFoundError:
            raise InputError("is missing", where=path, fix="restore it, or name another model") from None
        except msgspec.DecodeError as error:
            raise InputError(f"is damaged: {error}", where=path, fix="restore it, or name another model") from None


def find_model(workspace: Workspace, ref: str, *, where: object = None, key: str | None = None) -> ModelRef:
    """The model that `ref` means. Raises `InputError` when a configuration (`key`) named it, else `NotFoundError`."""
    name, at, step = ref.partition("@")
    if split_id(ref) is not None and (workspace.bases / ref).is_dir():
        return frozen_ref(workspace.bases / ref)
    if is_run_id(name) and bool(at) == bool(step) and workspace.run(name).path.is_dir():
        return _run_ref(workspace.run(name), step, where=where, key=key)
    if not at:
        if versions := frozen_folders(workspace, name):
            return frozen_ref(versions[-1])
        if run := _finished_run_named(workspace, name):
            return _run_ref(run, "", where=where, key=key)
    raise _missing(f"no model {ref!r} here", _hint(workspace, ref), where, key)


def frozen_ref(folder: Path) -> ModelRef:
    """The frozen model in a folder below `bases/`. What is read here is not verified; see `verify.checked`."""
    manifest = load_manifest(folder)
    return ModelRef(
        id=folder.name,
        folder=folder,
        tokenizer=folder / "tokenizer",
        frozen=True,
        kind=manifest.kind,
        run_id=manifest.run_id,
        step=manifest.step,
        manifest=manifest,
    )


def created(run: RunFolder) -> Created | None:
    """A run's first event, which says what it is; None while its journal has none."""
    for record in read(run.journal, limit=_FIRST_LINES).records:
        if isinstance(record.event, Created):
            return record.event
    return None


def _run_ref(run: RunFolder, step: str, *, where: object, key: str | None) -> ModelRef:
    first = created(run)
    if first and first.kind == "import" and (base := _imported_by(run)):
        return base
    kind = _KINDS.get(first.kind) if first else None
    if kind is None:
        what = f"is a {first.kind} run" if first else "has no journal"
        raise _missing(f"{run.id} {what}, not a model", "name a pretrain or branch run", where, key)
    steps = run.steps()
    if not steps:
        raise _missing(f"{run.id} has no checkpoint yet", "wait for its first checkpoint", where, key)
    if step and (not step.isdecimal() or int(step) not in steps):
        problem, known = f"{run.id} has no checkpoint at step {step!r}", ", ".join(map(str, steps))
        raise _missing(problem, f"its steps: {known}", where, key)
    chosen = int(step) if step else best_step(run)
    return ModelRef(
        id=run.id,
        folder=run.checkpoint(chosen),
        tokenizer=run.tokenizer,
        frozen=False,
        kind=kind,
        run_id=run.id,
        step=chosen,
    )


def _imported_by(run: RunFolder) -> ModelRef | None:
    """The base that an import run froze; it has no checkpoints of its own."""
    folders = frozen_folders(Workspace(run.path.parent))
    return next((ref for folder in folders if (ref := frozen_ref(folder)).run_id == run.id), None)


def best_step(run: RunFolder) -> int:
    """The step that `checkpoints/best` points at, else the newest one. The run must have a checkpoint."""
    steps = run.steps()
    target = (run.checkpoints / "best").resolve().name.removeprefix("step-")
    return int(target) if target.isdecimal() and int(target) in steps else steps[-1]


def _finished_run_named(workspace: Workspace, name: str) -> RunFolder | None:
    """The newest run of that name which makes models, has finished and holds a checkpoint."""
    renamed = _renamed(workspace)
    for run in reversed(workspace.runs()):
        first = created(run)
        if first and first.kind in _KINDS and renamed.get(run.id, first.name) == name and run.steps() and _done(run):
            return run
    return None


def _renamed(workspace: Workspace) -> dict[str, str]:
    """Run id -> the name it was given later."""
    records = read(workspace.journal, limit=-1).records
    return {r.event.target: r.event.name for r in records if isinstance(r.event, Renamed)}


def _done(run: RunFolder) -> bool:
    done = False
    for record in read(run.journal, limit=-1).records:
        if isinstance(record.event, Started | Finished):
            done = isinstance(record.event, Finished)
    return done


def _hint(workspace: Workspace, ref: str) -> str:
    """What to write instead: the nearest name, else what there is."""
    ids = [folder.name for folder in frozen_folders(workspace)]
    firsts = [first for run in workspace.runs() if (first := created(run)) and first.kind in _KINDS]
    names = [*ids, *(i.partition("@")[0] for i in ids), *(f.name for f in firsts), *(f.run_id for f in firsts)]
    if near := difflib.get_close_matches(ref, names, n=1):
        return f"did you mean {near[0]!r}?"
    known = ids or [first.run_id for first in firsts]
    return f"models here: {', '.join(known[-8:])}" if known else "this workspace has no model yet: run pretrain first"


def _missing(problem: str, fix: str, where: object, key: str | None) -> InputError:
    kind = InputError if key else NotFoundError
    return kind(problem, where=where, key=key, fix=fix)
