"""The demo as a process of its own: started once a workspace, and asked whether it still goes on.

    start(home)  ->  python -m engine.demo HOME, in a session of its own  ->  home/demo.log: its words

Whoever started it may leave. The log is locked while it plays: the child inherits it open, so the lock lives as long.
"""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from engine.errors import InputError, machine_error
from engine.launch.wire import python_command

_TAIL = 4096


def start(home: Path) -> subprocess.Popen[bytes]:
    """Begin the demo in a workspace. Raises `InputError` while it runs there, `MachineError` when the disk refuses."""
    command, environment = python_command("engine.demo", str(home))
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / "demo.log").open("ab") as log:
            try:
                fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError("the demo already runs here", where=home, fix="wait for it") from None
            log.truncate(0)
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
    except OSError as error:
        raise machine_error(error) or error from None


def running(home: Path) -> bool:
    """Whether the demo goes on in a workspace, whoever started it."""
    try:
        with (home / "demo.log").open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def words(home: Path, count: int) -> list[str]:
    """The last lines that the demo said, oldest first; none when it never ran here."""
    try:
        with (home / "demo.log").open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - _TAIL))
            said = log.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return [line.rstrip() for line in said.splitlines() if line.strip()][-count:]
