"""Which corpora a model has learned from, and its ancestors before it.

variant -> (its own corpus) -> the model it was branched off -> ... -> base -> corpus
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import FrozenError
from engine.freeze.manifest import load_manifest, split_id
from engine.freeze.refs import created
from engine.paths import RunFolder, Workspace, is_run_id


@dataclass(frozen=True)
class Ancestry:
    """Where a model's knowledge is from, so far as this workspace knows."""

    corpora: tuple[str, ...]
    """Built corpora, `name/hash`, its own first."""
    unknown: str = ""
    """An ancestor of which nobody here knows what it learned from: an imported one, or one that is gone."""


def ancestry(workspace: Workspace, model: str) -> Ancestry:
    """The ancestry of a model, by its id. What started from random weights has only what it learned itself."""
    corpora: dict[str, None] = {}
    wanted: str | None = model
    while wanted is not None:
        parents = _parents(workspace, wanted)
        if parents is None:
            return Ancestry(tuple(corpora), wanted)
        corpus, wanted = parents
        if corpus is not None:
            corpora[corpus] = None
    return Ancestry(tuple(corpora))


def _parents(workspace: Workspace, model: str) -> tuple[str | None, str | None] | None:
    """A model's corpus and the model it goes on from; None: not known."""
    if split_id(model) is not None:
        return _frozen(workspace.bases / model)
    return _run(workspace.run(model)) if is_run_id(model) else None


def _frozen(folder: Path) -> tuple[str | None, str | None] | None:
    try:
        manifest = load_manifest(folder)
    except FrozenError:  # removed, or damaged: its scores are still there
        return None
    if manifest.kind == "base":
        return (manifest.corpus, None) if manifest.corpus else None
    return manifest.corpus, None if manifest.scratch else manifest.parent


def _run(run: RunFolder) -> tuple[str | None, str | None] | None:
    first = created(run)
    if first is None:
        return None
    named = {kind: name for kind, _, name in (parent.partition(":") for parent in reversed(first.parents))}
    if first.kind == "pretrain":
        return (named["corpus"], None) if "corpus" in named else None
    return named.get("corpus"), None if first.config.get("scratch") else named.get("model")
