"""Contestants that train, each a process of its own: started, listened to, ended, and what it took.

a command -> lines or a journal, as it goes -> points (step, tokens, seconds, loss, held-out loss) and peak memory
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from engine.config.load import dump
from engine.config.schema import ModelConfig, PretrainConfig, TrainConfig
from engine.journal.events import Metrics
from engine.journal.reader import read
from engine.paths import RunFolder, Workspace, new_run_id

ROOT = Path(__file__).parents[1]
KEEP_MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=4294967296"}
"""The allocator's best setting for a training loop, which peers are given at their best; Graftline sets it itself."""


class Point(NamedTuple):
    step: int
    tokens: int
    seconds: float
    """Of training, held-out looks left out."""
    loss: float | None
    heldout: float | None


@dataclass
class Contestant:
    """One that trains; its command may be started again and again."""

    name: str
    version: str
    command: Callable[[], tuple[list[str], Callable[[str], list[Point]]]]
    """Gives a fresh command, and how to read what it has told: from its output, if that is where it tells it."""
    environment: dict[str, str] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    """Tokens per second of each window of each turn but the first."""
    memory: int = 0
    """Peak resident bytes of the process, the largest of all turns."""
    loss: float | None = None

    def turn(self, seconds: float) -> None:
        """Train for about so long."""
        points, memory = self.run(seconds)
        if len(points) < 3:
            raise SystemExit(f"{self.name}: only {len(points)} windows in {seconds:.0f} s: give more --seconds")
        pairs = list(pairwise(points[1:]))
        self.rates += [(b.tokens - a.tokens) / (b.seconds - a.seconds) for a, b in pairs]
        self.memory, self.loss = max(self.memory, memory), points[-1].loss

    def run(self, seconds: float | None = None) -> tuple[list[Point], int]:
        """Train to the end, or for so many seconds from the first thing it tells; points, and peak memory in bytes."""
        command, listen = self.command()
        log = Path(f"{os.environ.get('TMPDIR', '/tmp')}/contest-{os.getpid()}.log")
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.environment}, stdout=file)
        until: float | None = None
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            time.sleep(0.2)
            if seconds is not None and until is None and listen(log.read_text()):
                until = time.monotonic() + seconds
            if until is not None and time.monotonic() > until:
                process.send_signal(signal.SIGTERM)
                until = float("inf")
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        if process.returncode not in (0, -signal.SIGTERM):
            raise SystemExit(f"{self.name} ended with code {process.returncode}: {log.read_text()[-500:]}")
        return listen(log.read_text()), ended[2].ru_maxrss * 1024

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def interleaved(contestants: list[Contestant], rounds: int, seconds: float) -> None:
    """A B C A B C ..., one at a time: what else the machine does falls on all of them."""
    for number in range(rounds):
        for one in contestants:
            one.turn(seconds)
            print(f"round {number + 1}: {one.name}: {one.rates[-1]:,.0f} tokens/s", file=sys.stderr, flush=True)


def peer(name: str, version: str, command: list[str], *, best: bool = False) -> Contestant:
    """A plain loop of bench/peer_loop.py, which prints its points."""

    def fresh() -> tuple[list[str], Callable[[str], list[Point]]]:
        return [*command, *(["--best"] if best else [])], _lines

    return Contestant(name, version, fresh, KEEP_MEMORY if best else {})


def _lines(output: str) -> list[Point]:
    whole = output[: output.rfind("\n") + 1].splitlines()
    told = [json.loads(line) for line in whole if line.startswith("{")]
    return [Point(t["step"], t["tokens"], t["seconds"], t["loss"], t.get("heldout")) for t in told]


def graftline(
    name: str, version: str, workspace: Workspace, corpus: str, model: ModelConfig, train: TrainConfig, seed: int = 0
) -> Contestant:
    """A pretraining run by `python -m engine`, as the app starts it; its journal is what it tells."""

    def fresh() -> tuple[list[str], Callable[[str], list[Point]]]:
        folder = workspace.run(new_run_id("pretrain", "bench"))
        folder.path.mkdir(parents=True)
        config = PretrainConfig(name="bench", corpus=corpus, model=model, train=train, seed=seed)
        folder.config.write_text(dump(config))
        return [sys.executable, "-P", "-m", "engine", "pretrain", str(folder.path)], lambda _: journal(folder)

    return Contestant(name, version, fresh, {"PYTHONPATH": str(ROOT)})


def journal(folder: RunFolder) -> list[Point]:
    """The points of a run so far: one for each logged step, with the look that followed it."""
    if not folder.journal.exists():
        return []
    found: dict[int, Point] = {}
    seconds, tokens = 0.0, 0
    for record in read(folder.journal).records:
        if isinstance(event := record.event, Metrics):
            if pace := event.values.get("tokens_per_second"):  # looks and checkpoints are no part of it
                seconds, tokens = seconds + (event.tokens - tokens) / pace, event.tokens
            old = found.get(event.step) or Point(event.step, event.tokens, seconds, None, None)
            loss, heldout = event.values.get("train_loss", old.loss), event.values.get("heldout_loss", old.heldout)
            found[event.step] = old._replace(loss=loss, heldout=heldout)
    return list(found.values())
