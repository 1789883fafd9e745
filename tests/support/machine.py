"""A machine that stands still, for pictures of it: the figures of a real look, written down."""

from __future__ import annotations

from engine.launch.machine import Watch
from engine.store.rows import GpuNow, MachineNow, ProcessRow
from tests.support.workspace import NOW, RUNS

_GB = 10**9
_OTHERS = (
    ("/usr/lib/systemd/systemd --user", "graft", 0.0, 12_000_000, 86_400.0 * 12),
    ("python -m tui --home /home/graft/runs", "graft", 3.0, 96_000_000, 2_400.0),
    ("python -m engine.launch.supervisor /home/graft/runs", "graft", 1.0, 141_000_000, 3_100.0),
    ("postgres: checkpointer", "postgres", 0.3, 38_000_000, 86_400.0 * 3),
    ("node /opt/app/server.js --port 8080", "www", 12.0, 310_000_000, 7_200.0),
    ("sshd: graft@pts/1", "root", 0.0, 9_000_000, 3_600.0),
)


class StillWatch(Watch):
    """Gives the same look whenever it is asked. `gpus`: how many there are."""

    def __init__(self, gpus: int = 0, cores: int = 2):
        self._gpus, self._cores = gpus, cores

    def look(self) -> MachineNow:
        cores = tuple(float((37 * (n + 3)) % 101) for n in range(self._cores))
        return MachineNow(
            time=NOW, cores=cores, load=(1.42, 1.17, 0.80), memory_used=int(4.1 * _GB), memory_total=int(8.2 * _GB),
            disk_used=52 * _GB, disk_total=90 * _GB, gpus=tuple(_gpu(n) for n in range(self._gpus)),
            processes=(_ours(RUNS["helper-long"], self._gpus), *_strangers()),
        )  # fmt: skip


def _gpu(index: int) -> GpuNow:
    return GpuNow(
        index=index, name="NVIDIA H100 80GB HBM3", utilization=97.0 - 30 * index, memory_used=61.5 * _GB,
        memory_total=80.0 * _GB, power=612.0 - 150 * index, power_limit=700.0, temperature=64.0 - 7 * index,
    )  # fmt: skip


def _ours(run_id: str, gpus: int) -> ProcessRow:
    return ProcessRow(
        pid=4100, run_id=run_id, command=f"python -m engine branch /home/graft/runs/{run_id}", user="graft",
        cpu_percent=97.0, memory=612_000_000, started=NOW - 270, gpu_memory=58 * _GB if gpus else 0,
    )  # fmt: skip


def _strangers() -> list[ProcessRow]:
    return [
        ProcessRow(
            pid=200 + 31 * n, run_id="", gpu_memory=0, command=command, user=user, cpu_percent=cpu, memory=memory,
            started=NOW - age,
        )
        for n, (command, user, cpu, memory, age) in enumerate(_OTHERS)
    ]  # fmt: skip
