"""A real engine that is asked to stop, and one whose disk is full. Kills are in tests/faults/test_kill_anywhere.py."""

import os
import signal
import subprocess
import time

import pytest

from engine.config.schema import TrainConfig
from engine.journal.reader import Tail
from engine.paths import Workspace
from tests.support.tiny_run import engine, events, make_corpus, make_run


def test_sigterm_leaves_a_checkpoint_and_says_stopped(tmp_path):
    workspace = Workspace(tmp_path)
    make_corpus(workspace)
    folder = make_run(workspace, TrainConfig(steps=100_000, batch=2, patience=0, log_every=1, checkpoint_every=10_000))
    process = engine(folder)
    tail = Tail(folder.journal)
    while not any(hasattr(r.event, "values") for r in tail.poll()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    last = events(folder)[-1]
    assert type(last).__name__ == "Stopped" and folder.steps() == [last.step]


def full_disk(tmp_path, megabytes: int) -> bool:
    """Mount a small disk on a folder, where this user may."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}M", "tmpfs", str(tmp_path)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


def test_a_full_disk_ends_the_run_and_harms_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not full_disk(disk, 2):
        pytest.skip("mounting a small disk needs root")
    try:
        workspace = Workspace(disk)
        make_corpus(workspace)
        options = TrainConfig(steps=400, batch=2, patience=0, checkpoint_every=10, eval_every=10, keep=100)
        folder = make_run(workspace, options)
        process = engine(folder)
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 1
        assert "the disk is full" in said
        steps = folder.steps()
        assert 2 < len(steps) < 40
        names = {p.name for p in folder.checkpoints.iterdir()}
        assert names == {"best", "last", *(folder.checkpoint(s).name for s in steps)}
        assert (folder.checkpoints / "last").resolve() == folder.checkpoint(steps[-1])
        assert (folder.checkpoints / "best" / "model.safetensors").is_file()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
