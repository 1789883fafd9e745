"""Which processes are told of, and whose they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.launch import processes
from engine.launch.processes import Processes
from tests.support.supervised import supervised, wait_for
from tests.support.workspace import RUNS, make_workspace


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Started by us, with a line break in its command."""
    with subprocess.Popen([sys.executable, "-c", "import time\ntime.sleep(60)"]) as started:
        yield started
        started.kill()


def test_what_an_engine_started_is_the_run_s(child: subprocess.Popen[bytes]) -> None:
    rows = Processes().look({os.getpid(): "run"})
    mine = {row.pid: row for row in rows if row.run_id == "run"}
    assert {os.getpid(), child.pid} <= mine.keys()
    assert [row.pid for row in rows[: len(mine)]] == list(mine)  # engines first
    assert mine[child.pid].command.endswith("-c import time time.sleep(60)")
    assert mine[os.getpid()].memory > 1 << 20
    assert mine[os.getpid()].user == psutil.Process().username()


def test_others_are_told_of_up_to_a_number_but_all_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(processes, "_OTHERS", 1)
    monkeypatch.setattr(processes, "gpu_memory", lambda: {child.pid: 5 << 30})
    first, *others = Processes().look({})
    assert (first.pid, first.gpu_memory, first.run_id) == (child.pid, 5 << 30, "")
    assert len(others) == 1


def test_a_machine_at_rest_is_sampled_while_somebody_looks_and_not_journalled(tmp_path: Path) -> None:
    with supervised(tmp_path / "ws", sample_seconds=0.05) as client:
        wait_for(lambda: len(client.machine(0)) >= 2)
        first, second, *_ = client.machine(0)
        assert first.time < second.time
        assert first.memory_total == psutil.virtual_memory().total
        assert client.machine(first.time)[0] == second
        assert client.sql("SELECT count(*) FROM machine_samples").rows == [(0,)]


def test_the_supervisor_knows_its_engines(tmp_path: Path) -> None:
    make_workspace(tmp_path / "ws")
    with supervised(tmp_path / "ws") as client:
        rows = {row.pid: row for row in client.processes()}
        assert rows[os.getpid()].run_id == RUNS["helper-long"]  # this test's own process stands for its engine
