"""What runs have made: models, corpora and suites, from the manifests on disk and what the journals told.

They are few beside everything else, so they are written anew whenever one of them came, went or changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from engine.corpus.manifest import list_corpora
from engine.errors import InputError
from engine.freeze.manifest import FrozenManifest
from engine.journal import events as e
from engine.paths import Workspace
from engine.store.batch import Batch
from engine.store.fold import RunState

_MANIFEST = "manifest.json"


def signature(workspace: Workspace) -> object:
    """Another one when a manifest came, went or was written again."""
    folders = [*_folders(workspace.bases), *(f for name in _folders(workspace.corpora) for f in _folders(name))]
    found = []
    for folder in folders:
        try:
            found.append((folder, os.stat(f"{folder}/{_MANIFEST}").st_mtime_ns))  # noqa: PTH116 - ten times as fast
        except FileNotFoundError:  # removed while we looked, or not whole yet
            continue
    return sorted(found)


def _folders(path: Path | str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


class Made:
    """Writes the three tables of one workspace. `tell` takes what is damaged."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, workspace: Workspace, tell: Callable[[list[str]], None]):
        self._connection, self._workspace, self._tell = connection, workspace, tell

    def rewrite(self, runs: Mapping[str, RunState]) -> None:
        """All rows again, in the caller's transaction. Runs go by the name that they have now."""
        execute = self._connection.execute
        for table in ("models", "corpora", "suites"):
            execute(f"DELETE FROM {table}")
        builders = {run.made: run.id for run in sorted(runs.values(), key=lambda r: r.id, reverse=True) if run.made}
        corpora = Batch(self._connection, "corpora")
        for corpus in self._corpora():
            m = corpus.manifest
            corpora.add(
                corpus.ref, m.name, m.hash, m.documents, m.heldout_documents, m.train_tokens, m.heldout_tokens,
                m.train_bytes + m.heldout_bytes, m.vocab_size, m.built, builders.get(f"corpus:{corpus.ref}"),
            )  # fmt: skip
        corpora.flush()
        models = Batch(self._connection, "models")
        for m in self._frozen():
            models.add(
                f"{m.name}@{m.version}", m.name, m.version, m.kind, m.parent, m.corpus, m.run_id, m.sha256, m.method,
                m.scratch, m.step, m.frozen_at, m.parameters, m.heldout_loss,
            )  # fmt: skip
        for event, run in self._variants(runs):
            models.add(
                run.id, run.name, None, "variant", event.parent, None, run.id, event.sha256, event.method,
                event.scratch, event.step, None, run.parameters, run.heldout_loss,
            )  # fmt: skip
        models.flush()
        execute("INSERT INTO suites SELECT DISTINCT suite, task, suite_sha256 FROM evals ORDER BY ALL")

    def _corpora(self) -> list[Any]:
        try:
            return list_corpora(self._workspace)
        except InputError as error:
            self._tell([str(error)])
            return []

    def _frozen(self) -> list[FrozenManifest]:
        found = []
        for path in sorted(self._workspace.bases.glob(f"[!.]*/{_MANIFEST}")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=FrozenManifest))
            except (FileNotFoundError, msgspec.DecodeError) as error:
                self._tell([f"{path}: not a manifest: {error}"])
        return found

    def _variants(self, runs: Mapping[str, RunState]) -> Iterator[tuple[e.VariantMade, RunState]]:
        """What branch runs made, each run's newest."""
        rows = self._connection.execute(
            "SELECT run_id, arg_max(data, seq) FROM events WHERE type = 'variant_made' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for run_id, data in rows:
            yield msgspec.json.decode(data, type=e.VariantMade), runs[run_id]
