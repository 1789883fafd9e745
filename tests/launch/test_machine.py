"""What is read of the machine, against what the system itself tells; and of GPUs, as far as they tell anything."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pynvml
import pytest

from engine.launch import machine, resources
from engine.launch.machine import Watch
from engine.store.rows import GpuNow, ProcessRow

PROCESS = ProcessRow(pid=1, run_id="", user="", cpu_percent=0.0, memory=0, gpu_memory=0, command="init")


def test_the_machine_is_as_the_system_tells(tmp_path: Path) -> None:
    watch = Watch(tmp_path, lambda: [PROCESS])
    now = watch.look()
    assert len(now.cores) == psutil.cpu_count() and all(0 <= core <= 100 for core in now.cores)
    assert now.memory_total == psutil.virtual_memory().total and 0 < now.memory_used < now.memory_total
    disk = os.statvfs(tmp_path)
    assert now.disk_total == disk.f_blocks * disk.f_frsize and 0 < now.disk_used < now.disk_total
    assert now.processes == (PROCESS,)


def test_a_busy_core_shows_in_the_next_look(tmp_path: Path) -> None:
    watch = Watch(tmp_path, list)
    watch.look()
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    now = watch.look()
    assert max(now.cores) > 20 and now.cpu_percent == pytest.approx(sum(now.cores) / len(now.cores))


def test_what_a_gpu_does_not_tell_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's answers, written down: this one knows memory and name, and no power."""

    def refuses(handle: object) -> float:
        raise pynvml.NVMLError_NotSupported

    monkeypatch.setattr(resources, "gpu_count", lambda: 1)
    monkeypatch.setattr(resources, "gpu", lambda index: {"index": 0.0, "memory_used": 2.0, "memory_total": 8.0})
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda handle: b"Some GPU")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetEnforcedPowerLimit", refuses)
    assert machine._gpus() == (GpuNow(index=0, name="Some GPU", memory_used=2.0, memory_total=8.0),)
