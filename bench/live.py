"""One run that is being written while it is watched: ten steps a second, in each program's own format."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from bench import event_file, journals, wandb_file
from bench.curves import START, Curves, curves
from engine.journal.events import Started
from engine.journal.writer import JournalWriter
from engine.stage import boot_id

RATE = 10.0
"""Steps a second."""
BEFORE = 2000
"""Steps that are there when it begins."""


class LiveRun:
    """The same run in three formats below `folder`, with its first steps written."""

    def __init__(self, folder: Path, steps: int = 20_000):
        self._all = curves(0, steps)
        head: Curves = {name: values[:BEFORE] for name, values in self._all.items()}
        process = psutil.Process()
        started = Started(
            pid=os.getpid(), start_ticks=process.create_time(), boot_id=boot_id(), host="bench", device="CPU"
        )
        run = journals.begin(folder / "runs", 0, steps, started=started)
        self._journal = JournalWriter(run.journal)
        for step in range(1, BEFORE + 1):
            self._journal.append(journals.measured(step, self._values(step)))
        self._wandb = wandb_file.write_run(folder / "wandb", 0, head, ended=False)
        self._events = event_file.write_run(folder / "tb", 0, head)

    def _values(self, step: int) -> dict[str, float]:
        return {name: float(values[step - 1]) for name, values in self._all.items()}

    def _append(self, step: int) -> None:
        values = self._values(step)
        self._journal.append(journals.measured(step, values))
        self._wandb.add(wandb_file.history(step, values, START))
        self._wandb.flush()
        one = {name: np.array([value]) for name, value in values.items()}
        with self._events.open("ab") as file:
            file.write(event_file.events(step, one, START))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Append steps from a thread until the block ends."""
        ended = threading.Event()

        def write() -> None:
            step, due = BEFORE, time.monotonic()
            while not ended.is_set():
                step, due = step + 1, due + 1 / RATE
                self._append(step)
                ended.wait(max(0.0, due - time.monotonic()))

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def close(self) -> None:
        self._journal.close()
        self._wandb.close()
