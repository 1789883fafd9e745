"""The queue is found without looking at every run there is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.launch import engines
from engine.launch.engines import Engines
from engine.launch.queue import Status, Statuses, write_status
from engine.paths import RunFolder, Workspace

RUNS = 200
AT_REST = 10


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Many runs that have finished."""
    for number in range(RUNS):
        folder = RunFolder(tmp_path / f"20260105-{number:06d}-branch-x-aaaa")
        write_status(folder, Status(state="finished", queued_at=float(number)))
    return Workspace(tmp_path)


@pytest.fixture
def queue(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr(engines, "_AT_REST", AT_REST)
    found = Engines(workspace)
    assert found.waiting() == []
    return found


def ids(queue: Engines) -> list[str]:
    return [folder.id for folder, _ in queue.waiting()]


def test_at_rest_a_few_are_looked_at(queue: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = Statuses.of
    monkeypatch.setattr(Statuses, "of", lambda self, folder: (looked.append(folder.id), real(self, folder))[1])
    for _ in range(RUNS // AT_REST):
        queue.waiting()
    assert sorted(looked) == [folder.id for folder in queue.workspace.runs()]  # each once


def test_a_new_one_is_seen_at_once_and_until_it_waits_no_more(queue: Engines) -> None:
    folder = RunFolder(queue.workspace.home / "20990105-000000-branch-x-aaaa")
    for when in (5.0, 6.0):
        write_status(folder, Status(state="queued", queued_at=when))
        assert [status.queued_at for _, status in queue.waiting()] == [when]
    write_status(folder, Status(state="finished", queued_at=5.0))
    assert ids(queue) == []


def test_one_that_is_resumed_here_is_seen_at_once_by_others_in_its_turn(queue: Engines) -> None:
    runs = queue.workspace.runs()
    write_status(runs[150], Status(state="stopped", queued_at=1.0))
    queue.resume(runs[150])
    assert ids(queue) == [runs[150].id]
    write_status(runs[120], Status(state="queued", queued_at=0.5))
    for _ in range(RUNS // AT_REST):
        found = ids(queue)
    assert found == [runs[120].id, runs[150].id]


def test_one_that_is_gone_waits_no_more(queue: Engines) -> None:
    folder = RunFolder(queue.workspace.home / "20990105-000000-branch-x-aaaa")
    write_status(folder, Status(state="queued", queued_at=1.0))
    assert ids(queue) == [folder.id]
    folder.status.unlink()
    folder.path.rmdir()
    assert ids(queue) == []


def test_a_run_of_several_devices_gets_as_many_and_those_behind_it_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.resources, "slots", lambda: [0, 1, 2])
    given: dict[str, tuple[int, ...]] = {}

    def spawn(folder: RunFolder, kind: str, gpus: tuple[int, ...]) -> subprocess.Popen[bytes]:
        given[folder.id] = gpus
        return subprocess.Popen(["sleep", "60"])

    monkeypatch.setattr(engines.local, "spawn", spawn)
    folders = [RunFolder(tmp_path / f"20260105-{number:06d}-pretrain-x-aaaa") for number in range(4)]
    for folder, devices in zip(folders, (2, 2, 1, 8), strict=True):
        folder.path.mkdir()
        folder.journal.touch()
        write_status(folder, Status(state="queued", queued_at=float(len(given)), devices=devices))
    queue = Engines(Workspace(tmp_path))

    def end(folder: RunFolder) -> None:
        child = queue.running[folder.id].child
        assert child is not None
        child.kill()
        child.wait()
        queue.tick()

    try:
        queue.tick()
        assert given == {folders[0].id: (0, 1)}, "one place is free, and the next in line wants two"
        end(folders[0])
        assert given == {folders[0].id: (0, 1), folders[1].id: (0, 1), folders[2].id: (2,)}
        end(folders[1])
        assert folders[3].id not in given, "it is given all there are, when all are free"
        end(folders[2])
        assert given[folders[3].id] == (0, 1, 2)
    finally:
        for engine in queue.running.values():
            assert engine.child is not None
            engine.child.kill()
            engine.child.wait()
