"""How a build tells what it does: progress for the screen, seconds and bytes for the report, and whether to stop.

with teller.stage("prepare", total): teller.step(documents, bytes) ... -> Progress events, at most two a second
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from engine.corpus.report import Stage
from engine.journal.events import Progress
from engine.stage import StageContext

_SECONDS = 0.5
"""Between two events."""


class StoppedError(Exception):
    """Somebody asked the stage to stop."""


class Teller:
    """One build's account of itself."""

    def __init__(self, context: StageContext):
        self.context = context
        self.stages: list[Stage] = []
        self.peak_bytes = 0
        """The most that this process and its workers were seen to hold, shared libraries counted in each."""
        self._phase, self._begun, self._told = "", 0.0, 0.0
        self._total = self._documents = self._bytes = self._found = 0
        self._share = 0.0

    @contextmanager
    def stage(self, name: str, phase: str, total: int = 0) -> Iterator[None]:
        """Everything until its end is one stage. `total`: bytes of text to go through; 0: not known."""
        self._phase, self._total, self._begun, self._told = phase, total, time.monotonic(), 0.0
        self._documents = self._bytes = self._found = 0
        self._share = 0.0
        self.check()
        yield
        seconds = time.monotonic() - self._begun
        self.stages.append(Stage(stage=name, seconds=seconds, bytes=self._bytes, found=self._found))
        self._tell()

    def found(self, documents: int, size: int) -> None:
        """So much was done before, by another attempt or another build."""
        self._found += size
        self.step(documents, size)

    def step(self, documents: int, size: int = 0, share: float = 0.0) -> None:
        """So many more documents and bytes are done; `share` of the whole stage, if it is known. As `check`."""
        self._documents += documents
        self._bytes += size
        self._share = share or (self._bytes / self._total if self._total else 0.0)
        self.check()

    def check(self) -> None:
        """Raise `StoppedError` when somebody asked for it; tell how far things are when it is time."""
        if self.context.stop_asked:
            raise StoppedError
        if time.monotonic() - self._told >= _SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self.peak_bytes = max(self.peak_bytes, held := _held())
        seconds = self._told - self._begun
        share = min(1.0, self._share)
        rate = (self._bytes - self._found) / seconds if seconds > 0 else 0.0
        self.context.record(
            Progress(
                phase=self._phase,
                done=self._documents,
                total=round(self._documents / share) if share else 0,
                bytes=self._bytes,
                bytes_per_second=rate,
                seconds_left=self._bytes * (1 / share - 1) / rate if share and rate else None,
                memory_bytes=held,
            )
        )


def _held() -> int:
    total = 0
    this = psutil.Process()
    for process in (this, *this.children()):
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total
