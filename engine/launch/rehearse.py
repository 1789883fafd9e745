"""Rehearsals: a run's own first steps, timed on this machine, and remembered for as long as they stay true.

    configuration  ->  recall  ->  Rehearsed, from the user's cache, or None: never done, or with something else since
                   ->  rehearse -> Rehearsed: `python -m engine.rehearse` for some ten seconds, then kept

What it is remembered by is all that its time can depend on: the machine, the versions, the shape, and the data's
lengths; not the names, the seed, the rates or the number of steps. No torch is loaded here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from engine import __version__
from engine.config.estimate import Rehearsed
from engine.config.load import dump
from engine.config.schema import BranchConfig, PretrainConfig
from engine.corpus.manifest import find_corpus
from engine.errors import GraftlineError, InputError, MachineError
from engine.freeze.refs import find_model
from engine.launch import resources
from engine.launch.queue import read_status
from engine.launch.wire import python_command
from engine.paths import Workspace, user_cache, write_atomic
from engine.store.rows import RunRow

Trained = PretrainConfig | BranchConfig

ENOUGH_SECONDS = 3.0
"""Of steps: what the machine does besides, and the clock, then weigh little."""
PATIENCE_SECONDS = 180.0
"""A rehearsal that takes longer than this is given up."""
_RESULT = "rehearsed.json"
_PREFIX = ".rehearsal-"
_TIMELESS = {
    "train": ("steps", "epochs", "lr", "muon_lr", "weight_decay", "beta1", "beta2", "warmup", "decay", "final_lr",
              "eval_every", "patience", "min_gain", "checkpoint_every", "keep", "log_every", "on_nan", "on_spike",
              "spike", "price_per_hour"),
    "": ("name", "seed", "corpus", "base", "kind"),
}  # fmt: skip
"""Keys that a step's time does not depend on, by table."""


def recall(workspace: Workspace, config: Trained) -> Rehearsed | None:
    """What a rehearsal of such a run took on this machine; None: there was none.

    Raises `InputError` for a corpus or base that is not here.
    """
    try:
        return msgspec.json.decode(_place(workspace, config).read_bytes(), type=Rehearsed)
    except (FileNotFoundError, msgspec.DecodeError):  # of another version of ours: as good as none
        return None


def rehearse(
    workspace: Workspace, config: Trained, runs: Sequence[RunRow], *, enough: float = ENOUGH_SECONDS
) -> Rehearsed:
    """Rehearse a run now and remember what it took. `runs`: the workspace's, of which none may be in the way.

    `enough`: seconds of steps to time. Blocks for some ten seconds. Raises `MachineError` while every device is busy,
    or when it takes too long or dies, and what the stage refuses with.
    """
    gpu = _free_device(workspace, runs)
    place = _place(workspace, config)
    _sweep(workspace.home)
    folder = Path(tempfile.mkdtemp(dir=workspace.home, prefix=_PREFIX))
    try:
        (folder / "config.toml").write_text(dump(config), encoding="utf-8")
        _run(config, folder, gpu, enough)
        found = (folder / _RESULT).read_bytes()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write_atomic(place, found)
    return msgspec.json.decode(found, type=Rehearsed)


def _sweep(home: Path) -> None:
    """Remove what rehearsals left that were killed: none takes as long as this."""
    for folder in home.glob(f"{_PREFIX}*"):
        if time.time() - folder.stat().st_mtime > 2 * PATIENCE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _free_device(workspace: Workspace, runs: Sequence[RunRow]) -> int | None:
    """A place where nothing runs: two at once would both be slow, and the measurement wrong."""
    busy = [run for run in runs if run.state in ("running", "stopping")]
    statuses = [read_status(workspace.run(run.id)) for run in busy]
    taken = [place for status in statuses for place in (status and status.gpus) or (None,)]
    free = [slot for slot in resources.slots() if slot not in taken]
    if not free:
        raise MachineError(f"{busy[0].name} is running here, and would slow a rehearsal down (wait for its end)")
    return free[0]


def _run(config: Trained, folder: Path, gpu: int | None, enough: float) -> None:
    stage = str(config.__struct_config__.tag)
    command, environment = python_command("engine.rehearse", stage, str(folder), str(enough))
    if gpu is not None:
        environment["CUDA_VISIBLE_DEVICES"] = str(gpu)
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=PATIENCE_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        problem = f"the first steps took longer than {PATIENCE_SECONDS:.0f} s"
        raise MachineError(f"{problem} (a smaller train.micro_batch is rehearsed sooner)") from None
    if done.returncode:
        raise _refusal(done.returncode, done.stderr)


def _refusal(code: int, complaint: str) -> GraftlineError:
    last = (complaint.strip().splitlines() or ["no word"])[-1]
    if code == InputError.exit_code:
        return InputError(last)
    how = f"was killed ({signal.Signals(-code).name})" if code < 0 else "failed"
    return MachineError(f"the rehearsal {how}: {last}")


# --- what it is remembered by -----------------------------------------------------------------------


def _place(workspace: Workspace, config: Trained) -> Path:
    facts = [_machine(), _timed(config), _data(workspace, config)]
    digest = hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()
    return user_cache() / "rehearsals" / f"{digest[:32]}.json"


@lru_cache(maxsize=1)
def _machine() -> list[object]:
    gpus = [resources.gpu_name(index) for index in range(resources.gpu_count())]
    threads = [len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()]
    versions = [__version__, importlib.metadata.version("torch"), os.environ.get("OMP_NUM_THREADS", "")]
    return [platform.node(), platform.machine(), *threads, *gpus, *versions]


def _timed(config: Trained) -> dict[str, Any]:
    """A configuration without what its time does not depend on."""
    raw: dict[str, Any] = msgspec.to_builtins(config)
    for table, names in _TIMELESS.items():
        for name in names:
            (raw[table] if table else raw).pop(name, None)
    return raw


def _data(workspace: Workspace, config: Trained) -> list[object]:
    """The vocabulary and how much is held out; for a branch the base's shape, and which data."""
    if isinstance(config, PretrainConfig):
        manifest = find_corpus(workspace, config.corpus, key="corpus").manifest
        return [manifest.vocab_size, manifest.heldout_tokens]
    card = find_model(workspace, config.base, key="base").card()
    return [
        msgspec.to_builtins(card.model),
        card.head,
        *(_file(path) for path in (config.data.train, config.data.heldout)),
    ]


def _file(path: str) -> list[object]:
    """Enough of a file to notice that it is another one."""
    if not path or not Path(path).is_file():
        return [path]
    found = Path(path).stat()
    return [path, found.st_size, found.st_mtime_ns]
