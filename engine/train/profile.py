"""A profile of some steps on demand: `<run>/profiles/step-00000120.json.gz`, a trace that ui.perfetto.dev opens.

    graftline profile RUN --steps N -> <run>/profile.ask -> the next N steps are traced -> the file, and an event

A profiled step does what any step does; it is only slower. Asking is a file and no signal, which would kill an engine
that does not listen yet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from engine.paths import RunFolder
from engine.train.record import Recorder


class Profiler:
    """Traces the steps of one attempt that somebody asks for."""

    def __init__(self, recorder: Recorder, device: torch.device):
        self.recorder, self.folder = recorder, recorder.context.folder
        self.first_rank = recorder.context.rank == 0
        self.activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
        self._running: Any = None
        self._first = self._last = 0

    @contextmanager
    def around(self, step: int) -> Iterator[None]:
        """One step."""
        if self._running is None and self.first_rank and (steps := take_request(self.folder)):
            self._first, self._last = step, step + steps - 1
            self._running = profile(activities=self.activities, record_shapes=True)
            self._running.start()
        if self._running is None:
            yield
            return
        with torch.profiler.record_function(f"step {step}"):
            yield
        if step >= self._last:
            self.finish(step)

    def finish(self, step: int) -> None:
        """Write what was traced, if anything is."""
        if self._running is None:
            return
        running, self._running = self._running, None
        with self.recorder.off_the_clock():
            running.stop()
            path = self.folder.profile(self._first)
            path.parent.mkdir(exist_ok=True)
            running.export_chrome_trace(str(path))
        where = path.relative_to(self.folder.path)
        why = f"steps {self._first:,} to {step:,} are traced in {where}: open it at ui.perfetto.dev"
        self.recorder.decide("profile", self._first, why)


def take_request(folder: RunFolder) -> int:
    """How many steps somebody wants profiled; asking is over once it was heard. 0: nobody asks."""
    try:
        asked = folder.profile_request.read_text()
    except FileNotFoundError:
        return 0
    with contextlib.suppress(FileNotFoundError):
        folder.profile_request.unlink()
    return int(asked) if asked.isdecimal() else 0
