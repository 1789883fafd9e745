"""What a program in a terminal costs: memory and processor time of its whole process tree, and how fast it answers.

The supervisor of a workspace is a child of the app that started it, or nobody's: it is counted by itself.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.terminal import Terminal

QUIET = 0.03
"""Seconds without a byte after which a repaint is whole."""


@dataclass(frozen=True)
class Usage:
    """`memory`: the sum of each process's own peak (VmHWM), bytes. `seconds`: user and system time."""

    memory: int
    seconds: float


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a key to the last byte of the repaint that it causes."""

    median: float
    p95: float
    unanswered: int


def usage(pid: int) -> Usage:
    """Of a process and all below it, but for supervisors."""
    root = psutil.Process(pid)
    return _sum([one for one in [root, *root.children(recursive=True)] if not _is_supervisor(one)])


def supervisor_usage(home: Path) -> Usage:
    """Of a workspace's supervisor alone."""
    return _sum([one for one in psutil.process_iter() if _is_supervisor(one) and str(home) in one.cmdline()])


def _sum(processes: Iterable[psutil.Process]) -> Usage:
    memory, seconds = 0, 0.0
    for one in processes:
        try:
            times = one.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
            memory += _peak(one.pid)
        except (psutil.NoSuchProcess, FileNotFoundError):
            continue
    return Usage(memory, seconds)


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _is_supervisor(process: psutil.Process) -> bool:
    try:
        return any("engine.launch.supervisor" in part for part in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def latency(terminal: Terminal, keys: Iterable[str], *, seconds: float = 60.0) -> Latency:
    """Press each key when the terminal is quiet, and see when its repaint has come; no new one after `seconds`."""
    taken, unanswered = [], 0
    last = time.perf_counter() + seconds
    for key in keys:
        if time.perf_counter() > last:
            break
        while terminal.pump(0.05):
            pass
        before = len(terminal.chunks)
        pressed = time.perf_counter()
        terminal.press(key)
        end = pressed + 5.0
        while len(terminal.chunks) == before and time.perf_counter() < end:
            terminal.pump(0.001)
        while terminal.pump(QUIET):
            pass
        if len(terminal.chunks) == before:
            unanswered += 1
        else:
            taken.append((terminal.chunks[-1].time - pressed) * 1000)
    if len(taken) < 2:
        return Latency(float("nan"), float("nan"), unanswered)
    return Latency(statistics.median(taken), statistics.quantiles(taken, n=20)[-1], unanswered)


def frame(terminal: Terminal, ready: Callable[[str], bool], *, quiet: float = 0.3, seconds: float = 300.0) -> float:
    """Seconds from the start to the last byte of the first frame that is `ready` and then quiet for a while."""
    terminal.wait(lambda: ready(terminal.text), seconds)
    return terminal.rest(quiet, seconds)


def flow(terminal: Terminal, seconds: float) -> tuple[float, float]:
    """Bytes a second, and percent of one core, over some seconds in which nothing is pressed."""
    sent, before, began = terminal.sent, usage(terminal.process.pid).seconds, time.perf_counter()
    terminal.pump(seconds)
    passed = time.perf_counter() - began
    used = usage(terminal.process.pid).seconds - before
    return (terminal.sent - sent) / passed, used / passed * 100
