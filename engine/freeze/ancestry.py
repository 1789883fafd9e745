"""What a model has learned from, and its ancestors before it: corpora, and the data of branches.

variant -> (its own corpus or data) -> the model it was branched off -> ... -> base -> corpus
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.errors import FrozenError
from engine.freeze.manifest import load_manifest, split_id
from engine.freeze.refs import created
from engine.paths import RunFolder, Workspace, is_run_id


@dataclass(frozen=True)
class Ancestry:
    """Where a model's knowledge is from, so far as this workspace knows. Its own comes before its ancestors'."""

    corpora: tuple[str, ...]
    """Built corpora, `name/hash`."""
    branches: tuple[str, ...] = ()
    """Runs that learned from data of their own, by id."""
    unknown: str = ""
    """An ancestor of which nobody here knows what it learned from: an imported one, or one that is gone."""


class _Step(NamedTuple):
    """One model of the line."""

    corpus: str | None
    branch: str | None
    """The run whose own data it learned from."""
    parent: str | None


def ancestry(workspace: Workspace, model: str) -> Ancestry:
    """The ancestry of a model, by its id. What started from random weights has only what it learned itself."""
    steps: list[_Step] = []
    wanted: str | None = model
    while wanted is not None and (step := _step(workspace, wanted)) is not None:
        steps.append(step)
        wanted = step.parent
    corpora = dict.fromkeys(step.corpus for step in steps if step.corpus)
    return Ancestry(tuple(corpora), tuple(step.branch for step in steps if step.branch), wanted or "")


def _step(workspace: Workspace, model: str) -> _Step | None:
    """A model's corpus, data and parent; None: not known."""
    if split_id(model) is not None:
        return _frozen(workspace.bases / model)
    return _run(workspace.run(model)) if is_run_id(model) else None


def _frozen(folder: Path) -> _Step | None:
    try:
        manifest = load_manifest(folder)
    except FrozenError:  # removed, or damaged: its scores are still there
        return None
    if manifest.kind == "base":
        return _Step(manifest.corpus, None, None) if manifest.corpus else None
    branch = None if manifest.corpus else manifest.run_id
    return _Step(manifest.corpus, branch, None if manifest.scratch else manifest.parent)


def _run(run: RunFolder) -> _Step | None:
    first = created(run)
    if first is None:
        return None
    named = {kind: name for kind, _, name in (parent.partition(":") for parent in reversed(first.parents))}
    corpus = named.get("corpus")
    if first.kind == "pretrain":
        return _Step(corpus, None, None) if corpus else None
    return _Step(corpus, None if corpus else run.id, None if first.config.get("scratch") else named.get("model"))
