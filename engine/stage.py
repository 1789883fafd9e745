"""What every stage of the engine is given, and what it owes.

    python -m engine <stage> <run-dir>  ->  config.toml  ->  stage.run(context, config)  ->  Outcome, as an event

A stage knows its run folder and the workspace it stands in, and nothing else: no database, no queue, no screen.
It appends events, writes files atomically, and looks at `context.stop_asked` between steps. SIGTERM and SIGINT ask
it to checkpoint and stop; SIGUSR1 to checkpoint and go on.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from engine.journal.events import Event, Said
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder, Workspace


@dataclass(frozen=True)
class Outcome:
    """How a stage ended, when it did not raise."""

    stopped: bool = False
    """It was asked to stop and can be resumed."""
    device_seconds: float = 0.0
    tokens: int = 0
    flops: float = 0.0
    step: int = 0


def peak_memory() -> int:
    """The most bytes that this process has held so far: on its GPU where it uses one, else in all."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@dataclass
class StageContext:
    """A stage's whole world."""

    folder: RunFolder
    workspace: Workspace
    journal: JournalWriter | None
    """None on every rank but the first: they work, and leave the telling to it."""
    rank: int = 0
    """Which of the processes that share this run this is."""
    ranks: int = 1
    started: float = field(default_factory=time.monotonic)
    stop_asked: bool = False
    checkpoint_asked: bool = False

    def record(self, event: Event, *, sync: bool = False) -> None:
        if self.journal is not None:
            self.journal.append(event, sync=sync)

    def say(self, text: str) -> None:
        """Tell the user a decision or a finding: into the journal, and so into the log and onto the screen."""
        if self.journal is not None:
            self.journal.append(Said(text=text))
            print(text, flush=True)

    def listen(self) -> None:
        """Obey signals from now on."""

        def stop(signum: int, frame: FrameType | None) -> None:
            self.stop_asked = True

        def checkpoint(signum: int, frame: FrameType | None) -> None:
            self.checkpoint_asked = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGUSR1, checkpoint)


def boot_id() -> str:
    """Differs after every boot, so that a pid from before a reboot is never taken for a live one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))
