"""The real engine in a process of its own, forked from one that has imported torch: 0.05 s a start instead of 3 s.

    {"stage", "folder", "kill_at", "ranks", "victim", "fault"} -> fork -> engine.__main__.main -> {"code", "moments"}

`kill_at` n: the engine sends itself SIGKILL at its n-th moment. Moments are where a death could hurt: before a step,
between two optimizers' updates, before and after every write, sync, rename, link and removal. 0: it lives, and they
are counted. Several `ranks` find in their environment what torchrun's agent gives; when the `victim` is killed, so are
the others, as by the agent. `fault` what@step: see `Fault`.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]


class ForkServer:
    """Starts engines one after the other. Use it as a context manager."""

    def __enter__(self) -> ForkServer:
        command = [sys.executable, "-m", "tests.support.fork_server"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def run(
        self, stage: str, folder: Path, kill_at: int = 0, *, ranks: int = 1, victim: int = 0, fault: str = ""
    ) -> tuple[int, int]:
        """One attempt; gives its exit code (-9: killed) and how many moments the victim had, when it lived."""
        assert self._process.stdin and self._process.stdout
        request = {"stage": stage, "folder": str(folder), "kill_at": kill_at, "fault": fault}
        self._process.stdin.write(json.dumps(request | {"ranks": ranks, "victim": victim}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["moments"]

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Moments:
    """Counts, and kills when the time has come."""

    def __init__(self, kill_at: int):
        self.kill_at, self.seen = kill_at, 0

    def tick(self) -> None:
        self.seen += 1
        if self.seen == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner: Any, name: str) -> None:
        """Each call of this function becomes two moments: before it, and after."""
        plain: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            self.tick()
            result = plain(*arguments, **named)
            self.tick()
            return result

        setattr(owner, name, watched)


class Fault:
    """Something that goes wrong in one step of an otherwise real engine.

    nan: its loss is no number    oom: its second micro-batch asks for more memory than there is    token: the training
    file is overwritten beforehand with tokens that no vocabulary has
    """

    def __init__(self, fault: str):
        self.what, _, step = fault.partition("@")
        self.step = int(step)

    def install(self) -> None:
        from engine.train.step import Stepper

        plain, fault = Stepper.gradients, self

        def gradients(stepper: Any, number: int) -> Any:
            if number == fault.step:
                fault.happen(stepper)
            loss, *rest = plain(stepper, number)
            return (loss * float("nan") if fault.what == "nan" and number == fault.step else loss, *rest)

        Stepper.gradients = gradients  # type: ignore[method-assign]

    def happen(self, stepper: Any) -> None:
        if self.what == "token":
            path = Path(stepper.task.windows.tokens.filename)
            with path.open("r+b") as file:
                file.write(b"\xff" * path.stat().st_size)
        elif self.what == "oom":
            self.what = ""
            self.exhaust(stepper.task)

    def exhaust(self, task: Any) -> None:
        import torch

        plain, calls = task.loss, []

        def loss(model: Any, batch: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                torch.empty(1 << 48)
            return plain(model, batch)

        task.loss = loss


def child(request: dict[str, Any]) -> int:
    import shutil

    import torch

    from engine.__main__ import main
    from engine.journal.writer import JournalWriter
    from engine.train import checkpoint
    from engine.train.muon import Muon
    from engine.train.optim import _AdamW
    from engine.train.step import Stepper

    if request["ranks"] > 1:
        torch.set_num_threads(1)  # as OMP_NUM_THREADS has it where torch is yet to come
    moments = Moments(request["kill_at"])
    for owner, name in (
        (Stepper, "gradients"), (Muon, "step"), (_AdamW, "step"), (JournalWriter, "append"),
        (checkpoint, "save_tensors"), (checkpoint, "save_weights"), (os, "fsync"), (os, "fdatasync"),
        (pathlib.Path, "rename"), (pathlib.Path, "replace"), (pathlib.Path, "symlink_to"), (shutil, "rmtree"),
    ):  # fmt: skip
        moments.watch(owner, name)
    if request["fault"]:
        Fault(request["fault"]).install()
    code = main([request["stage"], request["folder"]])
    if request["ranks"] == 1 or int(os.environ["RANK"]) == request["victim"]:
        Path(request["folder"], "moments").write_text(str(moments.seen))
    return code


def keeper(request: dict[str, Any]) -> int:
    """Forks the ranks; when one has failed it kills the others. The exit code is the victim's, or the first bad one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "GRAFTLINE_KEEPER": str(os.getpid()), "WORLD_SIZE": str(request["ranks"]), "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo",
    }  # fmt: skip
    living: dict[int, int] = {}
    for rank in range(request["ranks"]):
        os.environ |= {"RANK": str(rank), "TORCHELASTIC_ERROR_FILE": f"{request['folder']}/rank-{rank}.json"}
        mine = request if rank == request["victim"] else request | {"kill_at": 0}
        living[forked(child, mine)] = rank
    worst = 0
    while living:
        pid, status = os.wait()
        rank, code = living.pop(pid), os.waitstatus_to_exitcode(status)
        if code and not worst:
            worst = code
            for other in living:
                os.kill(other, signal.SIGKILL)
        if code and rank == request["victim"]:
            worst = code
    return worst


def forked(work: Callable[[dict[str, Any]], int], request: dict[str, Any]) -> int:
    """The pid of a child that does this and nothing else."""
    if pid := os.fork():
        return pid
    code = 70
    try:
        code = work(request)
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not go on as a server
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # A death passed on must look like the death: the exit code of a killed process is negative.
        os.kill(os.getpid(), -code) if code < 0 else os._exit(code)


def logged(request: dict[str, Any]) -> int:
    log = os.open(Path(request["folder"], "engine.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    return (keeper if request["ranks"] > 1 else child)(request)


def serve() -> None:
    import engine.branch.run
    import engine.pretrain.run

    for line in sys.stdin:
        request = json.loads(line)
        if request["ranks"] > 1:
            import engine.train.sharded  # noqa: F401 - once for all ranks, and only where there are several
        pid = forked(logged, request)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        told = Path(request["folder"], "moments")
        print(json.dumps({"code": code, "moments": int(told.read_text()) if told.exists() else 0}), flush=True)


if __name__ == "__main__":
    serve()
