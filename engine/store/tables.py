"""Where events become rows: each record of a journal, into the batches of the tables that it touches.

    run_event(run, record)          metrics, checkpoints, evaluations and the run's own row
    workspace_event(record)         machine samples, notes, tags, names
    flush()                         everything gathered, into DuckDB, in the caller's transaction

What must hold: rows that are gathered but not flushed are flushed before anything deletes or asks by query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import msgspec

from engine.journal import events as e
from engine.paths import Workspace
from engine.store.batch import Batch, MetricRows
from engine.store.describe import describe
from engine.store.fold import RunState
from engine.store.moved import Moved

OF_A_RUN = ("metrics", "checkpoints", "events", "evals", "confusions", "predictions")
_MAKING = (e.CorpusBuilt, e.VariantMade, e.Evaluated, e.Renamed)
_SEEN_ELSEWHERE = (e.Metrics, e.Progress, e.MachineSample)


class Tables:
    """Rows on their way. `moved` hears what changes; `tell` takes what is damaged."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        workspace: Workspace,
        moved: Moved,
        tell: Callable[[list[str]], None],
    ):
        self._connection, self._workspace, self._moved, self._tell = connection, workspace, moved, tell
        self._metrics = MetricRows(connection)
        wanted = (*OF_A_RUN[1:], "runs", "machine_samples", "notes", "tags")
        self._batches = {table: Batch(connection, table) for table in wanted}
        self._scored: dict[tuple[str, str, str], int] = {}
        """By run, model and suite: the line of the newest evaluation that is gathered."""
        self._newest: dict[str, dict[str, float]] = {}
        """By run whose row is not written yet: the last value of each metric."""
        self.made = False
        """Something was made since this was last set back."""

    def flush(self) -> None:
        self._metrics.flush()
        for batch in self._batches.values():
            batch.flush()
        if self._scored:
            self._drop_older_scores()

    def drop(self) -> None:
        """Forget what was gathered: its transaction failed."""
        self._metrics.clear()
        self._scored, self._newest = {}, {}
        for batch in self._batches.values():
            batch.rows = []

    def run(self, run: RunState) -> None:
        """A run's own row, as it is now."""
        run.settle()
        if (newest := self._newest.pop(run.id, None)) is not None:
            run.last_metrics = msgspec.json.encode(newest, order="sorted").decode()
        self._batches["runs"].add(*(getattr(run, name) for name in run.__struct_fields__))

    # --- a run's events ---------------------------------------------------------------------------

    def run_event(self, run: RunState, record: e.Record) -> None:
        event = record.event
        if isinstance(event, e.Started) and record.attempt > 1:
            self._take_back(run, event.from_step)
        run.apply(record)
        if isinstance(event, e.Metrics):
            self._metrics.add(run.id, event, record.time)
            self._newest_of(run).update(_numbers(event.values))
            return
        match event:
            case e.Checkpoint():
                self._checkpoint(run.id, event, record.time)
            case e.Evaluated():
                self._evaluated(run.id, event, record)
            case _:
                pass
        self.event(run.id, record)

    def event(self, run_id: str | None, record: e.Record) -> None:
        event = record.event
        self.made |= isinstance(event, _MAKING)
        if isinstance(event, _SEEN_ELSEWHERE):
            return
        step = getattr(event, "step", None)
        data = msgspec.json.encode(event).decode()
        kind = str(event.__struct_config__.tag)
        self._batches["events"].add(run_id, record.seq, record.attempt, record.time, kind, step, describe(event), data)

    def _newest_of(self, run: RunState) -> dict[str, float]:
        if run.id not in self._newest:
            self._newest[run.id] = msgspec.json.decode(run.last_metrics)
        return self._newest[run.id]

    def _take_back(self, run: RunState, step: int) -> None:
        """A new attempt does again what came after `step`: those rows go, and the run's newest values with them."""
        self.flush()
        execute = self._connection.execute
        execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", [run.id, step])
        execute("DELETE FROM checkpoints WHERE run_id = ? AND step > ?", [run.id, step])
        execute(
            "DELETE FROM events WHERE run_id = ? AND step > ? AND type IN ('decision', 'checkpoint')", [run.id, step]
        )
        newest = "SELECT arg_max(value, step) FROM metrics WHERE run_id = ? AND name = 'train_loss'"
        [(run.train_loss,)] = execute(newest, [run.id]).fetchall()
        losses = """SELECT value FROM metrics
            WHERE run_id = ? AND name = 'heldout_loss' AND value IS NOT NULL ORDER BY step, time"""
        run.remeasured([loss for (loss,) in execute(losses, [run.id]).fetchall()])
        last = "SELECT max(step), max(tokens), max(seconds) FROM metrics WHERE run_id = ?"
        [(reached, tokens, seconds)] = execute(last, [run.id]).fetchall()
        every = "SELECT name, arg_max(value, step) FROM metrics WHERE run_id = ? AND value IS NOT NULL GROUP BY name"
        self._newest[run.id] = dict(execute(every, [run.id]).fetchall())
        run.step, run.tokens, run.device_seconds = reached or 0, tokens or 0, seconds or 0.0
        run.flops = run.tokens * run.flops_per_token

    def _checkpoint(self, run_id: str, event: e.Checkpoint, time: float) -> None:
        batch = self._batches["checkpoints"]
        if event.removed:
            batch.flush()
            self._connection.execute(
                "DELETE FROM checkpoints WHERE run_id = ? AND step IN (SELECT unnest(?))", [run_id, list(event.removed)]
            )
        batch.add(run_id, event.step, event.tokens, event.heldout_loss, event.best, event.sha256, time)

    def _evaluated(self, run_id: str, event: e.Evaluated, record: e.Record) -> None:
        """An evaluation, its confusion matrix and its items; in place of what this run found of them before."""
        self._moved.scored.add(event.model)
        self._scored[run_id, event.model, event.suite] = record.seq
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

    def _drop_older_scores(self) -> None:
        runs, models, suites = zip(*self._scored)
        newest = {"runs": runs, "models": models, "suites": suites, "lines": tuple(self._scored.values())}
        for table in ("evals", "confusions", "predictions"):
            self._connection.execute(
                f"""DELETE FROM {table} USING (
                    SELECT unnest($runs) AS run_id, unnest($models) AS model_id, unnest($suites) AS suite,
                        unnest($lines) AS newest) AS n
                WHERE {table}.run_id = n.run_id AND {table}.model_id = n.model_id AND {table}.suite = n.suite
                    AND seq < newest""",
                {name: list(found) for name, found in newest.items()},
            )
        self._scored = {}

    def _predictions(self, run_id: str, name: str) -> Iterator[e.Prediction]:
        """A predictions file's items. One that is missing, outside the run folder or damaged is told, and has none."""
        if not name:
            return
        folder = self._workspace.run(run_id).path
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

    # --- the workspace's own events ---------------------------------------------------------------

    def workspace_event(self, record: e.Record) -> None:
        """All but a new name, which is the caller's: it changes a run."""
        event = record.event
        match event:
            case e.MachineSample():
                gpus = msgspec.json.encode(event.gpus).decode()
                self._batches["machine_samples"].add(
                    record.time, event.cpu_percent, event.memory_used, event.memory_total, event.disk_free, gpus
                )
            case e.Noted():
                self._moved.labels.add(event.target)
                self._replace("notes", {"target": event.target})
                if event.text:
                    self._batches["notes"].add(event.target, event.text, record.time)
            case e.Tagged():
                self._moved.labels.add(event.target)
                self._replace("tags", {"target": event.target, "tag": event.tag_name})
                if not event.removed:
                    self._batches["tags"].add(event.target, event.tag_name, record.time)
            case _:
                pass
        self.event(None, record)

    def _replace(self, table: str, key: dict[str, Any]) -> None:
        """Take away the row whose first columns are these, gathered or flushed."""
        batch, mine = self._batches[table], list(key.values())
        batch.rows = [row for row in batch.rows if list(row[: len(mine)]) != mine]
        where = " AND ".join(f"{column} = ?" for column in key)
        self._connection.execute(f"DELETE FROM {table} WHERE {where}", mine)


def _numbers(values: dict[str, float | None]) -> dict[str, Any]:
    """Those that are numbers: nearly always all of them."""
    return values if None not in values.values() else {name: v for name, v in values.items() if v is not None}
