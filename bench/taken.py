"""What a command takes, with every process below it: seconds of the clock, of processors, and peak memory.

    python bench/taken.py OUT COMMAND...        runs the command and writes what it took as JSON

It runs in a process of its own, which inherits whatever the command leaves behind and ends it: so the processor time of
servers that work for the command, and of what those started, is in the sum. Memory is the largest sum of proportional
set sizes (pages that processes share are counted once), looked at four times a second. Linux only. No import but the
standard library's: this process is measured too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_SUBREAPER = 36
"""`PR_SET_CHILD_SUBREAPER` of prctl(2): orphans below become children of this process."""
_EVERY = 0.25


class Taken(NamedTuple):
    seconds: float
    processor: float
    """User and system time, seconds."""
    memory: int
    """Bytes at the peak."""


def taken(command: list[str], log: Path, environment: dict[str, str] | None = None, cwd: Path | None = None) -> Taken:
    """Run a command to its end; raises `SystemExit` with the end of its output when it fails."""
    result = log.with_suffix(".json")
    whole = [sys.executable, __file__, str(result), *command]
    with log.open("wb") as file:
        code = subprocess.run(whole, stdout=file, stderr=file, env={**os.environ, **(environment or {})}, cwd=cwd)
    if code.returncode:
        raise SystemExit(f"{' '.join(command[:4])}... ended with {code.returncode}:\n{log.read_text()[-2000:]}")
    return Taken(**json.loads(result.read_text()))


def main(out: Path, command: list[str]) -> int:
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    started, memory = time.monotonic(), 0
    process = subprocess.Popen(command)
    while process.poll() is None:
        memory = max(memory, sum(map(_proportional, _below(os.getpid()))))
        try:
            process.wait(_EVERY)
        except subprocess.TimeoutExpired:
            continue
    seconds = time.monotonic() - started
    _end(_below(os.getpid()), until=time.monotonic() + 5)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {"seconds": seconds, "processor": spent.ru_utime + spent.ru_stime, "memory": memory}
    out.write_text(json.dumps(told))
    return process.returncode


def _end(pids: list[int], until: float) -> None:
    """End servers that the command left behind, and wait for them, so that what they took is counted."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    while time.monotonic() < until:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.02)
        except ChildProcessError:
            return


def _below(pid: int) -> list[int]:
    """Processes below this one."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        for thread in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                children = [int(word) for word in thread.read_text().split()]
            except OSError:
                continue
            found += children
            left += children
    return found


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
