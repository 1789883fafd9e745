"""From journals and manifests into tables, exactly once.

    journals (new bytes only) -> fold, batch -> tables + the byte positions reached, in one transaction

What must always hold: the tables are a function of what lies in the workspace, whatever the order and the sizes of
the pieces it was read in. So a journal whose past changed (a torn tail was cut, a damaged line) is read again from
its start, and a run folder that is gone takes its rows with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from engine.journal import events as e
from engine.journal.reader import read
from engine.paths import RunFolder, Workspace
from engine.store import made
from engine.store.batch import Batch
from engine.store.fold import RunState
from engine.store.moved import Moved
from engine.store.tables import OF_A_RUN, Tables
from engine.store.watch import Listing, Rotation

_CHUNK = 8 << 20  # bytes of journals per transaction: about 30,000 lines, 100 MB while they are Python objects
_TOGETHER = 500  # journals per transaction
_AT_REST = 128  # of the runs that have ended, how many are looked at each time
_ENDED = ("finished", "failed", "stopped", "cancelled")
WORKSPACE = ""
"""The path under which the workspace's own journal stands in `journals`."""


class _Status(msgspec.Struct):
    """What the tables take from `status.json`."""

    state: str = ""
    stop_asked: bool = False
    attempts: int = 0


@dataclass
class _Piece:
    """What one read of one journal gave."""

    key: str
    records: list[e.Record]
    offset: int
    """Where the next read begins."""
    size: int


class Ingest:
    """Keeps one database level with one workspace. Not thread-safe: the caller holds a lock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, workspace: Workspace):
        self.connection, self.workspace = connection, workspace
        self.damage: list[str] = []
        """Damaged lines met so far, each told once."""
        self.moved = Moved()
        """What changed since somebody last settled it."""
        self.asked: set[str] = set()
        """Runs to look at the next time, whatever state they are in."""
        self._told: set[str] = set()
        self._listing, self._rotation = Listing(workspace), Rotation(_AT_REST)
        self._tables = Tables(connection, workspace, self.moved, self._tell)
        self._made = made.Made(connection, workspace, self._tell)
        self._reached = Batch(connection, "journals")
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
        """Every run as its journal tells it, by id."""
        self._first = True  # look at every folder
        self._live = {run.id for run in found if run.state not in _ENDED}
        self._unread: set[str] = set()
        self._names = dict(self.connection.execute("SELECT target, name FROM names").fetchall())
        self._status_seen: dict[str, tuple[object, _Status]] = {}
        self._manifests: object = None
        self._tables.made = True
        self.moved.everything = True

    def sync(self, everything: bool = False) -> bool:
        """Take in whatever is new. True when something was. Raises `duckdb.Error`; then nothing was committed.

        Runs that wait or train are looked at each time, those that have ended in turn; all with `everything`.
        """
        try:
            changed = self._forget() if self._listing.refresh() else False
            due = self._due(everything or self._first)
            changed |= self._journals(due)
            changed |= self._statuses(due)
            changed |= self._models_and_corpora()
        except duckdb.Error:
            self._tables.drop()
            self._reached.rows = []
            raise
        self._first = False
        self.asked.clear()
        return changed

    def _due(self, everything: bool) -> list[RunFolder]:
        """The folders to look at now."""
        folders = self._listing.folders
        if everything:
            return list(folders.values())
        some = self._live | self._unread | self.asked | set(self._rotation.next(list(folders)))
        return [folders[run_id] for run_id in sorted(some) if run_id in folders]

    # --- journals ---------------------------------------------------------------------------------

    def _journals(self, due: Iterable[RunFolder]) -> bool:
        """Read what is new, many journals to a transaction."""
        changed, together, size = False, [], 0
        for piece in self._pieces(due):
            changed = True
            together.append(piece)
            size += piece.size
            if size >= _CHUNK or len(together) >= _TOGETHER:
                self._commit(together)
                together, size = [], 0
        if together:
            self._commit(together)
        return changed

    def _pieces(self, due: Iterable[RunFolder]) -> Iterator[_Piece]:
        """All that is new, chunk by chunk."""
        yield from self._journal(WORKSPACE, self.workspace.journal)
        for folder in due:
            yield from self._journal(folder.id, folder.journal)

    def _journal(self, key: str, path: Path) -> Iterator[_Piece]:
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return
        position = self._positions.get(key, 0)
        if size == position:
            return
        if position and (size < position or key in self._damaged):
            self._transaction(lambda: self._purge(key))
            position = 0
        while position < size:
            chunk = read(path, position, _CHUNK)
            if chunk.offset == position:
                return
            if chunk.damage:
                self._damaged.add(key)
                self._tell(chunk.damage)
            yield _Piece(key, chunk.records, chunk.offset, chunk.offset - position)
            position = chunk.offset

    def _tell(self, damage: list[str]) -> None:
        self.damage += [line for line in damage if line not in self._told]
        self._told.update(damage)

    def _transaction(self, work: Callable[[], object]) -> None:
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

    def _commit(self, pieces: list[_Piece]) -> None:
        self._transaction(lambda: self._take(pieces))

    def _take(self, pieces: list[_Piece]) -> None:
        touched: dict[str, RunState] = {}
        reached: dict[str, int] = {}
        for piece in pieces:
            reached[piece.key] = piece.offset
            if piece.key == WORKSPACE:
                for record in piece.records:
                    if (renamed := self._workspace_event(record)) is not None:
                        touched[renamed.id] = renamed
                continue
            run = touched[piece.key] = self.runs.setdefault(piece.key, RunState(id=piece.key))
            for record in piece.records:
                self._tables.run_event(run, record)
        self._store_runs(touched.values())
        self.connection.execute("DELETE FROM journals WHERE path IN (SELECT unnest(?))", [list(reached)])
        for key, position in reached.items():
            self._reached.add(key, position, key in self._damaged)
        self._reached.flush()
        self._positions |= reached
        self._unread -= reached.keys()

    def _store_runs(self, runs: Iterable[RunState]) -> None:
        """Write the rows of these runs again, with all else that is gathered."""
        ids = [run.id for run in runs]
        self.connection.execute("DELETE FROM runs WHERE id IN (SELECT unnest(?))", [ids])
        self.moved.runs.update(ids)
        for run in (self.runs[run_id] for run_id in ids):
            run.state, run.name = self._shown_state(run), self._names.get(run.id, run.name)
            (self._live.discard if run.state in _ENDED else self._live.add)(run.id)
            self._tables.run(run)
        self._tables.flush()

    def _workspace_event(self, record: e.Record) -> RunState | None:
        """The run that this gives another name, if it does."""
        event, execute = record.event, self.connection.execute
        self._tables.workspace_event(record)
        if not isinstance(event, e.Renamed):
            return None
        self._names[event.target] = event.name
        execute("DELETE FROM names WHERE target = ?", [event.target])
        execute("INSERT INTO names VALUES (?, ?)", [event.target, event.name])
        return self.runs.get(event.target)

    # --- what is not in a journal -----------------------------------------------------------------

    def _statuses(self, due: Iterable[RunFolder]) -> bool:
        """Let each `status.json` have its say: waiting again, or asked to stop."""
        others = [run for folder in due if (run := self._status(folder)) is not None]
        if others:
            self._transaction(lambda: self._store_runs(others))
        return bool(others)

    def _status(self, folder: RunFolder) -> RunState | None:
        """The run, if what its status says makes its state another. Of one that has finished it says nothing new."""
        run = self.runs.get(folder.id)
        if run is None or run.phase == "finished":
            return None
        try:
            found = folder.status.stat()
        except FileNotFoundError:
            return None
        mark = (found.st_mtime_ns, found.st_ino, found.st_size)
        if self._status_seen.get(folder.id, (None,))[0] == mark:
            return None
        try:
            status = msgspec.json.decode(folder.status.read_bytes(), type=_Status)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        self._status_seen[folder.id] = (mark, status)
        return run if self._shown_state(run) != run.state else None

    def _shown_state(self, run: RunState) -> str:
        """What the journal says, and what only `status.json` knows: that it waits again, or was asked to stop."""
        status = self._status_seen.get(run.id, (None, _Status()))[1]
        coming_up = status.state == "running" and run.attempt <= status.attempts
        if run.phase in ("stopped", "failed", "cancelled") and (status.state == "queued" or coming_up):
            return "queued"
        return "stopping" if status.stop_asked and run.phase == "running" else run.phase

    def _forget(self) -> bool:
        """After the folders were listed: drop the rows of those that are gone, note those that are new."""
        folders = self._listing.folders
        self._unread = folders.keys() - self._positions.keys()
        gone = self._positions.keys() - folders.keys() - {WORKSPACE}
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
            for table in OF_A_RUN:
                execute(f"DELETE FROM {table} WHERE run_id = ?", [key])
            execute("DELETE FROM runs WHERE id = ?", [key])
            self.runs.pop(key, None)
            self._status_seen.pop(key, None)
            self._live.discard(key)
        execute("DELETE FROM journals WHERE path = ?", [key])
        self._positions.pop(key, None)
        self._damaged.discard(key)
        self._tables.made = True

    def _models_and_corpora(self) -> bool:
        """Write them again when a manifest came or went, or a run made something."""
        found = made.signature(self.workspace)
        if found == self._manifests and not self._tables.made:
            return False
        self._transaction(lambda: self._made.rewrite(self.runs))
        self._manifests, self._tables.made = found, False
        self.moved.made = True
        return True
