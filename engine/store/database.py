"""The one process that owns the database file: opens it, keeps it level with the journals, and survives losing it.

    lock file (ours alone) -> open, migrate -> Ingest.sync() before every answer -> queries, the board
                                   | will not open, or breaks while open
                                   v
             set aside as graftline.duckdb.damaged-<time>, rebuilt from the journals, said aloud

Why a lock of our own: DuckDB's is a POSIX lock, which the kernel drops as soon as this process closes any other
descriptor of the same file. Why one long-lived connection: every close writes the file's root block in place, and
kill -9 in that moment corrupted 1 file in about 2,000; a long-lived connection none in 660.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb

from engine.errors import InputError, MachineError
from engine.journal.events import Recovered
from engine.journal.writer import JournalWriter
from engine.paths import Workspace
from engine.store.board import Board
from engine.store.ingest import Ingest
from engine.store.migrations import migrate, tables
from engine.store.rows import Result
from engine.store.values import plain_row

T = TypeVar("T")

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # The user's own SQL runs in this process: no files, no network, no extensions, no variables of ours.
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    # It sits beside engines that need the memory more; what does not fit goes to disk.
    "memory_limit": "1GB",
}
_READING = {"SELECT", "EXPLAIN"}
_BROKEN = (duckdb.IOException, duckdb.InternalException, duckdb.FatalException, duckdb.SerializationException)
"""What DuckDB raises when its file, and not our query, is at fault."""
_DEATHS = 2
_AHEAD = 200  # runs indexed at a time: about 20 ms
_DISK_IS_FULL = ("No space left", "disk quota", "Disk quota")


class Lock:
    """Held by the one process that may open the database. Raises `MachineError` when another holds it."""

    def __init__(self, workspace: Workspace):
        path = workspace.home / ".supervisor.lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise MachineError(f"{workspace.home}: another supervisor has this workspace") from None

    def release(self) -> None:
        os.close(self._file)


class Database:
    """The store of one workspace. Every method may be called from any thread; writes and looks take turns.

    `journal` is the workspace's own journal, which hears of a recovery; `say` takes what people should hear.
    """

    def __init__(self, workspace: Workspace, journal: JournalWriter, say: Callable[[str], None]):
        self.workspace, self._journal, self._say = workspace, journal, say
        self._lock = threading.RLock()
        self._opening = workspace.home / ".opening"
        self._closed = False
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._cursor_gone = threading.Condition()
        self._board = Board()
        self._open()

    def read(self, look: Callable[[duckdb.DuckDBPyConnection], T], about: Iterable[str] = ()) -> T:
        """What `look` finds once what was journalled is in. A database that breaks is rebuilt first.

        Of the runs that have ended, those are taken in for certain that the look is `about`, and the others in turn.
        """
        with self._usable():
            try:
                self._ingest.asked.update(about)
                self._sync()
                return look(self._connection)
            except _BROKEN as error:
                self._recover(error)
                return look(self._connection)

    def look(self, look: Callable[[Board], T]) -> T:
        """What `look` finds on the board once everything journalled so far is on it."""

        def find(connection: duckdb.DuckDBPyConnection) -> T:
            self._board.update(connection, self._ingest)
            return look(self._board)

        return self.read(find)

    def prepare(self) -> None:
        """A little work ahead of the next question: called while there is nothing else to do."""
        with self._usable():
            self._board.prepare(_AHEAD)

    def mark(self, run_id: str) -> None:
        """Somebody changed this run: look at it the next time, whatever state it is in."""
        with self._usable():
            self._ingest.asked.add(run_id)

    def sync(self, everything: bool = False) -> bool:
        """Take in what is new; true when something was. `everything`: look at every run, whatever state it is in."""
        with self._usable():
            try:
                return self._sync(everything)
            except _BROKEN as error:
                self._recover(error)
                return True

    def sql(self, query: str, limit: int, watch: Callable[[duckdb.DuckDBPyConnection], None]) -> Result:
        """One query of the user's own: it may read this database and nothing else.

        Runs beside everything else, on a cursor of its own, in a read-only transaction. `watch` is given that
        cursor, to `interrupt` it. Raises `InputError` for what is not one reading statement.
        """
        with self._usable():
            try:
                self._sync(everything=True)
            except _BROKEN as error:
                self._recover(error)
            cursor = self._connection.cursor()
            with self._cursor_gone:
                self._cursors.append(cursor)
        try:
            watch(cursor)
            return _run_reading(cursor, query, limit)
        except duckdb.Error as error:
            raise InputError(" ".join(str(error).split()), where="sql", fix="mend the query") from None
        finally:
            cursor.close()
            with self._cursor_gone:
                self._cursors.remove(cursor)
                self._cursor_gone.notify_all()

    def rebuild(self) -> dict[str, int]:
        """Empty the database and read everything again; rows by table."""
        with self._usable():
            self._disconnect()
            self._remove()
            self._open()
            self._sync()
            return self.counts()

    def counts(self) -> dict[str, int]:
        with self._lock:
            found = {
                t: self._connection.execute(f"SELECT count(*) FROM {t}").fetchall() for t in tables(self._connection)
            }
            return {table: int(rows[0][0]) for table, rows in found.items()}

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._disconnect()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Our turn, on a database that is open."""
        with self._lock:
            if self._closed:
                raise MachineError(f"the supervisor of {self.workspace.home} is leaving; try again")
            yield

    # --- opening and losing -----------------------------------------------------------------------

    def _open(self) -> None:
        """Open, or set aside and begin anew.

        A file can be so damaged that opening it kills the process. Each try leaves a mark until it is over, and
        after two that nobody cleared away the file is not trusted again.
        """
        deaths = self._opening.stat().st_size if self._opening.exists() else 0
        self._opening.write_bytes(b"x" * (deaths + 1))
        try:
            if deaths >= _DEATHS:
                raise duckdb.IOException(f"the last {deaths} processes that opened it died in doing so")
            self._connect()
        except duckdb.Error as error:
            self._set_aside(error)
            self._connect()
        self._opening.unlink()

    def _connect(self) -> None:
        connection = duckdb.connect(str(self.workspace.database), config=CONFIG)
        try:
            migrate(connection)
            connection.execute("SET lock_configuration = true")
            self._ingest = Ingest(connection, self.workspace)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _sync(self, everything: bool = False) -> bool:
        changed = self._ingest.sync(everything)
        for line in self._ingest.damage:
            self._say(f"damaged, and skipped: {line}")
        self._ingest.damage.clear()
        return changed

    def _recover(self, error: duckdb.Error) -> None:
        """The open database broke: set it aside and rebuild it. A full disk is not its fault, and is told as that."""
        if any(sign in str(error) for sign in _DISK_IS_FULL):
            self._reopen()
            raise MachineError(f"{self.workspace.database}: the disk is full (free some space)") from None
        self._disconnect()
        self._set_aside(error)
        self._open()
        self._sync()

    def _reopen(self) -> None:
        """After a failed commit DuckDB may refuse everything until it is opened again."""
        self._disconnect()
        self._open()

    def _disconnect(self) -> None:
        """Close for good. Queries that still run are ended first: with one open, the old file would live on."""
        with self._cursor_gone:
            for cursor in self._cursors:
                cursor.interrupt()
            self._cursor_gone.wait_for(lambda: not self._cursors)
        with contextlib.suppress(duckdb.Error):
            self._connection.close()

    def _set_aside(self, error: duckdb.Error) -> None:
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.workspace.database.with_name(f"{self.workspace.database.name}.damaged-{stamp}")
        for suffix in ("", ".wal"):
            path = Path(f"{self.workspace.database}{suffix}")
            if path.exists():
                path.rename(f"{aside}{suffix}")
        why = " ".join(str(error).split())[:200]
        self._journal.append(Recovered(set_aside=aside.name, why=why), sync=True)
        self._say(f"the database would not open ({why}); set aside as {aside.name} and rebuilt from the journals")

    def _remove(self) -> None:
        for suffix in ("", ".wal"):
            Path(f"{self.workspace.database}{suffix}").unlink(missing_ok=True)


def _run_reading(cursor: duckdb.DuckDBPyConnection, query: str, limit: int) -> Result:
    """One statement that reads, in a read-only transaction: both, since EXPLAIN ANALYZE runs what it explains."""
    statements = cursor.extract_statements(query)
    if len(statements) != 1:
        raise InputError(f"{len(statements)} statements", where="sql", fix="give one query at a time")
    kind = statements[0].type.name
    if kind not in _READING:
        raise InputError(f"{kind} is refused", where="sql", fix="only queries that read are run here")
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        cursor.execute(statements[0])
        columns = tuple(str(column[0]) for column in cursor.description or ())
        rows = cursor.fetchmany(limit + 1)
    finally:
        cursor.execute("ROLLBACK")
    return Result(columns=columns, rows=[plain_row(row) for row in rows[:limit]], truncated=len(rows) > limit)
