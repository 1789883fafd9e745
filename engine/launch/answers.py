"""What the supervisor answers, method by method. The names and arguments are those of `client.Client`."""

from __future__ import annotations

import select
import shutil
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb
import msgspec
from msgspec.structs import replace

from engine.errors import InputError, NotFoundError
from engine.journal.events import Noted, Removed, Renamed, Tagged
from engine.journal.writer import JournalWriter
from engine.launch import resources
from engine.launch.engines import Engines
from engine.launch.processes import Processes
from engine.launch.queue import read_status
from engine.paths import RunFolder, Workspace
from engine.store import queries, remember
from engine.store.curves import curves
from engine.store.database import Database
from engine.store.rows import Changes, CurveRow, MachineRow, ProcessRow, Result

T = TypeVar("T")
_LONGEST_NAME = 200
_SAMPLES = 2160
"""Samples of the machine kept in memory from times when nothing ran: six hours."""


class Answers:
    """Looks are asked of the database; deeds are done under `lock`, one at a time."""

    database: Database

    def __init__(
        self,
        workspace: Workspace,
        journal: JournalWriter,
        engines: Engines,
        wake: Callable[[], None],
        leave: Callable[[], None],
    ):
        self.workspace, self.journal, self.engines = workspace, journal, engines
        self.lock = threading.RLock()
        self.notices: deque[str] = deque()
        self.samples: deque[MachineRow] = deque(maxlen=_SAMPLES)
        self._known = Processes()
        self._remembered = 0
        self._wake, self._leave = wake, leave
        self._methods: dict[str, Callable[..., Any]] = {
            "runs": lambda: self.database.look(lambda board: board.runs),
            "run": lambda ref: self.database.look(lambda board: board.run(ref)),
            "lineage": lambda: self.database.look(lambda board: board.lineage()),
            "changes": self._changes,
            "models": lambda ids=None: self.database.read(lambda c: queries.models(c, ids)),
            "corpora": lambda: self.database.read(queries.corpora),
            "metrics": lambda run_id, names: self._of(run_id, lambda c: queries.metrics(c, run_id, tuple(names))),
            "curves": self._curves,
            "search": lambda query, now: self.database.look(lambda board: board.index().search(query, now)),
            "search_keys": lambda: self.database.look(lambda board: board.index().keys()),
            "values": lambda keys, run_ids: self.database.look(lambda board: board.index().values(keys, run_ids)),
            "events": lambda run_id: self._of(run_id, lambda c: queries.events(c, run_id)),
            "checkpoints": lambda run_id: self._of(run_id, lambda c: queries.checkpoints(c, run_id)),
            "evals": lambda suite, models=None: self.database.read(lambda c: queries.evals(c, suite, models)),
            "evaluations": lambda: self.database.read(queries.evaluations),
            "predictions": lambda models, suite: self.database.read(lambda c: queries.predictions(c, models, suite)),
            "machine": self._machine,
            "processes": self._processes,
            "notices": self._notices,
            "stop": lambda run_id: self._do(self.engines.stop, run_id),
            "resume": lambda run_id: self._do(self.engines.resume, run_id),
            "cancel": lambda run_id: self._do(self.engines.cancel, run_id),
            "waiting": self._waiting,
            "reorder": self._reorder,
            "remove": self._remove,
            "note": self._note,
            "tag": self._tag,
            "rename": self._rename,
            "sync": self._sync,
            "reindex": lambda: self.database.rebuild(),
            "shutdown": self._shutdown,
        }

    def answer(self, method: str, arguments: dict[str, Any], channel: socket.socket) -> Any:
        """Do one request. Raises the user's errors as they are."""
        if method == "sql":
            return self._sql(channel=channel, **arguments)
        if method not in self._methods:
            raise InputError(f"this supervisor does not know {method!r}", fix="use one version of graftline")
        return self._methods[method](**arguments)

    def sample(self) -> None:
        """See how busy the machine is: journalled while engines run, else only remembered."""
        sample = resources.sample(self.workspace.home)
        if self.engines.running:
            self.journal.append(sample)
        else:
            self.samples.append(MachineRow(time=time.time(), **msgspec.structs.asdict(sample)))

    def remember(self) -> None:
        """Keep what is known now for an app that starts before a supervisor does. Raises `OSError`."""
        version = self.database.look(lambda board: board.version)
        if version != self._remembered:
            remember.save(self.workspace, self.database.look(lambda board: board.changes(0)))
            self._remembered = version

    def say(self, text: str) -> None:
        """Something for people to hear, at the next chance."""
        print(text, flush=True)
        self.notices.append(text)

    # --- looks ------------------------------------------------------------------------------------

    def _sql(self, query: str, limit: int, channel: socket.socket) -> Result:
        """A query of the user's own, ended early when whoever asked for it goes away."""
        with _interrupting(channel) as watch:
            return self.database.sql(query, limit, watch)

    def _curves(self, run_ids: list[str], names: list[str], **how: Any) -> list[CurveRow]:
        return self.database.read(lambda c: curves(c, run_ids, names, **how), about=run_ids)

    def _of(self, run_id: str | None, look: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """A look that is about one run; None: about the workspace."""
        return self.database.read(look, about=(run_id,) if run_id else ())

    def _machine(self, since: float) -> list[MachineRow]:
        """What was journalled while engines ran, and what was only kept in mind while none did."""
        idle = [row for row in self.samples if row.time > since]
        return sorted([*self.database.read(lambda c: queries.machine(c, since)), *idle], key=lambda row: row.time)

    def _processes(self) -> list[ProcessRow]:
        with self.lock:
            engines = {engine.identity.pid: run_id for run_id, engine in self.engines.running.items()}
        return self._known.look(engines)

    def _changes(self, since: int) -> Changes:
        changes = self.database.look(lambda board: board.changes(since))
        return replace(changes, notices=tuple(self._notices()))

    def _notices(self) -> list[str]:
        return [self.notices.popleft() for _ in range(len(self.notices))]

    def _sync(self) -> None:
        self.database.sync(everything=True)
        self._wake()

    # --- deeds ------------------------------------------------------------------------------------

    def _folder(self, run_id: str) -> RunFolder:
        folder = self.workspace.run(run_id)
        if not folder.path.is_dir():
            raise NotFoundError(f"no run {run_id!r}", fix="see `graftline runs`")
        return folder

    def _do(self, deed: Callable[[RunFolder], None], run_id: str) -> None:
        with self.lock:
            deed(self._folder(run_id))
            self.database.mark(run_id)
        self._wake()

    def _waiting(self) -> list[str]:
        with self.lock:
            return [folder.id for folder, _ in self.engines.waiting()]

    def _reorder(self, run_ids: list[str]) -> list[str]:
        with self.lock:
            return self.engines.reorder(run_ids)

    def _remove(self, run_id: str) -> None:
        with self.lock:
            folder = self._folder(run_id)
            self.engines.finish(folder)
            if run_id in self.engines.running:
                raise InputError("is running", where=run_id, fix="stop it first")
            if heirs := self._heirs(run_id):
                raise InputError(f"others descend from it: {', '.join(heirs)}", where=run_id, fix="remove those first")
            status = read_status(folder)
            if status is not None and status.state == "queued":
                self.engines.cancel(folder)
            self.journal.append(Removed(run_id=run_id), sync=True)
            gone = folder.path.with_name(f".removed-{run_id}")  # out of sight in one step, then deleted at leisure
            folder.path.rename(gone)
            shutil.rmtree(gone)

    def _heirs(self, run_id: str) -> list[str]:
        """What would lose its origin with this run: frozen models, their variants, runs that name it."""
        frozen = [m.id for m in self.database.read(queries.models) if m.run_id == run_id and m.version is not None]
        origins = {f"run:{run_id}", *(f"model:{i}" for i in frozen)}
        rows = self.database.look(lambda board: board.runs)
        kin = [row.id for row in rows if row.id != run_id and origins & set(row.parents)]
        return [*frozen, *kin]

    def _note(self, target: str, text: str) -> None:
        self._append(Noted(target=self._target(target), text=text))

    def _tag(self, target: str, tag: str, removed: bool) -> None:
        if not tag.strip() or len(tag) > _LONGEST_NAME:
            raise InputError("a tag has 1 to 200 characters", where="tag", fix="choose another")
        self._append(Tagged(target=self._target(target), tag_name=tag, removed=removed))

    def _rename(self, target: str, name: str) -> None:
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise InputError("a name has 1 to 200 characters", where="rename", fix="choose another")
        self._append(Renamed(target=self._folder(target).id, name=name))

    def _append(self, event: Noted | Tagged | Renamed) -> None:
        with self.lock:
            self.journal.append(event, sync=True)

    def _target(self, target: str) -> str:
        """A run, a model or a corpus that exists. Raises `NotFoundError`."""
        if not self.database.look(lambda board: board.knows(target)):
            raise NotFoundError(f"nothing here is called {target!r}", fix="see `graftline lineage`")
        return target

    def _shutdown(self) -> None:
        self._leave()
        self._wake()


@contextmanager
def _interrupting(channel: socket.socket) -> Iterator[Callable[[duckdb.DuckDBPyConnection], None]]:
    """Gives a function that watches a cursor: it is interrupted when the channel's other side closes."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def watch(cursor: duckdb.DuckDBPyConnection) -> None:
        def wait() -> None:
            while not over.wait(0.2):
                readable, _, _ = select.select([channel], [], [], 0)
                if readable and not channel.recv(1, socket.MSG_PEEK):
                    cursor.interrupt()
                    return

        threads.append(threading.Thread(target=wait, daemon=True))
        threads[0].start()

    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()
