"""Who uses this machine: the engines with all that they started, whoever holds GPU memory, and the busiest others."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

import psutil
import pynvml

from engine.launch.resources import gpu_count
from engine.store.rows import ProcessRow

_OTHERS = 30
"""Processes told of that are neither an engine's nor on a GPU."""
_FACTS = ["pid", "ppid", "username", "cpu_percent", "memory_info", "cmdline", "name", "create_time"]


class Processes:
    """Asked again and again: CPU use is since the last look, and 0 at the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # psutil keeps the processes it knows between two looks

    def look(self, engines: Mapping[int, str]) -> list[ProcessRow]:
        """`engines`: run ids by the engine's pid. Engines first, then by GPU memory, CPU and memory."""
        with self._lock:
            found = {process.pid: process.info for process in psutil.process_iter(_FACTS)}
        parents = {pid: info["ppid"] for pid, info in found.items()}
        on_gpu = gpu_memory()
        rows = [_row(info, _run_of(pid, parents, engines), on_gpu.get(pid, 0)) for pid, info in found.items()]
        rows.sort(key=lambda row: (not row.run_id, -row.gpu_memory, -row.cpu_percent, -row.memory, row.pid))
        wanted = sum(bool(row.run_id or row.gpu_memory) for row in rows)
        return rows[: wanted + _OTHERS]


def _run_of(pid: int, parents: Mapping[int, int | None], engines: Mapping[int, str]) -> str:
    """The run whose engine a process is, or was started by; empty for anybody else's."""
    seen: set[int] = set()
    at: int | None = pid
    while at is not None and at not in seen:
        if at in engines:
            return engines[at]
        seen.add(at)
        at = parents.get(at)
    return ""


def _row(info: dict[str, Any], run_id: str, gpu: int) -> ProcessRow:
    """What another user's process does not tell is empty or 0."""
    command = " ".join(info["cmdline"] or [f"[{info['name'] or '?'}]"])
    return ProcessRow(
        pid=info["pid"],
        run_id=run_id,
        user=info["username"] or "",
        cpu_percent=info["cpu_percent"] or 0.0,
        memory=info["memory_info"].rss if info["memory_info"] else 0,
        gpu_memory=gpu,
        command=" ".join(command.split()),
        started=info["create_time"] or 0.0,
    )


def gpu_memory() -> dict[int, int]:
    """Bytes on all GPUs together, by process."""
    found: dict[int, int] = {}
    for index in range(gpu_count()):
        with contextlib.suppress(pynvml.NVMLError):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            for process in pynvml.nvmlDeviceGetComputeRunningProcesses(handle):
                found[process.pid] = found.get(process.pid, 0) + (process.usedGpuMemory or 0)
    return found
