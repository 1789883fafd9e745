"""Two ranks are one process: the same losses on the same batches, and each goes on from the other's checkpoints."""

from __future__ import annotations

import random
import signal
from typing import Any

import msgspec
import pytest
import torch

from engine.config import schema
from engine.config.load import dump
from engine.config.split import check_split
from engine.errors import InputError
from engine.journal.events import Finished, Said
from engine.model.weights import load_tensors
from engine.paths import RunFolder, Workspace, new_run_id
from tests.faults.test_kill_anywhere import saved, told
from tests.support.fork_server import ForkServer
from tests.support.tiny_run import events, make_corpus, series

STEPS = 50
# Muon and AdamW, grouped keys, dropout whose masks follow the sequences, two micro-batches on each of two ranks.
TRAIN = schema.TrainConfig(
    steps=STEPS, batch=8, micro_batch=2, lr=5e-3, warmup=3, log_every=1, eval_every=10, eval_batches=2, patience=0,
    checkpoint_every=10, keep=2, device="cpu", precision="fp32",
)  # fmt: skip
SHAPE = schema.ModelConfig(layers=2, width=24, heads=2, kv_heads=1, context=16, dropout=0.1)
WAYS: dict[str, dict[str, Any]] = {"ddp": {"devices": 2}, "fsdp": {"devices": 2, "parallel": "fsdp"}}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("parallel"))
    make_corpus(workspace)
    return workspace


@pytest.fixture(scope="module")
def alone(workspace: Workspace, server: ForkServer) -> RunFolder:
    """The run of one process."""
    folder = prepared(workspace)
    finish(server, folder)
    return folder


def prepared(workspace: Workspace, **train: Any) -> RunFolder:
    folder = workspace.run(new_run_id("pretrain", "tiny"))
    folder.path.mkdir()
    configure(folder, **train)
    return folder


def configure(folder: RunFolder, **train: Any) -> None:
    options = msgspec.structs.replace(TRAIN, **train)
    config = schema.PretrainConfig(name="tiny", corpus="orchard", model=SHAPE, train=options, seed=3)
    folder.config.write_text(dump(config))


def finish(server: ForkServer, folder: RunFolder, ranks: int = 1) -> None:
    code, _ = server.run("pretrain", folder.path, ranks=ranks)
    assert code == 0, folder.log.read_text()


def assert_alike(folder: RunFolder, alone: RunFolder) -> None:
    """The same losses to 1e-4, the same counts, and weights that close."""
    for name in ("train_loss", "heldout_loss", "grad_norm"):
        mine, wanted = dict(series(folder, name)), dict(series(alone, name))
        assert mine.keys() == wanted.keys() and len(wanted) >= 5
        assert mine == pytest.approx(wanted, abs=1e-4), name
    ends = [next(e for e in events(f) if isinstance(e, Finished)) for f in (folder, alone)]
    assert (ends[0].step, ends[0].tokens, ends[0].flops) == (ends[1].step, ends[1].tokens, ends[1].flops)
    assert folder.steps() == alone.steps()
    for file in ("model.safetensors", "state.safetensors"):
        mine_all, all_of_it = (load_tensors(f.checkpoint(STEPS) / file) for f in (folder, alone))
        assert mine_all.keys() == all_of_it.keys()
        for name, value in all_of_it.items():
            torch.testing.assert_close(mine_all[name], value, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("way", WAYS)
def test_two_ranks_lose_what_one_process_loses(
    way: str, workspace: Workspace, server: ForkServer, alone: RunFolder
) -> None:
    folder = prepared(workspace, **WAYS[way])
    finish(server, folder, ranks=2)
    assert len(series(alone, "train_loss")) == STEPS
    assert_alike(folder, alone)


@pytest.mark.parametrize("order", [("ddp", None, "fsdp"), (None, "fsdp", None)], ids=["two-one-two", "one-two-one"])
def test_a_checkpoint_goes_on_on_another_number_of_devices(
    order: tuple[str | None, ...], workspace: Workspace, server: ForkServer, alone: RunFolder
) -> None:
    folder = prepared(workspace)
    for turn, way in enumerate(order):
        configure(folder, **WAYS.get(way or "", {}))
        ranks, kill_at = 2 if way else 1, 130 if turn < 2 else 0
        code, _ = server.run("pretrain", folder.path, kill_at=kill_at, ranks=ranks)
        assert code == (-signal.SIGKILL if kill_at else 0), folder.log.read_text()
    moves = [e.text for e in events(folder) if isinstance(e, Said) and "goes on on" in e.text]
    assert len(moves) == 2, "each move is said aloud"
    assert_alike(folder, alone)


@pytest.mark.parametrize(("way", "most"), [("ddp", 10), ("fsdp", 2)])
def test_two_ranks_killed_anywhere_and_resumed(way: str, most: int, workspace: Workspace, server: ForkServer) -> None:
    """Either of them, at a moment drawn at random: the same losses and weights, bit for bit."""
    short: dict[str, Any] = {"steps": 24, "eval_every": 6, "log_every": 3, "checkpoint_every": 5}
    straight, broken = (prepared(workspace, **WAYS[way], **short) for _ in range(2))
    code, moments = server.run("pretrain", straight.path, ranks=2)
    assert code == 0, straight.log.read_text()
    seed, kills = random.randrange(1 << 30), 0
    chance = random.Random(seed)
    while kills < most:
        victim = chance.randrange(2)
        had = moments if victim == 0 else 2 * short["steps"]  # the second rank writes nothing
        code, _ = server.run(
            "pretrain", broken.path, kill_at=chance.randint(1, 2 * had // (most + 4)), ranks=2, victim=victim
        )
        if code == 0:
            break  # lucky: it came to its end before all were through
        assert code == -signal.SIGKILL, (seed, broken.log.read_text())
        kills += 1
    else:
        finish(server, broken, ranks=2)
    assert kills >= most // 2, (seed, kills)
    assert told(broken) == told(straight), seed
    assert saved(broken) == saved(straight) and len(saved(straight)) >= 6, seed


@pytest.mark.parametrize(
    ("train", "problem"),
    [
        ({"devices": 3}, "train.batch: 8 is no multiple of devices 3"),
        ({"devices": 2, "micro_batch": 3}, "8 on 2 devices, 4 on each, is no multiple of micro_batch 3"),
        ({"devices": 2, "device": "cuda:1"}, "'cuda:1' is one device, and train.devices asks for 2"),
    ],
)
def test_what_cannot_be_divided_is_refused(train: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        check_split(msgspec.structs.replace(TRAIN, **train))
