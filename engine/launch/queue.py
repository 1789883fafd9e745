"""The queue, which is nothing but run folders whose `status.json` says `queued`.

`status.json` is what the launcher knows and the journal cannot: that a run waits, which process it was given to, that
it was asked to stop. The journal stays the truth about everything that the engine did.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from engine.paths import RunFolder, write_atomic

State = Literal["queued", "running", "stopped", "finished", "failed", "cancelled"]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    state: State
    queued_at: float
    """Seconds since the epoch; the queue's order."""
    pid: int | None = None
    """Of the engine, once it is started."""
    start_ticks: float | None = None
    """When that process was created, as psutil tells it."""
    boot_id: str | None = None
    devices: int = 1
    """How many it asks for."""
    gpus: tuple[int, ...] = ()
    """Those it was given; none on machines without."""
    stop_asked: bool = False
    attempts: int = 0
    """Attempts in the journal when this start was made: a newer one means that the engine came up."""
    oom_kills: int | None = None
    """The kernel's count of out-of-memory kills at the start."""


def read_status(folder: RunFolder) -> Status | None:
    """None when there is none, or none that can be read: the run is then judged by its journal alone."""
    try:
        return msgspec.json.decode(folder.status.read_bytes(), type=Status)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_status(folder: RunFolder, status: Status) -> None:
    write_atomic(folder.status, msgspec.json.encode(status))


def ascending(times: list[float]) -> list[float]:
    """Sorted times of queueing, no two the same: the places of a queue, to be given out in another order."""
    places: list[float] = []
    for time in sorted(times):
        places.append(max(time, math.nextafter(places[-1], math.inf)) if places else time)
    return places


class Statuses:
    """Statuses of many runs, each read again only when its file changed: the queue is looked at four times a second."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Status | None]] = {}

    def of(self, folder: RunFolder) -> Status | None:
        try:
            found = folder.status.stat()
        except FileNotFoundError:
            return None
        mark = (found.st_mtime_ns, found.st_ino, found.st_size)
        kept = self._kept.get(folder.id)
        if kept is None or kept[0] != mark:
            kept = (mark, read_status(folder))
            self._kept[folder.id] = kept
        return kept[1]
