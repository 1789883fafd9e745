"""The one way to the store and the queue: asks the workspace's supervisor over its socket, and starts it when absent.

    app, command line  ->  Client  ->  unix socket  ->  supervisor  ->  DuckDB, queue, engines

A call blocks until it is answered; call it from a worker thread. One client may be used by many threads: each call
takes a connection of its own from a small pool. Errors raised by the supervisor arrive as the same exception types.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from engine.config.schema import RunConfig
from engine.errors import MachineError
from engine.launch.wire import Closed, Connection, connect, dial, wait_until_gone
from engine.paths import Workspace
from engine.store.rows import (
    Changes,
    CheckpointRow,
    CorpusRow,
    CurveRow,
    EvalRow,
    Evaluation,
    EventRow,
    Lineage,
    MachineRow,
    ModelRow,
    Point,
    PredictionRow,
    ProcessRow,
    Result,
    RunRow,
    Submitted,
)

T = TypeVar("T")


class Client:
    """A workspace as its supervisor tells it. Use as a context manager, or `close` it."""

    def __init__(self, home: Path):
        self.workspace = Workspace(home.absolute())
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    # --- asking -----------------------------------------------------------------------------------

    def runs(self) -> list[RunRow]:
        """Every run, oldest first."""
        return self._ask(list[RunRow], "runs")

    def run(self, ref: str) -> RunRow:
        """By id, by a unique beginning of one, or the newest run of that name. Raises `NotFoundError`."""
        return self._ask(RunRow, "run", ref=ref)

    def lineage(self) -> Lineage:
        return self._ask(Lineage, "lineage")

    def changes(self, since: int) -> Changes:
        """Runs and lineage as far as they moved since a version (0, or one it does not know: everything)."""
        return self._ask(Changes, "changes", since=since)

    def models(self, ids: Sequence[str] | None = None) -> list[ModelRow]:
        """Frozen models and finished variants, oldest first: these, or all."""
        return self._ask(list[ModelRow], "models", ids=None if ids is None else tuple(ids))

    def corpora(self) -> list[CorpusRow]:
        return self._ask(list[CorpusRow], "corpora")

    def metrics(self, run_id: str, names: tuple[str, ...] = ()) -> dict[str, list[Point]]:
        """Curves by metric name, each by step; all of them when `names` is empty."""
        return self._ask(dict[str, list[Point]], "metrics", run_id=run_id, names=names)

    def curves(
        self,
        run_ids: Sequence[str],
        names: Sequence[str] = (),
        *,
        x: str = "step",
        low: float | None = None,
        high: float | None = None,
        columns: int = 1000,
    ) -> list[CurveRow]:
        """Curves thinned for drawing, by run and name; all metrics when `names` is empty.

        `x` is step, tokens or seconds; `low` and `high` limit it, and the nearest point beyond each comes too.
        `columns` is how many buckets a curve's part of that range is cut into. Raises `InputError`.
        """
        how = {"x": x, "low": low, "high": high, "columns": columns}
        return self._ask(list[CurveRow], "curves", run_ids=tuple(run_ids), names=tuple(names), **how)

    def search(self, query: str, now: float | None = None) -> list[str]:
        """Ids of the runs that a query means (docs/search.md), oldest first. `now`: what ages are reckoned from.

        Raises `InputError` that names the column where the query is wrong.
        """
        return self._ask(list[str], "search", query=query, now=time.time() if now is None else now)

    def search_keys(self) -> dict[str, tuple[str, ...]]:
        """What a query may ask for: each key with some of its values, the most frequent first."""
        return self._ask(dict[str, tuple[str, ...]], "search_keys")

    def values(self, keys: Sequence[str], run_ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """By key, each run's value: a number, truth, text, a list of those, or None. Raises `InputError`."""
        return self._ask(dict[str, tuple[Any, ...]], "values", keys=tuple(keys), run_ids=tuple(run_ids))

    def events(self, run_id: str | None) -> list[EventRow]:
        """A run's events in order; the workspace's own for None."""
        return self._ask(list[EventRow], "events", run_id=run_id)

    def checkpoints(self, run_id: str) -> list[CheckpointRow]:
        """Those still on disk, by step."""
        return self._ask(list[CheckpointRow], "checkpoints", run_id=run_id)

    def evaluations(self) -> list[Evaluation]:
        """Who was evaluated on what, by suite and model."""
        return self._ask(list[Evaluation], "evaluations")

    def evals(self, suite: str | None = None, models: Sequence[str] | None = None) -> list[EvalRow]:
        """The newest evaluation of each model (of these, or of all) on each suite."""
        return self._ask(list[EvalRow], "evals", suite=suite, models=None if models is None else tuple(models))

    def predictions(self, models: Sequence[str], suite: str) -> dict[str, list[PredictionRow]]:
        """By model, the items of its newest evaluation, by example id; none for one that has none."""
        return self._ask(dict[str, list[PredictionRow]], "predictions", models=tuple(models), suite=suite)

    def machine(self, since: float) -> list[MachineRow]:
        """Samples newer than `since` (seconds since the epoch); from times when nothing ran, only recent ones."""
        return self._ask(list[MachineRow], "machine", since=since)

    def waiting(self) -> list[str]:
        """Ids of queued runs in the order in which they will start."""
        return self._ask(list[str], "waiting")

    def processes(self) -> list[ProcessRow]:
        """Engines and what they started, whoever is on a GPU, and the busiest others, in that order."""
        return self._ask(list[ProcessRow], "processes")

    def sql(self, query: str, limit: int = 10_000) -> Result:
        """One read-only query. Raises `InputError` for anything that is not, and for what DuckDB refuses."""
        return self._ask(Result, "sql", query=query, limit=limit)

    def notices(self) -> list[str]:
        """What the supervisor has to say aloud since it was last asked: a database set aside, engines adopted."""
        return self._ask(list[str], "notices")

    # --- doing ------------------------------------------------------------------------------------

    def submit(self, config: RunConfig, command: str = "", where: object = None) -> Submitted:
        """Check a configuration, queue a run of it, and see that a supervisor knows. `where`: its file, for errors."""
        from engine.launch import job
        from engine.launch.prepare import prepare

        ready = prepare(self.workspace, config, where)
        folder = job.create(self.workspace, ready.config, command=command, parents=ready.parents)
        self.sync()
        return Submitted(run_id=folder.id, said=ready.said)

    def stop(self, run_id: str) -> None:
        """Ask a running engine to checkpoint and end. A queued run is cancelled."""
        self._tell("stop", run_id=run_id)

    def resume(self, run_id: str) -> None:
        """Queue a stopped or failed run again; it goes on from its last checkpoint."""
        self._tell("resume", run_id=run_id)

    def cancel(self, run_id: str) -> None:
        """Take a run out of the queue before it starts."""
        self._tell("cancel", run_id=run_id)

    def reorder(self, run_ids: tuple[str, ...]) -> list[str]:
        """Let these queued runs start in this order, before all others. Returns those that do not wait (any more):
        they are left alone."""
        return self._ask(list[str], "reorder", run_ids=run_ids)

    def remove(self, run_id: str) -> None:
        """Delete a run's folder. Raises `InputError`, naming them, when others descend from it."""
        self._tell("remove", run_id=run_id)

    def note(self, target: str, text: str) -> None:
        """Replace the note of a run or model; empty text takes it away."""
        self._tell("note", target=target, text=text)

    def tag(self, target: str, tag: str, removed: bool = False) -> None:
        self._tell("tag", target=target, tag=tag, removed=removed)

    def rename(self, target: str, name: str) -> None:
        """Give a run another name; its id stays."""
        self._tell("rename", target=target, name=name)

    def sync(self) -> None:
        """See that everything journalled so far is in the database and every queued run known."""
        self._tell("sync")

    def reindex(self) -> dict[str, int]:
        """Rebuild the database from the run folders; rows by table."""
        return self._ask(dict[str, int], "reindex")

    def shutdown(self) -> None:
        """End the supervisor, if there is one, and wait until it is gone. Engines go on; the next one adopts them."""
        self.close()
        connection = dial(self.workspace)
        if connection is not None:
            with connection, contextlib.suppress(Closed):
                connection.ask("shutdown", {}, type(None))
            wait_until_gone(self.workspace)

    # --- connections ------------------------------------------------------------------------------

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, wanted: type[T], method: str, **arguments: Any) -> T:
        """Ask once, or again when a connection kept from earlier turns out to be to a supervisor that is gone."""
        for attempt in (1, 2, 3):
            connection = self._take()
            try:
                answer = connection.ask(method, arguments, wanted)
            except Closed as closed:
                connection.close()
                self.close()  # the others that are kept lead to the same dead end
                if closed.maybe_done and method not in _REPEATABLE:
                    raise MachineError(
                        f"the supervisor of {self.workspace.home} died while it did this; see `graftline runs`"
                    ) from None
                if attempt == 3:
                    raise MachineError(
                        f"the supervisor of {self.workspace.home} keeps dying; see {self.workspace.home}/supervisor.log"
                    ) from None
            except BaseException:
                connection.close() if connection.broken else self._give(connection)
                raise
            else:
                self._give(connection)
                return cast(T, answer)
        raise AssertionError("unreachable")

    def _tell(self, method: str, **arguments: Any) -> None:
        """Ask for something to be done, to which there is no answer but that it is done."""
        self._ask(type(None), method, **arguments)

    def _take(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return connect(self.workspace)

    def _give(self, connection: Connection) -> None:
        with self._lock:
            self._idle.append(connection)


_REPEATABLE = {
    "runs", "run", "lineage", "changes", "models", "corpora", "metrics", "curves", "search", "search_keys", "values",
    "events", "checkpoints", "evals", "evaluations", "predictions", "machine", "processes", "sql", "notices", "sync",
    "reindex", "waiting", "reorder", "stop", "note", "tag", "rename",
}  # fmt: skip
"""Doing these twice is the same as once."""
