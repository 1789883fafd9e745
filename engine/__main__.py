"""`python -m engine <stage> <run-dir>`: run one stage in one run folder. The launcher's way in.

A run that several devices share has a process like this one on each (`engine.torchrun`); only the first tells of it.
Exit codes: 0 finished or cleanly stopped, 1 failed, 2 the input was at fault. The journal says the same in full.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import time
import traceback
from pathlib import Path

import psutil

from engine import __version__, torchrun
from engine.config.load import KINDS, load
from engine.errors import GraftlineError, InputError, machine_error
from engine.journal.events import Failed, Finished, Started, Stopped
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder, Workspace
from engine.stage import Outcome, StageContext, boot_id, peak_memory

STAGES = {
    "corpus": "engine.corpus.run",
    "pretrain": "engine.pretrain.run",
    "branch": "engine.branch.run",
    "evaluate": "engine.evaluate.run",
    "import": "engine.exchange.run",
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in STAGES:
        print(f"usage: python -m engine {{{','.join(STAGES)}}} RUN_DIR", file=sys.stderr)
        return 2
    stage, folder = arguments[0], RunFolder(Path(arguments[1]).absolute())
    rank = torchrun.rank()
    if rank is None and (count := torchrun.wanted(folder, stage)) > 1:
        return torchrun.lead(stage, folder, count)
    with contextlib.ExitStack() as stack:
        journal = None if rank else stack.enter_context(JournalWriter(folder.journal))
        context = StageContext(folder, Workspace(folder.path.parent), journal, rank or 0, torchrun.ranks())
        context.listen()
        if journal is not None:
            journal.attempt += 1
            journal.append(_started(folder), sync=True)
        return _run(stage, context)


def _started(folder: RunFolder) -> Started:
    """Of several ranks, the process that keeps them is the run's."""
    steps = folder.steps()
    keeper = psutil.Process(torchrun.keeper() or os.getpid())
    return Started(
        pid=keeper.pid,
        start_ticks=keeper.create_time(),
        boot_id=boot_id(),
        host=socket.gethostname(),
        versions={"graftline": __version__, "python": sys.version.split()[0]},
        from_step=steps[-1] if steps else 0,
    )


def _run(stage: str, context: StageContext) -> int:
    def seconds() -> float:
        return time.monotonic() - context.started

    try:
        config = load(context.folder.config, KINDS[stage])
        outcome: Outcome = importlib.import_module(STAGES[stage]).run(context, config)
    except GraftlineError as error:
        return _fail(context, str(error), seconds(), user_error=isinstance(error, InputError))
    except OSError as error:
        error.filename = error.filename or str(context.folder.path)  # a write to an open file names none
        known = machine_error(error)
        _print_trace(error)
        return _fail(context, str(known or f"{type(error).__name__}: {error}"), seconds())
    except BaseException as error:  # noqa: BLE001 - the journal must say why the run ended, whatever it was
        _print_trace(error)
        return _fail(context, f"{type(error).__name__}: {error}", seconds())
    ending = Stopped if outcome.stopped else Finished
    context.record(
        ending(
            seconds=seconds(),
            device_seconds=outcome.device_seconds,
            tokens=outcome.tokens,
            flops=outcome.flops,
            step=outcome.step,
            peak_bytes=peak_memory(),
        ),
        sync=True,
    )
    return 0


def _print_trace(error: BaseException) -> None:
    """The traceback into the log. Then its frames let go of what they hold: on a full disk, of deleted open files."""
    with contextlib.suppress(OSError):  # the log may stand on the disk that is full
        traceback.print_exception(error)
    traceback.clear_frames(error.__traceback__)


def _fail(context: StageContext, error: str, seconds: float, *, user_error: bool = False) -> int:
    with contextlib.suppress(OSError):
        print(error, file=sys.stderr, flush=True)
    if context.ranks > 1:  # which of them is to blame is seen from where all are seen
        torchrun.report(error, user_error=user_error)
        return 2 if user_error else 1
    try:
        context.record(Failed(error=error, user_error=user_error, seconds=seconds), sync=True)
    except GraftlineError as full:  # the disk that ended the run may refuse the line that says so
        with contextlib.suppress(OSError):
            print(full, file=sys.stderr, flush=True)
    return 2 if user_error else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
