"""How fast a corpus is being built, as labels and figures: for the monitor, the corpus screen and the command line."""

from __future__ import annotations

from engine import figures
from engine.journal.events import Progress


def documents_per_second(progress: Progress) -> float:
    """At the pace of the bytes, and the mean document so far; 0: not known."""
    return progress.done * progress.bytes_per_second / progress.bytes if progress.bytes else 0.0


def pace(progress: Progress) -> list[tuple[str, str]]:
    """What is known, the most telling first; nothing for stages that count no bytes."""
    items: list[tuple[str, str]] = []
    if progress.bytes_per_second > 0:
        items.append(("documents/s", figures.count(documents_per_second(progress))))
        items.append(("MB/s", f"{progress.bytes_per_second / 1e6:.1f}"))
    if progress.seconds_left is not None:
        items.append(("ETA", figures.duration(progress.seconds_left)))
    if progress.bytes:
        items.append(("read", figures.size(progress.bytes)))
    if progress.memory_bytes:
        items.append(("memory", figures.size(progress.memory_bytes)))
    return items
