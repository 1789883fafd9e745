"""From what somebody types to the thing meant: a run, a model or a corpus."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import InputError, NotFoundError
from engine.paths import is_run_id

if TYPE_CHECKING:
    from engine.launch.client import Client
    from engine.store.rows import CorpusRow, EvalRow, ModelRow, RunRow


def find_anything(client: Client, ref: str) -> RunRow | ModelRow | CorpusRow:
    """What `ref` names. A name given on purpose wins: a frozen model, then a corpus, then a run (id, prefix or name).

    Raises `NotFoundError` with the nearest name.
    """
    if is_run_id(ref):
        return client.run(ref)
    if "/" in ref:
        return find_corpus_row(client, ref)
    if model := frozen_model(client.models(), ref):
        return model
    if corpora := [row for row in client.corpora() if row.name == ref]:
        return max(corpora, key=lambda row: row.built)
    try:
        return client.run(ref)
    except NotFoundError:
        raise NotFoundError(f"no run, model or corpus {ref!r} here", fix=_nearest(client, ref)) from None


def frozen_model(models: Sequence[ModelRow], ref: str) -> ModelRow | None:
    """`name@n`, or the newest version of `name`."""
    frozen = [model for model in models if model.version is not None]
    exact = [model for model in frozen if model.id == ref]
    named = exact or [model for model in frozen if model.name == ref]
    return max(named, key=lambda model: model.version or 0, default=None)


def find_corpus_row(client: Client, ref: str) -> CorpusRow:
    """`name` (the newest build) or `name/hash`, any unique beginning of the hash. Raises `NotFoundError`."""
    name, slash, prefix = ref.partition("/")
    rows = client.corpora()
    matching = [row for row in rows if row.name == name and row.hash.startswith(prefix)]
    if len(matching) > 1 and slash:
        raise NotFoundError(f"{ref!r} could be several corpora", fix=f"one of {', '.join(row.id for row in matching)}")
    if matching:
        return max(matching, key=lambda row: row.built)
    near = difflib.get_close_matches(ref, [*(row.name for row in rows), *(row.id for row in rows)], n=1)
    raise NotFoundError(
        f"no corpus {ref!r} here", fix=f"did you mean {near[0]!r}?" if near else "graftline corpus list"
    )


def run_reference(client: Client, ref: str) -> str:
    """`RUN[@STEP]` with the run given by id, prefix or name, as `ID[@STEP]`. Raises `NotFoundError`."""
    name, at, step = ref.partition("@")
    return f"{client.run(name).id}{at}{step}"


def evaluated_model(models: Sequence[ModelRow], evals: Sequence[EvalRow], ref: str) -> str:
    """The id under which the model that `ref` means was evaluated: a frozen id, a run's id or a run's name.

    A model may have been evaluated under its run's id and frozen later, or the other way round: both are the same
    model. Raises `NotFoundError` when nothing fits, `InputError` when a beginning of an id fits several.
    """
    known = dict.fromkeys(row.model_id for row in evals)
    if ref in known:
        return ref
    meant = frozen_model(models, ref) or _newest([m for m in models if m.id == ref or m.name == ref])
    if meant is not None:
        same = [m.id for m in models if meant.sha256 and m.sha256 == meant.sha256]
        return next((i for i in (meant.id, meant.run_id, *same) if i in known), meant.id) or meant.id
    starting = [model_id for model_id in {**known, **dict.fromkeys(m.id for m in models)} if model_id.startswith(ref)]
    if len(starting) > 1:
        raise InputError(f"{ref!r} could be several models", fix=f"one of {', '.join(starting)}")
    if starting:
        return starting[0]
    names = [*known, *(m.id for m in models), *(m.name for m in models)]
    near = difflib.get_close_matches(ref, names, n=1)
    raise NotFoundError(f"no model {ref!r} here", fix=f"did you mean {near[0]!r}?" if near else "graftline lineage")


def _newest(models: Sequence[ModelRow]) -> ModelRow | None:
    """The store lists models oldest first."""
    return models[-1] if models else None


def _nearest(client: Client, ref: str) -> str:
    runs, models, corpora = client.runs(), client.models(), client.corpora()
    names = [*(r.name for r in runs), *(r.id for r in runs), *(m.id for m in models), *(c.name for c in corpora)]
    near = difflib.get_close_matches(ref, names, n=1)
    return f"did you mean {near[0]!r}?" if near else "see graftline lineage"
