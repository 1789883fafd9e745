"""The processes that a test has started, and whether they are gone."""

from __future__ import annotations

import psutil


def children(module: str) -> list[psutil.Process]:
    """Living children of this process that run `python -m module`. One that only waits to be reaped lives no more."""
    found = []
    for process in psutil.Process().children():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and module in process.cmdline():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found
