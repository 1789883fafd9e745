"""What this machine has: devices that runs are given, and how busy it is."""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache
from pathlib import Path

import psutil
import pynvml

from engine.journal.events import MachineSample


@lru_cache(maxsize=1)
def gpu_count() -> int:
    """NVIDIA GPUs that the driver tells of; 0 without a driver."""
    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0


def slots() -> list[int | None]:
    """One place per GPU that we may use, or one for the processor. A run of any kind takes one place."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    every = list(range(gpu_count()))
    if allowed is not None:
        named = {int(part) for part in allowed.split(",") if part.strip().isdecimal()}
        every = [gpu for gpu in every if gpu in named]
    return [*every] if every else [None]


def sample(home: Path) -> MachineSample:
    """How busy the machine is now. CPU use is since the last call."""
    memory = psutil.virtual_memory()
    return MachineSample(
        cpu_percent=psutil.cpu_percent(),
        memory_used=int(memory.total - memory.available),
        memory_total=int(memory.total),
        disk_free=int(psutil.disk_usage(str(home)).free),
        gpus=tuple(gpu(index) for index in range(gpu_count())),
    )


def gpu(index: int) -> dict[str, float]:
    """One GPU's figures; those that this one does not tell are left out."""
    found: dict[str, float] = {"index": float(index)}
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    with contextlib.suppress(pynvml.NVMLError):
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        found |= {"memory_used": float(memory.used), "memory_total": float(memory.total)}
    with contextlib.suppress(pynvml.NVMLError):
        found["utilization"] = float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    with contextlib.suppress(pynvml.NVMLError):
        found["power"] = pynvml.nvmlDeviceGetPowerUsage(handle) / 1000
    with contextlib.suppress(pynvml.NVMLError):
        found["temperature"] = float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU))
    return found


def gpu_name(index: int) -> str:
    """What the maker calls it."""
    try:
        name = pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(index))
    except pynvml.NVMLError:
        return "GPU"
    return name.decode() if isinstance(name, bytes) else str(name)
