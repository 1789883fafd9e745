"""A loss that is no number, a lack of memory and a damaged file, each in a real engine: what is said, and what is left.

Each must be an event in the journal and in the database, stand on the curve, and cost nothing that can be kept.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.cli.cards import run_card
from engine.config import schema
from engine.corpus.manifest import find_corpus
from engine.journal import batches
from engine.journal.events import Decision, Failed
from engine.journal.reader import Tail
from engine.launch.job import create
from engine.paths import RunFolder, Workspace
from tests.cli.conftest import ask
from tests.support import stages
from tests.support.fork_server import ForkServer
from tests.support.supervised import supervised
from tests.support.tiny_run import events, series
from tui.log_tail import LogTail
from tui.monitor_curves import Look, marks
from tui.run_feed import RunFeed

OPTIONS = {"steps": 20, "batch": 4, "micro_batch": 2, "log_every": 1, "checkpoint_every": 5, "decay": 0.0, "keep": 9}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("injected")
    workspace = Workspace(folder / "ws")
    stages.build_corpus(workspace, folder)
    return workspace


def make(workspace: Workspace, **options: object) -> RunFolder:
    train = msgspec.structs.replace(stages.TRAIN, **(OPTIONS | options))
    return create(workspace, schema.PretrainConfig(name="run", corpus="text", model=stages.MODEL, train=train))


@pytest.fixture(scope="module")
def straight(workspace: Workspace, server: ForkServer) -> RunFolder:
    """The run to which nothing happens."""
    folder = make(workspace)
    assert server.run("pretrain", folder.path)[0] == 0
    return folder


def on_the_curve(folder: RunFolder) -> list[tuple[str, float]]:
    feed = RunFeed(folder.id, Tail(folder.journal), LogTail(folder.log))
    return [(mark.word, mark.x) for mark in marks(feed.poll(), Look()) if mark.word]


def losses(folder: RunFolder) -> dict[int, float | None]:
    return dict(series(folder, "train_loss"))


def test_a_loss_that_is_no_number(workspace: Workspace, server: ForkServer, straight: RunFolder) -> None:
    folder = make(workspace, on_nan="rollback")
    assert server.run("pretrain", folder.path, fault="nan@8")[0] == 0, folder.log.read_text()
    assert on_the_curve(folder) == [("nan", 8), ("rollback", 8), ("end", 20)]
    assert losses(folder)[8] is None and losses(folder)[20] is not None
    assert [losses(folder)[s] for s in range(1, 8)] == [losses(straight)[s] for s in range(1, 8)]
    assert len(batches.load(folder, 8).items) == 4
    with supervised(workspace.home) as client:
        client.sync()
        told = [event.text for event in run_card(client, client.run(folder.id)).decisions]
        assert told[0].startswith("nan at step 8: loss is not a number; its batch is in batches/step-00000008.json")
        assert "weights and optimizer are those of step 5 again; learning rates are 0.5 times" in told[1]
        shown, text = (" ".join(ask(verb, folder.id, home=workspace.home).out.split()) for verb in ("show", "batch"))
        assert "learning rates are 0.5 times the schedule's" in shown
        assert all(word in shown for word in ("gradient norm", "passes over the data", "attention", "MFU", "memory"))
        assert "loss is not a number" in text and "In the year" in text and "passes over text/" in text
        missing = ask("batch", folder.id, "--step", 9, home=workspace.home)
        assert missing.code == 3 and "no batch of step 9" in missing.one_line()
        refused = ask("profile", folder.id, home=workspace.home)
        assert refused.code == 2 and "only a running run can be profiled" in refused.one_line()


def test_no_memory(workspace: Workspace, server: ForkServer, straight: RunFolder) -> None:
    folder = make(workspace)
    assert server.run("pretrain", folder.path, fault="oom@8")[0] == 0, folder.log.read_text()
    assert on_the_curve(folder) == [("oom", 8), ("end", 20)]
    assert "out of memory with 2 sequences at a time: 1 from here on, 4 a step as before" in folder.log.read_text()
    assert losses(folder) == pytest.approx(losses(straight), rel=1e-5)
    # Gone on with after the memory was found wanting, it stays with what fitted.
    state = (folder.checkpoint(20) / "state.json").read_text()
    assert '"micro_batch":1' in state
    again = make(workspace, micro_batch=1)
    assert server.run("pretrain", again.path, fault="oom@8")[0] == 1
    (failed,) = [e for e in events(again) if isinstance(e, Failed)]
    assert f"{again.config}: train.micro_batch: out of memory with 1 at a time at step 8 (a smaller" in failed.error


@pytest.mark.parametrize("damage", ["token", "flipped", "truncated"])
def test_a_damaged_file(workspace: Workspace, server: ForkServer, straight: RunFolder, damage: str) -> None:
    path = find_corpus(workspace, "text").path / "train-00000.bin"
    whole, folder = path.read_bytes(), make(workspace)
    try:
        if damage == "token":
            code, _ = server.run("pretrain", folder.path, fault="token@8")
            problem = "token 65,535 at place "
        else:
            assert server.run("pretrain", folder.path, kill_at=150)[0] == -9
            path.write_bytes(whole[:-2] if damage == "truncated" else bytes([whole[0] ^ 1]) + whole[1:])
            code, _ = server.run("pretrain", folder.path)
            problem = "holds" if damage == "truncated" else "changed since it was built (restore it"
        assert code == 2
        failed = [e for e in events(folder) if isinstance(e, Failed)][-1]
        assert failed.user_error and failed.error.startswith(f"{path}: {problem}") and "resume)" in failed.error
        assert folder.steps() and not [e for e in events(folder) if isinstance(e, Decision)][1:]
    finally:
        path.write_bytes(whole)
    if damage == "token":
        assert on_the_curve(folder) == [("failed", 7)]
    # Repaired and gone on with, nothing of it is lost.
    assert server.run("pretrain", folder.path)[0] == 0, folder.log.read_text()
    assert losses(folder) == losses(straight)


def test_a_file_cut_short_under_a_running_engine_is_named(tmp_path: Path) -> None:
    """The kernel kills whoever reads a mapped file beyond its end: the supervisor says what that means."""
    from engine.launch.local import why_died

    assert "(SIGBUS) (a file it was reading was cut short" in why_died(-7, None, tmp_path / "none.log")
