"""`python -m engine.rehearse <stage> <folder> <seconds>`: the first steps of a run, done to be timed.

    <workspace>/<folder>/config.toml  ->  the stage itself, for a few steps  ->  <folder>/rehearsed.json: `Rehearsed`

It is the real thing: the stage's own code on its own data at its own micro-batch, with one look at the held-out loss
and one checkpoint. Whoever asked makes the folder and deletes it. Exit codes are those of `python -m engine`; a
refusal is one line on stderr.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
from msgspec.structs import replace

from engine.__main__ import STAGES
from engine.config.estimate import Rehearsed
from engine.config.load import KINDS, load
from engine.config.schema import BranchConfig, PretrainConfig, TrainConfig
from engine.errors import GraftlineError
from engine.journal.events import Checkpoint, Event, Metrics, Said
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder, Workspace
from engine.stage import StageContext, peak_memory

RESULT = "rehearsed.json"
_WARMING = 2  # steps: the first ones build kernels and take their memory from the system
_LOOK_AFTER = 4  # steps
_ENDLESS = 1 << 30  # steps
_PARTS = 4  # micro-batches; of more, the time is worked out


@dataclass
class Rehearsal(StageContext):
    """A stage's world that notes how long things took, and has had enough after a few seconds of steps.

    What an event tells of took from the event before it until now.
    """

    enough: float = 0.0
    """Seconds of steps."""
    steps: list[float] = field(default_factory=list)
    """Seconds of each step, those that warm up left out."""
    looks: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    warm: float = 0.0
    """When the last step that warms up was done, by the clock of `started`."""
    device: str = ""
    """In words."""
    _warming: int = _WARMING
    _before: float = 0.0

    def record(self, event: Event, *, sync: bool = False) -> None:
        now = time.monotonic()
        took, self._before = now - self._before, now
        match event:
            case Metrics(values={"train_loss": _}) if self._warming:
                self._warming, self.warm = self._warming - 1, now
            case Metrics(values={"train_loss": _}):
                self.steps.append(took)
            case Metrics(values={"heldout_loss": _}):
                self.looks.append(took)
            case Checkpoint():
                self.saves.append(took)
        super().record(event, sync=sync)
        self.stop_asked = bool(self.looks) and sum(self.steps) >= self.enough

    def say(self, text: str) -> None:
        self.device = text.removeprefix("device: ") if text.startswith("device: ") else self.device
        self.record(Said(text=text))


def rehearse(stage: str, folder: Path, enough: float) -> Rehearsed:
    """Do `enough` seconds of steps of the run whose configuration stands in `folder`. Raises what the stage raises."""
    config = load(folder / "config.toml", KINDS[stage])
    assert isinstance(config, PretrainConfig | BranchConfig)
    parts = config.train.share // config.train.rows
    began = time.time() - psutil.Process().create_time()
    first = _play(stage, folder / "a", config, min(parts, _PARTS), enough)
    peak = peak_memory()
    step = statistics.fmean(_middle(first.steps))
    start = began + first.warm - first.started - _WARMING * step
    if parts > _PARTS:
        # What comes once a step, the update, is told from what comes with every micro-batch.
        one = statistics.fmean(_middle(_play(stage, folder / "b", config, 1, enough).steps))
        step += (parts - _PARTS) * max(0.0, step - one) / (_PARTS - 1)
    return Rehearsed(
        device=first.device,
        start_seconds=max(0.0, start),
        step_seconds=step,
        look_seconds=statistics.fmean(first.looks),
        save_seconds=statistics.fmean(first.saves),
        peak_bytes=peak,
        steps=len(first.steps),
        time=time.time(),
    )


def _middle(seconds: list[float]) -> list[float]:
    """Without the slowest and fastest eighths: what else the machine did meanwhile is no part of the run."""
    cut = len(seconds) // 8
    return sorted(seconds)[cut : len(seconds) - cut]


def _play(stage: str, folder: Path, config: PretrainConfig | BranchConfig, parts: int, enough: float) -> Rehearsal:
    """The stage, for `enough` seconds of steps of `parts` micro-batches."""
    folder.mkdir()
    workspace = Workspace(folder.parents[1])
    with JournalWriter(RunFolder(folder).journal) as journal:
        context = Rehearsal(RunFolder(folder), workspace, journal, enough=enough)
        importlib.import_module(STAGES[stage]).run(context, replace(config, train=_endless(config.train, parts)))
    return context


def _endless(train: TrainConfig, parts: int) -> TrainConfig:
    """As configured, but one device's share, going on until it is stopped, and telling of every step."""
    return replace(
        train, devices=1, steps=_ENDLESS, batch=parts * train.rows, eval_every=_LOOK_AFTER, patience=0,
        checkpoint_every=_ENDLESS, log_every=1, on_nan="stop", on_spike="note",
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    stage, folder = arguments[0], Path(arguments[1]).absolute()
    try:
        found = rehearse(stage, folder, float(arguments[2]))
    except GraftlineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    (folder / RESULT).write_bytes(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
