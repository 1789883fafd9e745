"""A run killed at any instant and resumed is, bit for bit, the run that was not killed."""

import os
import random
import signal
import subprocess
import time

import msgspec
import pytest

from engine.config.schema import TrainConfig
from engine.journal.events import Checkpoint, Decision, Finished
from engine.journal.reader import Tail
from engine.paths import RunFolder, Workspace
from tests.support.tiny_run import engine, events, make_corpus, make_run, series

# Everything that could be forgotten is in play: dropout, Muon and AdamW, micro-batches, warmup, a plateau that begins
# the decay, log steps that fall between checkpoints, looks that fall between checkpoints, retention.
TRAIN = TrainConfig(
    steps=600, batch=8, micro_batch=4, lr=5e-3, warmup=10, log_every=3, eval_every=10, eval_batches=4, patience=4,
    min_gain=0.01, decay=0.25, checkpoint_every=14, keep=2, device="cpu",
)  # fmt: skip


def kill_after(folder: RunFolder, steps: int, delay: float) -> None:
    """Run the engine until `steps` more steps are in its journal, then a little longer, then kill -9."""
    tail = Tail(folder.journal)
    tail.poll()
    process = engine(folder)
    seen: set[int] = set()
    deadline = time.monotonic() + 120
    while len(seen) < steps / TRAIN.log_every and process.poll() is None:
        assert time.monotonic() < deadline
        seen |= {r.event.step for r in tail.poll() if hasattr(r.event, "values")}
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL, said


def finish(folder: RunFolder) -> None:
    process = engine(folder)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said


@pytest.mark.timeout(600)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_killed_twice_at_random_steps_and_resumed(tmp_path, precision):
    workspace = Workspace(tmp_path)
    make_corpus(workspace)
    train = msgspec.structs.replace(TRAIN, precision=precision)
    straight, broken = make_run(workspace, train), make_run(workspace, train)
    finish(straight)
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    for _ in range(2):
        kill_after(broken, chance.randrange(10, 40), chance.random() * 0.05)
    finish(broken)

    hint = f"seed {seed}"
    for name in ("train_loss", "heldout_loss", "heldout_bits_per_byte", "lr", "grad_norm"):
        mine, wanted = series(broken, name), series(straight, name)
        assert len(wanted) > 10 and mine == wanted, hint
    for folder in (straight, broken):
        made = [(e.what, e.step, e.why) for e in events(folder) if isinstance(e, Decision) and e.what != "resume"]
        assert [what for what, _, _ in made] == ["plateau", "decay", "end"], hint
    assert made == [
        (e.what, e.step, e.why) for e in events(straight) if isinstance(e, Decision) and e.what != "resume"
    ], hint
    saved = [[(e.step, e.tokens, e.heldout_loss, e.best, e.sha256) for e in events(f) if isinstance(e, Checkpoint)]
             for f in (straight, broken)]  # fmt: skip
    assert saved[0] == saved[1], hint
    ends = [next(e for e in events(f) if isinstance(e, Finished)) for f in (straight, broken)]
    assert (ends[0].step, ends[0].tokens, ends[0].flops) == (ends[1].step, ends[1].tokens, ends[1].flops)
    assert straight.steps() == broken.steps()
    for link in ("best", "last"):
        for file in ("model.safetensors", "state.safetensors"):
            a, b = ((f.checkpoints / link / file).read_bytes() for f in (straight, broken))
            assert a == b, (link, file, hint)


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
