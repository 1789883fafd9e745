"""A client of a workspace whose supervisor, and every engine it starts, is gone when the test is over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from engine.errors import MachineError
from engine.journal.events import Started
from engine.journal.reader import read
from engine.launch.client import Client
from engine.paths import Workspace


@contextmanager
def supervised(home: Path, *, idle_seconds: float = 30, sample_seconds: float = 0) -> Iterator[Client]:
    """A client of `home`. Its supervisor takes no machine samples unless asked to, so that tables stay the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFTLINE_IDLE_SECONDS", str(idle_seconds))
        patch.setenv("GRAFTLINE_SAMPLE_SECONDS", str(sample_seconds))
        patch.setenv("OMP_NUM_THREADS", "1")
        client = Client(home)
        try:
            yield client
        finally:
            try:
                _shut_down(client)
            finally:
                _end_engines(home)


def _shut_down(client: Client) -> None:
    """A supervisor that a client started and gave up on may take over just when the one in charge leaves."""
    try:
        client.shutdown()
    except MachineError:
        client.shutdown()


def _end_engines(home: Path) -> None:
    """Kill the engines that this workspace's journals name, and nobody else: pid and creation time must both fit."""
    for folder in Workspace(home).runs():
        for record in read(folder.journal).records:
            event = record.event
            if isinstance(event, Started) and event.pid != os.getpid() and psutil.pid_exists(event.pid):
                process = psutil.Process(event.pid)
                if abs(process.create_time() - event.start_ticks) < 0.5:
                    process.kill()


def wait_for(what: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until `what()` is true; fail the test when it never is."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
