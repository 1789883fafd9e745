"""Is a frozen model still what it was when it was frozen? Every file is hashed again; a changed byte is named."""

from __future__ import annotations

from engine.errors import FrozenError, NotFoundError
from engine.freeze.manifest import MANIFEST, FrozenManifest, file_hash, seal_holds
from engine.freeze.refs import ModelRef, find_model
from engine.paths import Workspace


def verify(workspace: Workspace, model_id: str) -> list[str]:
    """What is wrong with a frozen model, a sentence each; empty when every byte is as it was.

    Raises `NotFoundError` when there is no such frozen model, `FrozenError` when its manifest cannot be read.
    """
    ref = find_model(workspace, model_id)
    if ref.manifest is None:
        fix = f"freeze it first: graftline freeze {ref.id} --as NAME"
        raise NotFoundError(f"{model_id} is not frozen, so there are no hashes to check", fix=fix)
    return problems(ref, ref.manifest)


def checked(ref: ModelRef) -> ModelRef:
    """The same reference, once every byte of a frozen model is known to be as it was. Call it before loading.

    Raises `FrozenError` naming the first file that is not. A model that is not frozen passes.
    """
    if ref.manifest is not None and (found := problems(ref, ref.manifest)):
        run = ref.run_id
        raise FrozenError(found[0], fix=f"restore the file from a backup, or freeze {run} again as a new version")
    return ref


def problems(ref: ModelRef, manifest: FrozenManifest) -> list[str]:
    """Differences between a frozen folder and its manifest, in the order of the files' names."""
    found = []
    if not seal_holds(ref.folder) or manifest.id != ref.folder.name:
        found.append(f"{ref.folder / MANIFEST}: changed since it was frozen")
    there = {p.relative_to(ref.folder).as_posix() for p in ref.folder.rglob("*") if p.is_file()} - {MANIFEST}
    for name in sorted(there | set(manifest.files)):
        path = ref.folder / name
        if name not in there:
            found.append(f"{path}: missing")
        elif name not in manifest.files:
            found.append(f"{path}: not there when it was frozen")
        elif file_hash(path) != manifest.files[name]:
            found.append(f"{path}: changed since it was frozen")
    return found
