"""The machine at this moment: every processor, memory, disk, GPUs, and the processes on them.

    psutil, NVML (here)  +  Client.processes (the supervisor knows whose they are)  ->  Watch.look()  ->  MachineNow

Nothing of it is kept. `resources.sample` is what the store records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pynvml

from engine.launch import resources
from engine.store.rows import GpuNow, MachineNow, ProcessRow

_FIRST_SECONDS = 0.1
"""Processor use is a difference of two looks; the first look waits this long for its second."""


class Watch:
    """Looks at the machine again and again. Each look's processor use is since the one before. Not thread-safe."""

    def __init__(self, home: Path, processes: Callable[[], Sequence[ProcessRow]]):
        """`home`: a folder on the disk that is looked at."""
        self._home, self._processes = home, processes
        self._begun = False

    def look(self) -> MachineNow:
        if not self._begun:
            self._begun = True
            psutil.cpu_percent(percpu=True)
            self._processes()
            time.sleep(_FIRST_SECONDS)
        cores = tuple(psutil.cpu_percent(percpu=True))
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        disk = psutil.disk_usage(str(self._home))
        return MachineNow(
            time=time.time(),
            cores=cores,
            load=psutil.getloadavg(),
            memory_used=int(memory.total - memory.available),
            memory_total=int(memory.total),
            swap_used=int(swap.used),
            swap_total=int(swap.total),
            disk_used=int(disk.used),
            disk_total=int(disk.total),
            gpus=_gpus(),
            processes=tuple(self._processes()),
        )


def _gpus() -> tuple[GpuNow, ...]:
    gpus = []
    for index in range(resources.gpu_count()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        facts = {key: value for key, value in resources.gpu(index).items() if key != "index"}
        gpus.append(GpuNow(index=index, name=resources.gpu_name(index), power_limit=_limit(handle), **facts))
    return tuple(gpus)


def _limit(handle: Any) -> float | None:
    """Watts."""
    try:
        return float(pynvml.nvmlDeviceGetEnforcedPowerLimit(handle)) / 1000
    except pynvml.NVMLError:
        return None
