"""Losses that are no numbers, and spikes: found, kept, told, and answered as the configuration says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import pytest
import torch

from engine.config.schema import TrainConfig
from engine.errors import NotFoundError, RunFailedError
from engine.journal import batches
from engine.journal.events import Decision
from engine.paths import RunFolder
from engine.train.guard import EVERY, MOST_DROPPED, NARROWEST, WINDOW, Guard, GuardState
from engine.train.step import Stepped
from tests.support.tiny_run import events, series
from tests.train.test_loop import decisions, train

OPTIONS = TrainConfig(
    steps=30, batch=4, warmup=0, lr=1e-3, optimizer="adamw", log_every=1, eval_every=50, patience=0, decay=0.0,
    checkpoint_every=8,
)  # fmt: skip


def make(tmp_path: Path, name: str) -> RunFolder:
    folder = RunFolder(tmp_path / f"20261124-000000-pretrain-loop-{name}")
    folder.path.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return make(tmp_path, "0000")


def spoiling(steps: set[int], by: float = math.nan, stop: int = 0) -> Callable[[Any, Any], None]:
    """A hook that multiplies the loss of whole training batches at these steps; `stop`: and asks to stop at one."""

    def hook(context: Any, task: Any) -> None:
        whole, plain = task.batch, task.loss
        at = [0]

        def batch(first: int, size: int) -> Any:
            at[0] = first // 4 + 1 if size == 4 else 0
            context.stop_asked |= at[0] == stop > 0
            return whole(first, size)

        def loss(model: Any, batch: Any) -> Any:
            value, targets = plain(model, batch)
            return (value * by if at[0] in steps and torch.is_grad_enabled() else value), targets

        task.batch, task.loss = batch, loss

    return hook


def told(folder: RunFolder, what: str) -> list[tuple[int, str]]:
    return [(e.step, e.why) for e in events(folder) if isinstance(e, Decision) and e.what == what]


def test_the_limit_is_the_median_and_its_deviation(tmp_path: Path) -> None:
    guard, state, noise = Guard(TrainConfig(spike=6.0), torch.device("cpu")), GuardState(), random.Random(1)
    losses = [8.0 * math.exp(-n / 40) + noise.gauss(3.0, 0.1) for n in range(400)]
    for step, loss in enumerate(losses, 1):
        assert guard.allows(state, step, Stepped(torch.tensor(loss), torch.tensor(1.0), 1))
    assert guard.findings(state, newest=True) == []
    window = losses[len(losses) // EVERY * EVERY - WINDOW : len(losses) // EVERY * EVERY]
    spread = 1.4826 * median(abs(x - median(window)) for x in window)
    assert spread > NARROWEST
    limit = median(window) + 6 * spread
    assert state.limit == pytest.approx(limit, rel=1e-6)
    for loss, what in ((limit - 0.01, None), (limit + 0.01, "spike"), (limit + 1, "spike"), (math.inf, "nan")):
        guard.allows(state, 401, Stepped(torch.tensor(loss), torch.tensor(1.0), 1))
        found = guard.findings(state, newest=True)
        assert [f.what for f in found] == ([what] if what else [])
    guard.allows(state, 405, Stepped(torch.tensor(3.0), torch.tensor(math.nan), 1))
    (finding,) = guard.findings(state, newest=True)
    assert (finding.what, finding.begins, finding.problem) == ("nan", False, "gradient is not a number")


def test_a_dropped_update_leaves_the_weights_and_keeps_the_batch(folder: RunFolder) -> None:
    seen: dict[int, list[torch.Tensor]] = {}

    def hook(context: Any, task: Any) -> None:
        spoiling({12})(context, task)
        plain = task.loss

        def loss(model: Any, batch: Any) -> Any:
            if torch.is_grad_enabled():
                seen[len(seen) + 1] = [p.detach().clone() for p in model.parameters()]
            return plain(model, batch)

        task.loss = loss

    result, _ = train(folder, msgspec.structs.replace(OPTIONS, on_nan="skip"), context_hook=hook)
    assert result.step == 30
    assert all(torch.equal(a, b) for a, b in zip(seen[12], seen[13], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(seen[11], seen[12], strict=True))
    losses = dict(series(folder, "train_loss"))
    assert [step for step, loss in losses.items() if loss is None] == [12]
    why = "loss is not a number; the update was dropped; its batch is in batches/step-00000012.json"
    assert told(folder, "nan") == [(12, why)]
    kept = batches.load(folder, 12)
    assert (kept.what, kept.loss, kept.unit, len(kept.items)) == ("nan", None, "token", 4)
    assert all(len(item.tokens) == 9 and item.loss is not None and 3 < item.loss < 4 for item in kept.items)
    with pytest.raises(NotFoundError, match=r"no batch of step 13.*there are those of 12"):
        batches.load(folder, 13)


def test_a_rollback_takes_the_last_checkpoint_and_halves_the_rates(folder: RunFolder, tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, on_nan="rollback")
    result, model = train(folder, options, context_hook=spoiling({5, 20}))
    assert decisions(folder) == [("nan", 5), ("rollback", 5), ("nan", 20), ("rollback", 20), ("end", 30)]
    assert "those of step 0 again" in told(folder, "rollback")[0][1]
    assert "those of step 16 again" in told(folder, "rollback")[1][1]
    rates = dict(series(folder, "lr"))
    assert (rates[4], rates[6], rates[30]) == pytest.approx((1e-3, 5e-4, 2.5e-4))
    losses = dict(series(folder, "train_loss"))
    assert all(loss is not None for step, loss in losses.items() if step not in (5, 20))
    # Stopped in between and gone on with, nothing changes.
    other = make(tmp_path, "0001")
    stopped, _ = train(other, options, context_hook=spoiling({5, 20}, stop=13))
    assert stopped.stopped and other.steps()[-1] == 13
    (other.checkpoints / "step-00000013").rename(other.checkpoints / ".step-00000013.gone")  # it was never asked to
    resumed, again = train(other, options, context_hook=spoiling({5, 20}))
    assert dict(series(other, "train_loss")) == losses
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert (result.tokens, result.best_loss) == (resumed.tokens, resumed.best_loss)


@pytest.mark.parametrize(
    "options, error",
    [
        ({"on_nan": "skip"}, f"{MOST_DROPPED} updates in a row were dropped"),
        ({"on_nan": "rollback"}, "3 rollbacks did not help"),
        ({"on_nan": "stop"}, "loss is not a number at step 9"),
    ],
)
def test_what_does_not_help_ends_the_run(folder: RunFolder, options: dict[str, str], error: str) -> None:
    with pytest.raises(RunFailedError, match=error):
        train(folder, msgspec.structs.replace(OPTIONS, **options), context_hook=spoiling(set(range(9, 99))))
    assert batches.kept(folder) == [9] and told(folder, "nan")[0][0] == 9
    assert folder.steps()[-1] <= 16


@pytest.mark.parametrize("response", ["note", "skip", "rollback", "stop"])
def test_a_spike_is_answered_as_chosen(folder: RunFolder, response: str) -> None:
    options = msgspec.structs.replace(OPTIONS, steps=60, on_spike=response)
    hook = spoiling({40, 41}, by=5.0)
    if response == "stop":
        with pytest.raises(RunFailedError, match=r"loss 1\d\.\d+ is far above the recent ones .* at step 40"):
            train(folder, options, context_hook=hook)
        return
    train(folder, options, context_hook=hook)
    wanted = [("spike", 40)] if response == "note" else [("spike", 40), ("spike", 41)]
    if response == "rollback":
        wanted = [("spike", 40), ("rollback", 40), ("spike", 41), ("rollback", 41)]
    assert decisions(folder) == [*wanted, ("end", 60)]
    assert batches.kept(folder) == [40]
    losses = dict(series(folder, "train_loss"))
    assert losses[40] is not None and losses[40] > 10  # it stands on the curve
