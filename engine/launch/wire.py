"""How a client and the supervisor speak: one Unix socket, length-prefixed MessagePack, a greeting first.

    connect -> hello {version, pid} <- supervisor         a client with a greeting in hand keeps the supervisor alive
    {method, arguments} ->  <- {answer} | {error}         one at a time on a connection

The greeting makes leaving safe: a supervisor that goes home when idle closes its socket first, and a connection that
it never greeted is made again elsewhere. Starting is safe too: whoever wants one takes a lock, looks again, and only
then starts one; a second supervisor finds the workspace locked and leaves.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

import engine
from engine import __version__, errors
from engine.errors import GraftlineError, InputError, MachineError, machine_error
from engine.paths import Workspace

_LONGEST_PATH = 100  # sun_path holds 108 bytes on Linux and 104 on macOS, with its end mark
_START_SECONDS = 60.0
_POLL_SECONDS = 0.01  # between two looks whether the one just started listens; a look takes 30 us
_started: list[tuple[Path, subprocess.Popen[bytes]]] = []
"""Workspaces and the supervisors started here for them: kept so that each is reaped, and none is started twice."""

_ERRORS: dict[str, type[GraftlineError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, GraftlineError)
}


class Hello(msgspec.Struct, frozen=True):
    version: str
    pid: int


class Request(msgspec.Struct, frozen=True):
    method: str
    arguments: dict[str, Any]


class Trouble(msgspec.Struct, frozen=True):
    """An error on its way over the wire."""

    kind: str
    message: str
    where: str | None = None
    key: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, error: GraftlineError) -> Trouble:
        name = type(error).__name__
        if isinstance(error, InputError):
            where = None if error.where is None else str(error.where)
            return cls(name, error.problem, where, error.key, error.fix)
        return cls(name, str(error))

    def raised(self) -> GraftlineError:
        """The same exception on this side."""
        kind = _ERRORS.get(self.kind, MachineError)
        if issubclass(kind, InputError):
            return kind(self.message, where=self.where, key=self.key, fix=self.fix)
        return kind(self.message)


class Reply(msgspec.Struct, frozen=True):
    answer: msgspec.Raw = msgspec.Raw(b"\xc0")
    trouble: Trouble | None = None


class Closed(Exception):
    """The other side is gone. `maybe_done`: it may have acted on the request before it went."""

    def __init__(self, *, maybe_done: bool):
        super().__init__("connection closed")
        self.maybe_done = maybe_done


class Connection:
    """One connection to a supervisor that has greeted us."""

    def __init__(self, channel: socket.socket):
        self._channel = channel
        self.broken = False
        self.hello = msgspec.msgpack.decode(receive(channel), type=Hello)

    def ask(self, method: str, arguments: dict[str, Any], wanted: Any) -> Any:
        """The answer as `wanted`. Raises what the supervisor raised, or `Closed`."""
        self.broken = True  # until a whole answer is here: a half-read one must not be read on
        try:
            send(self._channel, msgspec.msgpack.encode(Request(method, arguments)))
        except OSError:
            raise Closed(maybe_done=False) from None
        try:
            reply = msgspec.msgpack.decode(receive(self._channel), type=Reply)
        except (OSError, EOFError):
            raise Closed(maybe_done=True) from None
        self.broken = False
        if reply.trouble is not None:
            raise reply.trouble.raised()
        return msgspec.msgpack.decode(reply.answer, type=wanted)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def send(channel: socket.socket, body: bytes) -> None:
    channel.sendall(struct.pack("!I", len(body)) + body)


def receive(channel: socket.socket) -> bytes:
    """One whole message. Raises `EOFError` when the other side closed."""
    return _exactly(channel, struct.unpack("!I", _exactly(channel, 4))[0])


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


# --- where the socket stands ----------------------------------------------------------------------


def socket_path(workspace: Workspace) -> Path:
    """In the workspace, or, when that path is too long for a socket, in a private folder of the temporary one."""
    home = workspace.home.resolve()
    path = home / ".supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:24]
    return _private_folder() / f"{name}.sock"


def _private_folder() -> Path:
    """A folder that only we can enter. Refuses one that somebody else laid out first."""
    folder = Path(tempfile.gettempdir()) / f"graftline-{os.getuid()}"
    if len(os.fsencode(folder)) > _LONGEST_PATH - 30:
        folder = Path(f"/tmp/graftline-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise MachineError(f"{folder}: not a folder of ours alone (remove it, or set TMPDIR)")
    return folder


def python_command(module: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """How to run one of our modules in a process of its own: the command and its environment.

    `-P` keeps the current folder off the import path, so that no file lying there is taken for a module.
    """
    root = str(Path(engine.__file__).parents[1])
    inherited = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part and part != root]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *inherited]), "PYTHONUNBUFFERED": "1"}
    return [sys.executable, "-P", "-m", module, *arguments], environment


# --- connecting and starting ----------------------------------------------------------------------


def connect(workspace: Workspace) -> Connection:
    """A connection to the workspace's supervisor, which is started when there is none. Raises `MachineError`."""
    connection = dial(workspace)
    if connection is not None and connection.hello.version == __version__:
        return connection
    try:
        workspace.home.mkdir(parents=True, exist_ok=True)
        with _start_lock(workspace):
            return _start(workspace)
    except OSError as error:
        raise machine_error(error) or error from None


def wait_until_gone(workspace: Workspace, seconds: float = 20.0) -> None:
    """Wait for a supervisor that was told to leave to let go of the workspace. Raises `MachineError`."""
    deadline = time.monotonic() + seconds
    with (workspace.home / ".supervisor.lock").open("rb") as file:
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(0.02)
    raise MachineError(f"the supervisor of {workspace.home} does not leave (see {workspace.home}/supervisor.log)")


def dial(workspace: Workspace) -> Connection | None:
    """A greeted connection, or None when nobody listens."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        channel.connect(str(socket_path(workspace)))
        return Connection(channel)
    except (FileNotFoundError, ConnectionError, EOFError):
        channel.close()
        return None
    except BaseException:
        channel.close()
        raise


def wake(workspace: Workspace) -> None:
    """Start a supervisor when there is none, and do not wait for it: it starts while its first client does.

    Never raises: whatever keeps one from starting is told by `connect`.
    """
    with contextlib.suppress(OSError, GraftlineError):
        if not workspace.home.is_dir():
            return  # a folder is made by who has something to put into it
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            if channel.connect_ex(str(socket_path(workspace))) == 0:
                return
        with _start_lock(workspace, wait=False):
            _spawn(workspace)


@contextmanager
def _start_lock(workspace: Workspace, *, wait: bool = True) -> Iterator[None]:
    """Held by the one who starts a supervisor. Raises `BlockingIOError` instead of waiting, when told to."""
    descriptor = os.open(workspace.home / ".supervisor.start", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _start(workspace: Workspace) -> Connection:
    """Start a supervisor and wait for its greeting. One that leaves because another holds the workspace is normal."""
    deadline = time.monotonic() + _START_SECONDS
    child, ours = _starting(workspace), False
    while time.monotonic() < deadline:
        connection = dial(workspace)
        if connection is not None and connection.hello.version == __version__:
            return connection
        if connection is not None:  # one of another version: ours takes its place, and adopts its engines
            with connection, contextlib.suppress(Closed):
                connection.ask("shutdown", {}, type(None))
            wait_until_gone(workspace)
        if child is None or child.poll() == 0 or (child.returncode and not ours):
            child, ours = _spawn(workspace), True  # one that was started earlier may have been killed since
        elif child.returncode is not None:
            _check_disk(workspace)
            raise MachineError(f"the supervisor would not start: {_last_line(workspace)}")
        time.sleep(_POLL_SECONDS)
    raise MachineError(f"the supervisor of {workspace.home} does not answer (see {workspace.home}/supervisor.log)")


def _check_disk(workspace: Workspace) -> None:
    """Raise `MachineError` when the workspace takes no bytes: a supervisor on a full disk cannot even log why."""
    try:
        with tempfile.TemporaryFile(dir=workspace.home) as probe:
            probe.write(bytes(1 << 14))
    except OSError as error:
        error.filename = str(workspace.home)
        raise machine_error(error) or error from None


def _spawn(workspace: Workspace) -> subprocess.Popen[bytes]:
    _started[:] = [(home, process) for home, process in _started if process.poll() is None]
    command, environment = python_command("engine.launch.supervisor", str(workspace.home))
    with (workspace.home / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=workspace.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append((workspace.home, process))
    return process


def _starting(workspace: Workspace) -> subprocess.Popen[bytes] | None:
    """The supervisor that was started here and still lives, if any."""
    return next((one for home, one in _started if home == workspace.home and one.poll() is None), None)


def _last_line(workspace: Workspace) -> str:
    lines = (workspace.home / "supervisor.log").read_text(errors="replace").strip().splitlines()
    return f"{lines[-1] if lines else 'it said nothing'} (see {workspace.home}/supervisor.log)"
