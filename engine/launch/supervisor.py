"""`python -m engine.launch.supervisor HOME`: one process per workspace that records, answers and launches.

    main thread     every quarter of a second: settle ended engines, start queued runs, ingest; sample the machine
    one thread per  greet, then: read a request, do it or ask the store, answer
    connection

It is started by the first client, has no terminal, and goes home after a minute without engines, queue or clients.
kill -9 loses nothing: engines go on, every fact is on disk before it is answered, and the next client starts another.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import duckdb
import msgspec

from engine import __version__
from engine.collector import spare
from engine.errors import GraftlineError, MachineError, machine_error
from engine.journal.writer import JournalWriter
from engine.launch import wire
from engine.launch.answers import Answers
from engine.launch.engines import Engines
from engine.paths import Workspace
from engine.store.database import Database, Lock

_TICK = 0.25
_SYNC_SECONDS = 0.5
_REMEMBER_SECONDS = 60.0
_SETTLED_SECONDS = 5.0  # after so long the board of 10,000 runs is made


def _seconds(name: str, default: float) -> float:
    """A duration from the environment: for tests, and for machines where the default does not fit."""
    return float(os.environ.get(name) or default)


class Supervisor:
    """Owns the workspace while it lives: the lock, the socket, the journal, the database and the engines."""

    def __init__(self, home: Path):
        self.workspace = Workspace(home)
        self.lock = Lock(self.workspace)
        self.leaving = threading.Event()
        self.woken = threading.Event()
        self.clients = 0
        self._counting = threading.Lock()
        self._busy_until = time.monotonic()
        self._idle_seconds = _seconds("GRAFTLINE_IDLE_SECONDS", 60)
        self._sample_seconds = _seconds("GRAFTLINE_SAMPLE_SECONDS", 10)
        self._sampled = self._synced = 0.0
        self._remembered = time.monotonic()
        self._last_trouble = ""

    def run(self) -> None:
        """Serve until idle, or asked to leave."""
        self.path = wire.socket_path(self.workspace)
        self.path.unlink(missing_ok=True)  # we hold the lock, so whoever left it is dead
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        old = os.umask(0o177)
        try:
            listener.bind(str(self.path))
        finally:
            os.umask(old)
        listener.listen(64)
        self.ready = threading.Event()
        accepting = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        accepting.start()
        try:
            with JournalWriter(self.workspace.journal) as journal:
                self._serve(journal)
        finally:
            self.path.unlink(missing_ok=True)
            listener.close()

    def _serve(self, journal: JournalWriter) -> None:
        self.engines = Engines(self.workspace)
        self.answers = Answers(self.workspace, journal, self.engines, self._wake, self.leaving.set)
        self.engines.adopt()
        self.answers.notices += self.engines.said
        self.engines.said.clear()
        self.answers.database = Database(self.workspace, journal, self.answers.say)
        self.ready.set()
        try:
            while not self.leaving.is_set() and not self._idle():
                self._survive(self._tick)
                self.woken.wait(_TICK)
                self.woken.clear()
        finally:
            self._survive(self.answers.remember)
            with self.answers.lock:
                self.answers.database.close()

    def _wake(self) -> None:
        self.woken.set()

    def _tick(self) -> None:
        with self.answers.lock:
            changed = self.engines.tick()
            self.answers.notices += self.engines.said
            self.engines.said.clear()
        now = time.monotonic()
        if changed or (self.engines.running and now - self._synced >= _SYNC_SECONDS):
            self._synced = now
            self.answers.database.sync()
        wanted = bool(self._sample_seconds) and bool(self.engines.running or self.clients)
        if wanted and now - self._sampled >= self._sample_seconds:
            self._sampled = now
            self.answers.sample()
        if self.clients:
            self.answers.database.prepare()
        if self.clients and now - self._remembered >= _REMEMBER_SECONDS:
            self._remembered = now
            self.answers.remember()

    def _survive(self, work: Callable[[], None]) -> None:
        """Do `work`; a disk that is full, or a database that will not have it now, is logged once and tried again."""
        try:
            work()
            self._last_trouble = ""
        except (OSError, GraftlineError, duckdb.Error) as error:
            known = machine_error(error) if isinstance(error, OSError) else None
            trouble = f"{type(error).__name__}: {known or error}"
            if trouble != self._last_trouble:
                print(trouble, file=sys.stderr, flush=True)
                self.answers.say(str(known or error))
            self._last_trouble = trouble
            self.leaving.wait(1.0)

    def _idle(self) -> bool:
        """Nothing to do and nobody here for long enough. From then on nobody is greeted any more."""
        with self._counting:
            if self.clients or self.engines.running or self.engines.waiting():
                self._busy_until = time.monotonic()
            elif time.monotonic() - self._busy_until > self._idle_seconds:
                self.leaving.set()
        return self.leaving.is_set()

    # --- connections ------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                channel, _ = listener.accept()
            except OSError:  # closed: we are leaving
                return
            with self._counting:
                if self.leaving.is_set():
                    channel.close()
                    continue
                self.clients += 1
            threading.Thread(target=self._converse, args=(channel,), daemon=True).start()

    def _converse(self, channel: socket.socket) -> None:
        """Greet one client and answer it until it goes."""
        try:
            with channel:
                wire.send(channel, msgspec.msgpack.encode(wire.Hello(__version__, os.getpid())))
                while True:
                    request = msgspec.msgpack.decode(wire.receive(channel), type=wire.Request)
                    self.ready.wait()
                    wire.send(channel, msgspec.msgpack.encode(self._reply(request, channel)))
        except (OSError, EOFError, msgspec.DecodeError):
            return  # the client went, or is none of ours
        finally:
            with self._counting:
                self.clients -= 1

    def _reply(self, request: wire.Request, channel: socket.socket) -> wire.Reply:
        try:
            answer = self.answers.answer(request.method, request.arguments, channel)
            return wire.Reply(answer=msgspec.Raw(msgspec.msgpack.encode(answer)))
        except GraftlineError as error:
            return wire.Reply(trouble=wire.Trouble.of(error))
        except OSError as error:
            known = machine_error(error) or MachineError(str(error))
            return wire.Reply(trouble=wire.Trouble.of(known))
        except Exception as error:  # noqa: BLE001 - a bug in one answer must not silence the others; the log has it
            traceback.print_exc()
            problem = f"the supervisor failed on {request.method!r}: {type(error).__name__}: {error}"
            return wire.Reply(trouble=wire.Trouble("MachineError", f"{problem} (see supervisor.log)"))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m engine.launch.supervisor HOME", file=sys.stderr)
        return 2
    try:
        supervisor = Supervisor(Path(arguments[0]).absolute())
    except MachineError:
        return 0  # another one has this workspace, which is all that the client wanted

    def leave(signum: int, frame: FrameType | None) -> None:
        supervisor.leaving.set()
        supervisor.woken.set()

    spare(_SETTLED_SECONDS)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        supervisor.run()
    except GraftlineError as error:
        print(error, file=sys.stderr, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads still wait on clients; tearing the interpreter down under them makes DuckDB complain
