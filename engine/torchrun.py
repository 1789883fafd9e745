"""A run on several devices: one process that keeps an engine on each, by torchrun's own agent.

    python -m engine pretrain RUN                       the keeper: what the launcher started, and what it signals
      └─ python -m engine pretrain RUN    rank 0        journal, checkpoints, what is said
      └─ python -m engine pretrain RUN    rank 1 ...    the same work on other sequences

What must hold: a signal to the keeper reaches every rank; no rank outlives it, even when it is killed; and when one
dies the others are ended, and the journal says which it was and why.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import psutil

from engine.config.load import KINDS, load
from engine.errors import InputError
from engine.journal.events import Failed, Finished, Started, Stopped
from engine.journal.reader import Tail
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder

_KEEPER = "GRAFTLINE_KEEPER"
_NOTICED_SECONDS = 2.0
"""A rank that was killed has been dead for at most so long when the agent tells of it, in whole seconds."""
_PR_SET_PDEATHSIG = 1


# --- on a rank ------------------------------------------------------------------------------------


def rank() -> int | None:
    """Which rank this process is; None: none, it was started by itself. A rank dies with its keeper from now on."""
    if keeper() is None:
        return None
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if keeper() is None:  # it went while we asked
            sys.exit(1)
    return int(os.environ["RANK"])


def ranks() -> int:
    """How many processes share this run."""
    return int(os.environ["WORLD_SIZE"]) if keeper() is not None else 1


def keeper() -> int | None:
    """The process that keeps this rank."""
    parent = os.getppid()
    return parent if os.environ.get(_KEEPER) == str(parent) else None


class Report(msgspec.Struct):
    """What a rank leaves of its end, in the file that torchrun's agent reads."""

    message: str
    timestamp: int
    """torchrun's, in whole seconds."""
    time: float
    user_error: bool


def report(error: str, *, user_error: bool) -> None:
    now = time.time()
    with contextlib.suppress(OSError):  # the disk may be full; then the exit code has to do
        Path(os.environ["TORCHELASTIC_ERROR_FILE"]).write_bytes(
            msgspec.json.encode(Report(error, int(now), now, user_error))
        )


# --- the keeper -----------------------------------------------------------------------------------


def wanted(folder: RunFolder, stage: str) -> int:
    """How many devices the run's configuration asks for. One that cannot be read is its engine's to complain of."""
    try:
        config = load(folder.config, KINDS[stage])
    except (InputError, OSError):
        return 1
    train = getattr(config, "train", None)
    return int(train.devices) if train is not None else 1


def lead(stage: str, folder: RunFolder, count: int) -> int:
    """Keep `count` ranks until the run is over. The exit code is that of the rank that ended it."""
    began = time.monotonic()
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(one, _pass_on)
    os.environ[_KEEPER] = str(os.getpid())
    # One thread a rank is torchrun's default; a processor shared evenly is better. One machine needs no outer network.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    with tempfile.TemporaryDirectory(prefix="graftline-ranks-") as place:
        failures = _keep(count, place)
        return _tell(folder, failures, time.monotonic() - began) if failures else 0


def _keep(count: int, place: str) -> Sequence[Any]:
    """Run this very command on every rank until all are done, or one has failed: then how each failed."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id="graftline",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,  # resuming is the supervisor's to decide
        monitor_interval=0.1,
        signals_to_handle="SIGHUP,SIGQUIT",  # the others are ours: a stopped run ends well
        logs_specs=DefaultLogsSpecs(log_dir=place),
    )
    try:
        elastic_launch(config, sys.executable)(*sys.orig_argv[1:])
    except ChildFailedError as ended:
        return list(ended.failures.values())
    return []


def _pass_on(signum: int, frame: FrameType | None) -> None:
    """Let every rank hear of it. Before there is one, it ends this process as it would any other."""
    ranks = psutil.Process().children()
    for one in ranks:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signum)
    if not ranks:
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)


def _tell(folder: RunFolder, failures: Sequence[Any], seconds: float) -> int:
    """Say which rank ended the run, in the journal where it has not been said. `failures`: torchrun's."""
    first = min(failures, key=_order)
    reported = first.error_file_data
    user_error = bool(reported.get("user_error"))
    where = "" if user_error else f"rank {first.local_rank} (process {first.pid}) "
    if "time" in reported:
        error = f"{where.strip()}{': ' if where else ''}{reported['message']}"
    elif first.exitcode < 0:
        name = signal.Signals(-first.exitcode).name
        hint = ", by hand or by a limit on memory" if name == "SIGKILL" else ""
        error = f"{where}was killed by signal {-first.exitcode} ({name}){hint}"
    else:
        error = f"{where}ended with code {first.exitcode} and left no word"
    print(error, file=sys.stderr, flush=True)
    if _is_open(folder):
        with JournalWriter(folder.journal) as journal:
            journal.append(Failed(error=error, user_error=user_error, seconds=seconds), sync=True)
    return 2 if user_error else 1


def _order(failure: Any) -> tuple[bool, float]:
    """The earliest first: what the others died of is its death. Those that the agent itself asked to end come last."""
    told: float | None = failure.error_file_data.get("time")
    return failure.exitcode == -signal.SIGTERM, told or failure.timestamp - _NOTICED_SECONDS


def _is_open(folder: RunFolder) -> bool:
    """Whether the journal has this attempt begin and not end."""
    tail, is_open = Tail(folder.journal), False
    while records := tail.poll():
        for record in records:
            if isinstance(record.event, Started):
                is_open = record.event.pid == os.getpid()
            elif isinstance(record.event, Finished | Stopped | Failed):
                is_open = False
    return is_open
