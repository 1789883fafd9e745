"""Trying out thresholds of a built corpus: the process that holds its measures, and what it is asked.

    with Thresholds(workspace, "web/3f1c9a7be204", config) as thresholds:
        thresholds.ask(Question(overrides=("clean.rules.words=[50, inf]",)))  ->  Answer

It starts with the first question and ends with `close`, or when this process is gone, since its input then ends.
"""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from types import TracebackType

import msgspec

from engine.corpus.thresholds import Answer, Question
from engine.errors import InputError, MachineError
from engine.launch.wire import python_command
from engine.paths import Workspace


class Thresholds:
    """One corpus's. Any thread may ask; questions are answered one after the other."""

    def __init__(self, workspace: Workspace, ref: str, config: Path):
        self.ref = ref
        self._arguments = (str(workspace.home), ref, str(config))
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._over = threading.Event()

    def ask(self, question: Question) -> Answer:
        """Raises `InputError` for what is refused, and `MachineError` when the process ends. Empty once closed."""
        with self._turn:
            # it may have ended for want of questions at this very moment: then another is started
            line = self._asked(question) or self._asked(question)
        if not line and self._over.is_set():
            return Answer()
        if not line:
            raise MachineError("the process that tries out thresholds ended; try again")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.refused:
            raise InputError(answer.refused)
        return answer

    def _asked(self, question: Question) -> bytes:
        """The answer's line; empty when the process has ended, or is to start no more."""
        if self._over.is_set():
            return b""
        process = self._started()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(msgspec.json.encode(question) + b"\n")
            process.stdin.flush()
            return process.stdout.readline()
        except (BrokenPipeError, ValueError):
            return b""

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command, environment = python_command("engine.corpus.previewing", *self._arguments)
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        return self._process

    def close(self) -> None:
        """Kill the process, if there is one, and wait until it is gone: it holds nothing that could be lost."""
        self._over.set()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Thresholds:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
