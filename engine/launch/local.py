"""Engines as processes on this machine: started so that they outlive everybody, known again later, explained when dead.

A process is known by its pid, the time it was created and the boot it belongs to; a pid alone is somebody else's
tomorrow. A zombie counts as dead: in a container nobody may ever reap it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.journal.events import Started
from engine.launch.wire import python_command
from engine.paths import RunFolder
from engine.stage import boot_id

_SIGNAL_HINTS: dict[int, str] = {
    signal.SIGKILL: " (by hand, or by a memory limit)",
    signal.SIGBUS: " (a file it was reading was cut short, or its disk failed: check the corpus)",
}
_CLOCK_SLACK = 2.0  # seconds; psutil derives creation times from a boot time that moves when the clock is set


@dataclass(frozen=True)
class Identity:
    """Which process, among all there ever were on this machine."""

    pid: int
    start_ticks: float
    boot_id: str

    @classmethod
    def started(cls, event: Started) -> Identity:
        return cls(event.pid, event.start_ticks, event.boot_id)


def spawn(folder: RunFolder, kind: str, gpus: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start an engine in its own session, with no terminal anywhere near it; its output goes to `engine.log`."""
    command, environment = python_command("engine", kind, str(folder.path))
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=folder.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def identify(pid: int) -> Identity | None:
    """Who has this pid now; None when nobody has."""
    try:
        return Identity(pid, psutil.Process(pid).create_time(), boot_id())
    except psutil.NoSuchProcess:
        return None


def is_alive(identity: Identity, folder: RunFolder) -> bool:
    """Whether that very process still runs. When the clock was set meanwhile, the journal's lock decides."""
    if identity.boot_id != boot_id():
        return False
    try:
        process = psutil.Process(identity.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(process.create_time() - identity.start_ticks) < _CLOCK_SLACK or is_locked(folder)
    except psutil.NoSuchProcess:
        return False


def is_locked(folder: RunFolder) -> bool:
    """Whether some process is writing the run's journal."""
    try:
        descriptor = os.open(folder.journal, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def find(folder: RunFolder) -> Identity | None:
    """The engine of a run folder among all processes: for the moment between its start and its first line."""
    wanted = str(folder.path)
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and "engine" in command and command[-1:] == [wanted]:
            return identify(process.pid)
    return None


def ask_to_stop(identity: Identity, folder: RunFolder) -> bool:
    """SIGTERM: checkpoint, then end. False when the process is gone already."""
    if not is_alive(identity, folder):
        return False
    try:
        os.kill(identity.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True


# --- why it died ----------------------------------------------------------------------------------


def oom_kills() -> int | None:
    """How many processes the kernel has killed for want of memory since boot; None where that is not told."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


def why_died(code: int | None, kills_before: int | None, log: Path) -> str:
    """A sentence on a death that the engine could not tell of. `code` as Popen has it; None: not our child."""
    now = oom_kills()
    starved = kills_before is not None and now is not None and now > kills_before
    memory = "; the kernel ran out of memory and killed a process meanwhile: a smaller batch needs less"
    if code is None:
        return f"the engine died and left no word{memory if starved else ' (killed, or the machine went down)'}"
    if code < 0:
        name = _signal_name(-code)
        hint = memory if starved else _SIGNAL_HINTS.get(-code, "")
        return f"the engine was killed by signal {-code} ({name}){hint}"
    return f"the engine ended with code {code} and left no word: {last_line(log)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def last_line(log: Path) -> str:
    """The last line that an engine printed, at most 300 characters."""
    try:
        lines = log.read_bytes()[-4096:].decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1][:300] if lines else "its log is empty"
