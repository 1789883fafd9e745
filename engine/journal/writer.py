"""Append typed events to a journal: one `write()` a line, synced to disk once a second and on demand.

Invariants: one writer at a time (an advisory lock on the file says so); a line is never changed once written; a
torn last line, which a crash can leave, is cut off before the next is written.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
import zlib
from pathlib import Path
from types import TracebackType

import msgspec

from engine.errors import MachineError, machine_error
from engine.journal.events import Event, Record
from engine.journal.reader import last_record

_SYNC_SECONDS = 1.0


def encode(record: Record) -> bytes:
    """A record as its line on disk, LF included."""
    body = msgspec.json.encode(record)
    return b"%08x " % zlib.crc32(body) + body + b"\n"


def _lock(file: int, path: Path) -> None:
    """Be the only writer. Tries for a moment: a supervisor asking whether anybody writes holds it for an instant."""
    for _ in range(10):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.02)
    raise MachineError(f"{path}: another process is writing this journal")


class JournalWriter:
    """The only writer of one journal file. Use it as a context manager.

    Raises `MachineError` when another process is writing this journal, or the disk is full.
    """

    def __init__(self, path: Path, attempt: int | None = None):
        """Open for appending; `attempt` None continues with the newest attempt in the file."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            _lock(self._file, path)
            last, whole = last_record(path)
            if os.fstat(self._file).st_size > whole:
                os.ftruncate(self._file, whole)
        except BaseException:
            os.close(self._file)
            raise
        self.seq = last.seq + 1 if last else 0
        self.attempt = attempt if attempt is not None else (last.attempt if last else 0)
        self._path = path
        self._synced = time.monotonic()
        self._lock = threading.Lock()

    def append(self, event: Event, *, sync: bool = False) -> Record:
        """Write one event and return its record. `sync`: it is on the disk when this returns."""
        with self._lock:
            record = Record(seq=self.seq, attempt=self.attempt, time=time.time(), event=event)
            line = encode(record)
            try:
                written = os.write(self._file, line)
                if written != len(line):  # take the half line back, or the next would be glued to it
                    os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                    raise OSError(errno.ENOSPC, "half a line was written")
                self.seq += 1
                now = time.monotonic()
                if sync or now - self._synced >= _SYNC_SECONDS:
                    os.fdatasync(self._file) if hasattr(os, "fdatasync") else os.fsync(self._file)
                    self._synced = now
            except OSError as error:
                error.filename = str(self._path)
                raise machine_error(error) or error from None
            return record

    def close(self) -> None:
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
