"""From journals and manifests into tables, exactly once.

    journals (new bytes only) -> fold, batch -> tables + the byte positions reached, in one transaction

What must always hold: the tables are a function of what lies in the workspace, whatever the order and the sizes of
the pieces it was read in. So a journal whose past changed (a torn tail was cut, a damaged line) is read again from
its start, and a run folder that is gone takes its rows with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from engine.corpus.manifest import list_corpora
from engine.errors import InputError
from engine.freeze.manifest import FrozenManifest
from engine.journal import events as e
from engine.journal.reader import read
from engine.paths import RunFolder, Workspace
from engine.store.batch import Batch
from engine.store.describe import describe
from engine.store.fold import RunState
from engine.store.moved import Moved

_CHUNK = 8 << 20  # bytes of one journal per transaction: about 30,000 lines, 100 MB while they are Python objects
_OF_A_RUN = ("metrics", "checkpoints", "events", "evals", "confusions", "predictions")
_MAKING = (e.CorpusBuilt, e.VariantMade, e.Evaluated, e.Renamed)
_SEEN_ELSEWHERE = (e.Metrics, e.Progress, e.MachineSample)
WORKSPACE = ""
"""The path under which the workspace's own journal stands in `journals`."""


class _Status(msgspec.Struct):
    """What the tables take from `status.json`."""

    state: str = ""
    stop_asked: bool = False
    attempts: int = 0


class Ingest:
    """Keeps one database level with one workspace. Not thread-safe: the caller holds a lock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, workspace: Workspace):
        self.connection, self.workspace = connection, workspace
        self.damage: list[str] = []
        """Damaged lines met so far, each told once."""
        self.moved = Moved()
        self._newest: dict[str, float] = {}
        """Metrics of the run that is being read."""
        self._told: set[str] = set()
        self._batches = {
            table: Batch(connection, table) for table in (*_OF_A_RUN, "runs", "machine_samples", "notes", "tags")
        }
        self._load()

    def _load(self) -> None:
        """Take up from what is committed."""
        rows = self.connection.execute("SELECT path, position, damaged FROM journals").fetchall()
        self._positions: dict[str, int] = {path: position for path, position, _ in rows}
        self._damaged = {path for path, _, damaged in rows if damaged}
        cursor = self.connection.execute("SELECT * FROM runs")
        names = [column[0] for column in cursor.description or ()]
        found = [msgspec.convert(dict(zip(names, row)), RunState) for row in cursor.fetchall()]
        self.runs = {run.id: run for run in found}
        self.moved.everything = True
        self._names = dict(self.connection.execute("SELECT target, name FROM names").fetchall())
        self._status_seen: dict[str, tuple[object, _Status]] = {}
        self._manifests: object = None
        self._made = True  # something was made since models, corpora and suites were last written

    def sync(self) -> bool:
        """Take in whatever is new. True when something was. Raises `duckdb.Error`; then nothing was committed."""
        try:
            changed = self._journal(WORKSPACE, self.workspace.journal)
            folders = self.workspace.runs()
            for folder in folders:
                changed |= self._journal(folder.id, folder.journal)
                changed |= self._status(folder)
            changed |= self._forget({folder.id for folder in folders})
            return self._models_and_corpora() or changed
        except duckdb.Error:
            for batch in self._batches.values():
                batch.rows = []
            raise

    # --- one journal ------------------------------------------------------------------------------

    def _journal(self, key: str, path: Path) -> bool:
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return False
        position = self._positions.get(key, 0)
        if size == position:
            return False
        if position and (size < position or key in self._damaged):
            self._transaction(lambda: self._purge(key))
            position = 0
        while True:
            chunk = read(path, position, _CHUNK)
            if chunk.offset == position:
                return True
            if chunk.damage:
                self._damaged.add(key)
                self._tell(chunk.damage)
            self._transaction(lambda: self._take(key, chunk.records, chunk.offset))  # noqa: B023 - called at once
            position = chunk.offset

    def _tell(self, damage: list[str]) -> None:
        self.damage += [line for line in damage if line not in self._told]
        self._told.update(damage)

    def _transaction(self, work: Any) -> None:
        """All of `work`, or none of it; what is remembered here goes back with it."""
        self.connection.begin()
        try:
            work()
            self.connection.commit()
        except duckdb.Error:
            try:
                self.connection.rollback()
            finally:
                self._load()
            raise

    def _take(self, key: str, records: list[e.Record], position: int) -> None:
        if key == WORKSPACE:
            for record in records:
                self._workspace_event(record)
        else:
            run = self.runs.setdefault(key, RunState(id=key))
            self._newest = msgspec.json.decode(run.last_metrics)
            for record in records:
                self._run_event(run, record)
            run.last_metrics = msgspec.json.encode(self._newest, order="sorted").decode()
            self._store_run(run)
        for batch in self._batches.values():
            batch.flush()
        self.connection.execute("DELETE FROM journals WHERE path = ?", [key])
        self.connection.execute("INSERT INTO journals VALUES (?, ?, ?)", [key, position, key in self._damaged])
        self._positions[key] = position

    def _store_run(self, run: RunState) -> None:
        self.connection.execute("DELETE FROM runs WHERE id = ?", [run.id])
        self.moved.runs.add(run.id)
        run.state, run.name = self._shown_state(run), self._names.get(run.id, run.name)
        self._batches["runs"].add(*msgspec.structs.asdict(run).values())
        self._batches["runs"].flush()

    # --- events -----------------------------------------------------------------------------------

    def _run_event(self, run: RunState, record: e.Record) -> None:
        event = record.event
        if isinstance(event, e.Started) and record.attempt > 1:
            self._take_back(run, event.from_step)
        run.apply(record)
        match event:
            case e.Metrics():
                add = self._batches["metrics"].add
                for name, value in event.values.items():
                    add(run.id, name, event.step, event.tokens, event.seconds, record.time, value)
                    if value is not None:
                        self._newest[name] = value
            case e.Checkpoint():
                self._checkpoint(run.id, event, record.time)
            case e.Evaluated():
                self._evaluated(run.id, event, record)
            case _:
                pass
        self._event(run.id, record)

    def _event(self, run_id: str | None, record: e.Record) -> None:
        event = record.event
        self._made |= isinstance(event, _MAKING)
        if isinstance(event, _SEEN_ELSEWHERE):
            return
        step = getattr(event, "step", None)
        data = msgspec.json.encode(event).decode()
        kind = str(event.__struct_config__.tag)
        self._batches["events"].add(run_id, record.seq, record.attempt, record.time, kind, step, describe(event), data)

    def _take_back(self, run: RunState, step: int) -> None:
        """A new attempt does again what came after `step`: those rows go, and the run's newest values with them."""
        for batch in self._batches.values():
            batch.flush()
        execute = self.connection.execute
        execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", [run.id, step])
        execute("DELETE FROM checkpoints WHERE run_id = ? AND step > ?", [run.id, step])
        execute(
            "DELETE FROM events WHERE run_id = ? AND step > ? AND type IN ('decision', 'checkpoint')", [run.id, step]
        )
        newest = "SELECT arg_max(value, step), min(value) FROM metrics WHERE run_id = ? AND name = ?"
        [(run.train_loss, _)] = execute(newest, [run.id, "train_loss"]).fetchall()
        [(run.heldout_loss, run.best_heldout_loss)] = execute(newest, [run.id, "heldout_loss"]).fetchall()
        last = "SELECT max(step), max(tokens), max(seconds) FROM metrics WHERE run_id = ?"
        [(reached, tokens, seconds)] = execute(last, [run.id]).fetchall()
        every = "SELECT name, arg_max(value, step) FROM metrics WHERE run_id = ? AND value IS NOT NULL GROUP BY name"
        self._newest = dict(execute(every, [run.id]).fetchall())
        run.step, run.tokens, run.device_seconds = reached or 0, tokens or 0, seconds or 0.0
        run.flops = run.tokens * run.flops_per_token

    def _checkpoint(self, run_id: str, event: e.Checkpoint, time: float) -> None:
        batch = self._batches["checkpoints"]
        if event.removed:
            batch.flush()
            self.connection.execute(
                "DELETE FROM checkpoints WHERE run_id = ? AND step IN (SELECT unnest(?))", [run_id, list(event.removed)]
            )
        batch.add(run_id, event.step, event.tokens, event.heldout_loss, event.best, event.sha256, time)

    def _evaluated(self, run_id: str, event: e.Evaluated, record: e.Record) -> None:
        """An evaluation, its confusion matrix and its items; in place of what an earlier attempt of this run found."""
        self.moved.scored.add(event.model)
        for table in ("evals", "confusions", "predictions"):
            self._batches[table].flush()
            self.connection.execute(
                f"DELETE FROM {table} WHERE run_id = ? AND model_id = ? AND suite = ?",
                [run_id, event.model, event.suite],
            )
        for s in event.scores:
            self._batches["evals"].add(
                run_id, record.seq, event.model, event.step, event.suite, event.suite_sha256, event.task,
                s.metric, s.value, s.low, s.high, s.n, record.time,
            )  # fmt: skip
        for target, outputs in event.confusion.items():
            for output, count in outputs.items():
                self._batches["confusions"].add(
                    run_id, record.seq, event.model, event.suite, target, output, count
                )  # fmt: skip
        for p in self._predictions(run_id, event.predictions):
            self._batches["predictions"].add(
                run_id, record.seq, event.model, event.suite, p.example_id, p.input, p.target, p.output, p.correct,
                p.score, p.weight,
            )  # fmt: skip

    def _predictions(self, run_id: str, name: str) -> Iterator[e.Prediction]:
        """A predictions file's items. One that is missing, outside the run folder or damaged is told, and has none."""
        if not name:
            return
        folder = self.workspace.run(run_id).path
        path = folder / name
        decode = msgspec.json.Decoder(e.Prediction).decode
        try:
            if not path.resolve().is_relative_to(folder.resolve()):
                raise FileNotFoundError
            items = [decode(line) for line in path.read_bytes().split(b"\n") if line]
        except (FileNotFoundError, msgspec.DecodeError) as error:
            self._tell([f"{path}: predictions cannot be read: {error}"])
            return
        yield from items

    def _workspace_event(self, record: e.Record) -> None:
        event, execute = record.event, self.connection.execute
        match event:
            case e.MachineSample():
                gpus = msgspec.json.encode(event.gpus).decode()
                self._batches["machine_samples"].add(
                    record.time, event.cpu_percent, event.memory_used, event.memory_total, event.disk_free, gpus
                )
            case e.Noted():
                self.moved.labels.add(event.target)
                self._batches["notes"].rows = [r for r in self._batches["notes"].rows if r[0] != event.target]
                execute("DELETE FROM notes WHERE target = ?", [event.target])
                if event.text:
                    self._batches["notes"].add(event.target, event.text, record.time)
            case e.Tagged():
                self.moved.labels.add(event.target)
                mine = (event.target, event.tag_name)
                self._batches["tags"].rows = [r for r in self._batches["tags"].rows if tuple(r[:2]) != mine]
                execute("DELETE FROM tags WHERE target = ? AND tag = ?", list(mine))
                if not event.removed:
                    self._batches["tags"].add(*mine, record.time)
            case e.Renamed():
                self._names[event.target] = event.name
                execute("DELETE FROM names WHERE target = ?", [event.target])
                execute("INSERT INTO names VALUES (?, ?)", [event.target, event.name])
                execute("UPDATE runs SET name = ? WHERE id = ?", [event.name, event.target])
                if (run := self.runs.get(event.target)) is not None:
                    run.name = event.name
                    self.moved.runs.add(run.id)
            case _:
                pass
        self._event(None, record)

    # --- what is not in a journal -----------------------------------------------------------------

    def _status(self, folder: RunFolder) -> bool:
        """Let `status.json` have its say: waiting again, or asked to stop."""
        try:
            found = folder.status.stat()
        except FileNotFoundError:
            return False
        mark = (found.st_mtime_ns, found.st_ino, found.st_size)
        run = self.runs.get(folder.id)
        if run is None or self._status_seen.get(folder.id, (None,))[0] == mark:
            return False
        try:
            status = msgspec.json.decode(folder.status.read_bytes(), type=_Status)
        except (FileNotFoundError, msgspec.DecodeError):
            return False
        self._status_seen[folder.id] = (mark, status)
        if self._shown_state(run) == run.state:
            return False
        self._transaction(lambda: self._store_run(run))
        return True

    def _shown_state(self, run: RunState) -> str:
        """What the journal says, and what only `status.json` knows: that it waits again, or was asked to stop."""
        status = self._status_seen.get(run.id, (None, _Status()))[1]
        coming_up = status.state == "running" and run.attempt <= status.attempts
        if run.phase in ("stopped", "failed", "cancelled") and (status.state == "queued" or coming_up):
            return "queued"
        return "stopping" if status.stop_asked and run.phase == "running" else run.phase

    def _forget(self, present: set[str]) -> bool:
        """Drop the rows of run folders that are gone."""
        gone = [key for key in self._positions if key != WORKSPACE and key not in present]
        for key in gone:
            self._transaction(lambda: self._purge(key))  # noqa: B023 - called at once
        return bool(gone)

    def _purge(self, key: str) -> None:
        """Forget one journal: every row that came from it, and how far it was read."""
        execute = self.connection.execute
        if key == WORKSPACE:
            self.moved.everything = True
            execute("DELETE FROM events WHERE run_id IS NULL")
            for table in ("machine_samples", "notes", "tags", "names"):
                execute(f"DELETE FROM {table}")
            self._names = {}
        else:
            scored = execute("SELECT DISTINCT model_id FROM evals WHERE run_id = ?", [key]).fetchall()
            self.moved.scored.update(model_id for (model_id,) in scored)
            self.moved.runs.add(key)
            for table in _OF_A_RUN:
                execute(f"DELETE FROM {table} WHERE run_id = ?", [key])
            execute("DELETE FROM runs WHERE id = ?", [key])
            self.runs.pop(key, None)
            self._status_seen.pop(key, None)
        execute("DELETE FROM journals WHERE path = ?", [key])
        self._positions.pop(key, None)
        self._damaged.discard(key)
        self._made = True

    def _models_and_corpora(self) -> bool:
        """Read the manifests again when one came or went, or a run made something: they are few and small."""
        signature = _signature([*self.workspace.bases.glob("*/manifest.json"), *_corpus_manifests(self.workspace)])
        if signature == self._manifests and not self._made:
            return False
        self._transaction(self._rebuild_made)
        self._manifests, self._made = signature, False
        self.moved.made = True
        return True

    def _rebuild_made(self) -> None:
        execute = self.connection.execute
        for table in ("models", "corpora", "suites"):
            execute(f"DELETE FROM {table}")
        builders = {run.made: run.id for run in sorted(self.runs.values(), key=lambda r: r.id, reverse=True)}
        corpora = Batch(self.connection, "corpora")
        for corpus in self._corpora():
            m = corpus.manifest
            corpora.add(
                corpus.ref, m.name, m.hash, m.documents, m.heldout_documents, m.train_tokens, m.heldout_tokens,
                m.train_bytes + m.heldout_bytes, m.vocab_size, m.built, builders.get(f"corpus:{corpus.ref}"),
            )  # fmt: skip
        corpora.flush()
        models = Batch(self.connection, "models")
        for m in self._frozen():
            models.add(
                f"{m.name}@{m.version}", m.name, m.version, m.kind, m.parent, m.corpus, m.run_id, m.sha256, m.method,
                m.scratch, m.step, m.frozen_at, m.parameters, m.heldout_loss,
            )  # fmt: skip
        for event, run in self._variants():
            models.add(
                run.id, self._names.get(run.id, run.name), None, "variant", event.parent, None, run.id, event.sha256,
                event.method, event.scratch, event.step, None, run.parameters, run.heldout_loss,
            )  # fmt: skip
        models.flush()
        execute("INSERT INTO suites SELECT DISTINCT suite, task, suite_sha256 FROM evals ORDER BY ALL")

    def _corpora(self) -> list[Any]:
        try:
            return list_corpora(self.workspace)
        except InputError as error:
            self._tell([str(error)])
            return []

    def _frozen(self) -> list[FrozenManifest]:
        found = []
        for path in sorted(self.workspace.bases.glob("[!.]*/manifest.json")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=FrozenManifest))
            except (FileNotFoundError, msgspec.DecodeError) as error:
                self._tell([f"{path}: not a manifest: {error}"])
        return found

    def _variants(self) -> Iterator[tuple[e.VariantMade, RunState]]:
        """What branch runs made, each run's newest."""
        rows = self.connection.execute(
            "SELECT run_id, arg_max(data, seq) FROM events WHERE type = 'variant_made' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for run_id, data in rows:
            yield msgspec.json.decode(data, type=e.VariantMade), self.runs[run_id]


def _corpus_manifests(workspace: Workspace) -> list[Path]:
    return list(workspace.corpora.glob("[!.]*/[!.]*/manifest.json"))


def _signature(paths: list[Path]) -> object:
    found = []
    for path in sorted(paths):
        try:
            found.append((str(path), path.stat().st_mtime_ns))
        except FileNotFoundError:  # removed while we looked
            continue
    return found
