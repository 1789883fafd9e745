"""A rehearsal is the run's own first steps; it leaves nothing but what it took, and is remembered by what matters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.config.estimate import Rehearsed
from engine.config.load import load
from engine.config.schema import PretrainConfig, TrainConfig
from engine.errors import InputError, MachineError
from engine.launch import rehearse as rehearsals
from engine.launch.estimate import estimate
from engine.launch.queue import Status, write_status
from engine.launch.rehearse import recall, rehearse
from engine.paths import Workspace
from engine.store.rows import RunRow
from tests.support.planted import planted, workspace

__all__ = ["planted", "workspace"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def config_of(workspace: Workspace, **train: object) -> PretrainConfig:
    found = load(next(run for run in workspace.runs() if "-pretrain-" in run.id).config, PretrainConfig)
    return replace(found, train=replace(found.train, **train))


def test_a_run_is_rehearsed_once_and_then_remembered(workspace: Workspace) -> None:
    """Through the real process; with more micro-batches than are rehearsed, so that both ways are taken."""
    config = config_of(workspace, batch=16, micro_batch=2)
    before = sorted(path.name for path in workspace.home.iterdir())
    (workspace.home / ".rehearsal-killed").mkdir()
    os.utime(workspace.home / ".rehearsal-killed", (0, 0))
    took = rehearse(workspace, config, [], enough=0.2)
    assert sorted(path.name for path in workspace.home.iterdir()) == before
    assert took.device.startswith("CPU") and took.steps >= 2 and took.peak_bytes > 50e6
    assert took.step_seconds > 0 and took.look_seconds > 0 and took.save_seconds > 0
    assert recall(workspace, config) == took
    assert recall(workspace, replace(config, name="other", seed=7)) == took
    assert recall(workspace, config_of(workspace, batch=16, micro_batch=2, steps=9, lr=1.0)) == took
    assert recall(workspace, config_of(workspace, batch=16, micro_batch=4)) is None
    found = estimate(workspace, config, [])
    assert found is not None and found.seconds == took.seconds(config.train, found.plan.steps)


def test_the_parts_of_a_run_add_up() -> None:
    took = Rehearsed(
        device="x", start_seconds=5, step_seconds=0.1, look_seconds=1, save_seconds=2, peak_bytes=1, steps=9, time=0
    )
    train = TrainConfig(eval_every=50, checkpoint_every=200, price_per_hour=3600)
    assert took.seconds(train, 400) == pytest.approx(5 + 40 + 8 + 4)
    assert took.seconds(train, 401) == pytest.approx(5 + 40.1 + 9 + 6), "the end is looked at and saved too"


def test_what_is_wrong_is_said_as_the_run_would(workspace: Workspace) -> None:
    with pytest.raises(InputError, match=r"train\.device"):
        rehearse(workspace, config_of(workspace, device="nonsense"), [])


def test_nothing_is_rehearsed_beside_a_run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunRow(id=workspace.runs()[0].id, name="busy", kind="pretrain", state="running", created=0.0)
    monkeypatch.setattr(rehearsals.resources, "slots", lambda: [None])
    write_status(workspace.run(run.id), Status(state="running", queued_at=0))
    with pytest.raises(MachineError, match="busy is running here"):
        rehearse(workspace, config_of(workspace), [run])
