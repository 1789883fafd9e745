"""The loop's promises, each against a closed form or the same work done another way."""

import math

import msgspec
import numpy as np
import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, TrainConfig
from engine.errors import RunFailedError
from engine.journal.events import Checkpoint, Decision, Metrics, Planned
from engine.journal.writer import JournalWriter
from engine.model.devices import choose
from engine.model.transformer import build
from engine.model.weights import load_model
from engine.paths import RunFolder, Workspace
from engine.stage import StageContext
from engine.train.language import LanguageTask
from engine.train.loop import FitResult, fit
from tests.support.tiny_run import events, series

SHAPE = ModelConfig(layers=2, width=16, heads=2, context=8, vocab_size=32)
ROW = np.random.default_rng(0).integers(32, size=2000).astype("<u2")


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    path = tmp_path / "20261124-000000-pretrain-loop-0000"
    path.mkdir()
    return RunFolder(path)


def train(folder: RunFolder, options: TrainConfig, *, heldout=None, shape=SHAPE, row=ROW, context_hook=None):
    """Fit once in this process; gives the result and the model."""
    options = msgspec.structs.replace(options, precision="fp32")
    model = build(ModelCard(model=shape), 1)
    task = LanguageTask(row, row[:200], shape.context, options, seed=1, bytes_per_token=2.0)
    if heldout is not None:
        task.heldout = lambda model: {"heldout_loss": heldout(model)}
    with JournalWriter(folder.journal) as journal:
        journal.attempt += 1
        context = StageContext(folder, Workspace(folder.path.parent), journal)
        if context_hook:
            context_hook(context, task)
        return fit(context, model, task, options, seed=1, device=choose("cpu", options.precision)), model


def decisions(folder: RunFolder) -> list[tuple[str, int]]:
    return [(e.what, e.step) for e in events(folder) if isinstance(e, Decision)]


def test_it_learns(folder):
    row = np.tile(np.arange(32, dtype="<u2"), 40)  # each token tells the next
    result, _ = train(folder, TrainConfig(steps=60, batch=8, lr=3e-2, warmup=5, eval_every=20), row=row)
    assert isinstance(result, FitResult) and result.step == 60 and not result.stopped
    losses = [loss for _, loss in series(folder, "train_loss")]
    assert losses[0] == pytest.approx(math.log(32), rel=0.05)
    assert losses[-1] < 0.3
    heldout = dict(series(folder, "heldout_loss"))
    assert sorted(heldout) == [20, 40, 60] and heldout[60] == result.best_loss < 0.5
    assert dict(series(folder, "heldout_bits_per_byte"))[60] == pytest.approx(heldout[60] / math.log(2) / 2)


def test_counters(folder):
    result, model = train(folder, TrainConfig(steps=7, batch=4, log_every=3, eval_every=100))
    assert result.tokens == 7 * 4 * 8
    planned = next(e for e in events(folder) if isinstance(e, Planned))
    assert planned.parameters == planned.trainable == sum(p.numel() for p in model.parameters())
    assert result.flops == pytest.approx(result.tokens * planned.flops_per_token)
    assert [step for step, _ in series(folder, "train_loss")] == [1, 3, 6, 7]


def test_micro_batches_change_nothing_but_memory(folder, tmp_path):
    whole = TrainConfig(steps=5, batch=8, log_every=1, optimizer="adamw", lr=1e-2)
    _, one = train(folder, whole)
    other = RunFolder(tmp_path / "20261124-000000-pretrain-loop-0001")
    other.path.mkdir()
    parts = TrainConfig(steps=5, batch=8, micro_batch=2, log_every=1, optimizer="adamw", lr=1e-2)
    _, four = train(other, parts)
    for (_, a), (_, b) in zip(series(folder, "train_loss"), series(other, "train_loss"), strict=True):
        assert a == pytest.approx(b, rel=1e-5)
    for a, b in zip(series(folder, "grad_norm"), series(other, "grad_norm"), strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    for a, b in zip(one.parameters(), four.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_a_plateau_begins_the_decay_and_the_run_ends_with_it(folder):
    losses = iter([5.0, 4.0, 4.0, 4.0, 3.9, 3.8, 3.7, 3.6])
    options = TrainConfig(steps=500, batch=2, eval_every=10, patience=2, decay=0.5, warmup=0)
    result, _ = train(folder, options, heldout=lambda model: next(losses))
    assert decisions(folder) == [("plateau", 40), ("decay", 40), ("end", 60)]
    assert result.step == 60 and result.best_step == 60
    rates = dict(series(folder, "lr"))
    assert rates[40] == options.lr and rates[60] == pytest.approx(options.lr / 21)
    end = next(e for e in events(folder) if isinstance(e, Decision) and e.what == "end")
    assert "plateau" in end.why


def test_without_a_plateau_the_decay_ends_at_the_limit(folder):
    result, _ = train(folder, TrainConfig(steps=24, batch=2, patience=0, decay=0.2, eval_every=100))
    assert decisions(folder) == [("decay", 20), ("end", 24)]
    assert result.step == 24 and [s for s, _ in series(folder, "heldout_loss")] == [24]


def test_epochs_give_the_limit(folder):
    result, _ = train(folder, TrainConfig(epochs=0.5, batch=10))
    assert result.step == math.ceil(0.5 * (2000 // 8) / 10)


def test_best_last_and_retention(folder):
    losses = {10: 5.0, 20: 3.0, 30: 4.0, 40: 4.1, 50: 4.2, 60: 4.3}
    options = TrainConfig(steps=60, batch=2, eval_every=10, checkpoint_every=10, keep=2, patience=0)
    at = iter(losses.values())
    result, _ = train(folder, options, heldout=lambda model: next(at))
    assert folder.steps() == [20, 50, 60]
    assert (folder.checkpoints / "best").readlink().name == "step-00000020"
    assert (folder.checkpoints / "last").readlink().name == "step-00000060"
    assert (result.best_step, result.best_loss) == (20, 3.0)
    written = [e for e in events(folder) if isinstance(e, Checkpoint)]
    assert [(e.step, e.heldout_loss, e.best) for e in written] == [
        (step, loss, step <= 20) for step, loss in losses.items()
    ]
    assert [e.removed for e in written] == [(), (), (10,), (), (30,), (40,)]
    assert sorted(p.name for p in (folder.checkpoints / "best").iterdir()) == [
        "config.json", "model.safetensors", "state.json", "state.safetensors",
    ]  # fmt: skip
    load_model(folder.checkpoints / "best")


def test_stop_and_resume_is_the_same_run(folder, tmp_path):
    options = TrainConfig(steps=30, batch=4, log_every=4, eval_every=6, checkpoint_every=50, patience=2)
    shape = ModelConfig(layers=2, width=16, heads=2, context=8, vocab_size=32, dropout=0.2)

    def stop_at(step: int):
        def hook(context: StageContext, task: LanguageTask) -> None:
            whole = task.batch

            def batch(first: int, size: int):
                context.stop_asked = first == step * 4
                return whole(first, size)

            task.batch = batch

        return hook

    stopped, _ = train(folder, options, shape=shape, context_hook=stop_at(12))
    assert stopped.stopped and stopped.step == 13 and folder.steps() == [13]
    resumed, model = train(folder, options, shape=shape)
    other = RunFolder(tmp_path / "20261124-000000-pretrain-loop-0001")
    other.path.mkdir()
    straight, wanted = train(other, options, shape=shape)
    assert (resumed.step, resumed.tokens, resumed.flops) == (straight.step, straight.tokens, straight.flops)
    assert (resumed.best_step, resumed.best_loss) == (straight.best_step, straight.best_loss)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), wanted.parameters(), strict=True))
    for name in ("train_loss", "heldout_loss", "grad_norm", "lr"):
        mine, theirs = series(folder, name), series(other, name)
        assert dict(mine) == dict(theirs) and len(mine) == len(theirs)
    times = [e.seconds for e in events(folder) if isinstance(e, Metrics)]
    assert times == sorted(times)


def test_a_checkpoint_on_demand_and_a_finished_run_again(folder):
    options = TrainConfig(steps=10, batch=2, checkpoint_every=100)

    def ask(context: StageContext, task: LanguageTask) -> None:
        context.checkpoint_asked = True

    first, _ = train(folder, options, context_hook=ask)
    assert folder.steps() == [1, 10]
    again, _ = train(folder, options)
    assert (again.step, again.tokens, again.best_loss) == (first.step, first.tokens, first.best_loss)
    assert decisions(folder)[-1] == ("resume", 10)


def test_a_crash_between_folder_and_event_is_mended(folder):
    options = TrainConfig(steps=10, batch=2, checkpoint_every=5, eval_every=5)
    train(folder, options)
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    assert b'"checkpoint"' in lines[-1]
    folder.journal.write_bytes(b"".join(lines[:-1]))
    (folder.checkpoints / "last").unlink()
    (folder.checkpoints / ".step-00000010.half").mkdir()
    train(folder, options)
    assert [e.step for e in events(folder) if isinstance(e, Checkpoint)] == [5, 10]
    assert sorted(p.name for p in folder.checkpoints.iterdir()) == ["best", "last", "step-00000005", "step-00000010"]
    train(folder, options)
    assert [e.step for e in events(folder) if isinstance(e, Checkpoint)] == [5, 10]


def test_not_a_number_ends_the_run_before_it_is_saved(folder):
    with pytest.raises(RunFailedError, match=r"config\.toml: train\.lr: \w+ is not a number at step \d+ \(lower it"):
        train(folder, TrainConfig(steps=50, batch=2, lr=1e30, optimizer="adamw", checkpoint_every=1, warmup=0))
    assert decisions(folder)[-1][0] == "nan"
    for step in folder.steps():
        model = load_model(folder.checkpoint(step))
        assert all(p.isfinite().all() for p in model.parameters())
