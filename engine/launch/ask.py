"""Asking models something: the processes with torch that answer, and who gets which.

    request(workspace, "areas", ["Return the ..."])  ->  ModelRef, Request     found, verified
    with Speakers(slots=2) as speakers:
        for said in speakers.ask(request, stop):  ...                 Loaded, Piece..., Ended

At most `slots` processes live at once; who comes when all speak waits for one, in the order of coming. A process that
has answered stays for the next question, so that torch is loaded once a conversation and not once a prompt. They end
when they are stopped, when `close` is called, or when this process is gone, since their input then ends.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType

import msgspec

from engine.dialogue import Ended, Refused, Request, Said, Sampling, Stop
from engine.errors import GraftlineError, InputError, MachineError, NotFoundError
from engine.freeze.refs import ModelRef, find_model
from engine.freeze.verify import checked
from engine.launch.wire import python_command
from engine.paths import Workspace

_ERRORS = {2: InputError, 3: NotFoundError}


def request(
    workspace: Workspace, model: str, prompts: Sequence[str], given: str = "", sampling: Sampling | None = None
) -> tuple[ModelRef, Request]:
    """The model found, its bytes checked when it is frozen, and what to ask it. Raises `InputError` when it is none."""
    ref = checked(find_model(workspace, model))
    how = sampling or Sampling()
    folder, tokenizer = str(ref.folder), str(ref.tokenizer)
    return ref, Request(folder=folder, tokenizer=tokenizer, prompts=tuple(prompts), input=given, sampling=how)


class Speakers:
    """A few processes that answer. Any thread may ask; an answer is read by the thread that asked."""

    def __init__(self, slots: int = 2):
        self._slots = slots
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._waiting: deque[object] = deque()
        self._turn = threading.Condition()
        self._closed = False

    def ask(self, request: Request, stop: Stop | None = None) -> Iterator[Said]:
        """What the model says, as it comes; it just ends when it was stopped.

        Raises what the model's process refuses with, by its exit code, and `MachineError` when the process dies.
        """
        stop = stop or Stop()
        speaker = self._take(request, stop)
        if speaker is None:
            return
        stop.reaches(speaker.end)
        try:
            yield from speaker.answers(request)
        except MachineError:
            if not stop.asked.is_set() and not self._closed:
                raise
        finally:
            stop.reaches(None)
            self._give(speaker)

    def close(self) -> None:
        """End every process; whoever waits for one gets nothing."""
        with self._turn:
            self._closed = True
            ending = list(self._all)
            self._turn.notify_all()
        for speaker in ending:
            speaker.end()

    def _take(self, request: Request, stop: Stop) -> _Process | None:
        """A process of one's own: one that holds the model, else any that is idle, else a new one; in turn."""
        ticket = object()
        with self._turn:
            self._waiting.append(ticket)
            while not self._closed and not stop.asked.is_set():
                if self._waiting[0] is ticket and (self._idle or len(self._all) < self._slots):
                    break
                self._turn.wait(0.1)  # a wish to stop comes without a notification
            self._waiting.remove(ticket)
            self._turn.notify_all()
            if self._closed or stop.asked.is_set():
                return None
            return self._choose(request)

    def _choose(self, request: Request) -> _Process:
        holding = [speaker for speaker in self._idle if speaker.folder == request.folder]
        if holding or len(self._all) >= self._slots:
            speaker = (holding or self._idle)[0]
            self._idle.remove(speaker)
        else:
            speaker = _Process()
            self._all.add(speaker)
        return speaker

    def _give(self, speaker: _Process) -> None:
        with self._turn:
            if speaker.alive and not self._closed:
                self._idle.append(speaker)
            else:
                speaker.end()
                self._all.discard(speaker)
            self._turn.notify_all()

    def __enter__(self) -> Speakers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Process:
    """`python -m engine.model.say`, one question at a time."""

    def __init__(self) -> None:
        command, environment = python_command("engine.model.say")
        self._complaint = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaint, env=environment
        )
        self.folder = ""
        self._between = True
        """No answer is half read."""

    @property
    def alive(self) -> bool:
        return self._between and self._process.poll() is None

    def answers(self, request: Request) -> Iterator[Said]:
        """Everything said to a request. Leaving before the end leaves the process of no more use."""
        assert self._process.stdin and self._process.stdout
        self._between, self.folder = False, request.folder
        try:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise self._died() from None
        for line in self._process.stdout:
            said: Said = msgspec.json.decode(line, type=Said)
            if isinstance(said, Ended | Refused):
                self._between = True
            if isinstance(said, Refused):
                raise _ERRORS.get(said.code, GraftlineError)(said.message)
            yield said
            if isinstance(said, Ended):
                return
        raise self._died()

    def end(self) -> None:
        """Kill it, and wait until it is gone: it holds nothing that could be lost."""
        self._process.kill()
        self._process.wait()

    def _died(self) -> MachineError:
        code = self._process.wait()
        self._complaint.seek(0)
        lines = self._complaint.read().decode("utf-8", "replace").strip().splitlines()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return MachineError(f"the model's process ended ({how}){': ' + lines[-1] if lines else ''}")
