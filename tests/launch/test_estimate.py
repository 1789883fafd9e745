"""What a run is estimated to take, against what the engines of such runs then recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.config.load import load
from engine.config.schema import BranchConfig, DataConfig, EvaluateConfig, PretrainConfig
from engine.errors import InputError
from engine.journal.events import Metrics, Planned
from engine.launch.estimate import estimate, pace
from engine.launch.prepare import prepare
from engine.paths import RunFolder, Workspace
from engine.store.rows import Cost, RunRow
from tests.support.planted import planted, workspace
from tests.support.stages import branch, branch_config, events, sentences, write_rows

__all__ = ["planted", "workspace"]


def row(id: str, kind: str = "pretrain", device: str = "CPU, 2 threads", created: float = 1.0, **cost: float) -> RunRow:
    return RunRow(
        id=id, name=id, kind=kind, state="finished", created=created, device=device,
        cost=Cost(**{"flops": 2e9, "device_seconds": 4.0, "tokens": 1000, **cost}),  # type: ignore[arg-type]
    )  # fmt: skip


def pretrained(workspace: Workspace) -> RunFolder:
    return next(run for run in workspace.runs() if "-pretrain-" in run.id)


def test_a_pretraining_run_does_what_was_planned(workspace: Workspace) -> None:
    run = pretrained(workspace)
    found = estimate(workspace, load(run.config, PretrainConfig), [])
    [planned], measured = events(run, Planned), events(run, Metrics)
    assert found is not None and found.plan.steps == planned.steps
    assert found.plan.tokens == measured[-1].tokens == planned.steps * planned.tokens_per_step
    assert found.plan.flops == pytest.approx(found.plan.tokens * planned.flops_per_token)
    assert found.measured is None and found.seconds is None, "nothing was measured here yet"


@pytest.mark.parametrize("what", ["full", "last-block", "head", "lora"])
def test_a_branch_does_about_what_was_estimated(workspace: Workspace, tmp_path: Path, what: str) -> None:
    data = write_rows(tmp_path / "rows.jsonl", sentences(80, seed=1))
    config = branch_config("kinds", "classify", DataConfig(train=str(data)), what=what, train_steps=0, train_epochs=2.0)
    base = row(pretrained(workspace).id, flops=1e9, device_seconds=2.0)
    found = estimate(workspace, config, [base])
    run = branch(workspace, config)
    [planned], measured = events(run, Planned), events(run, Metrics)
    assert found is not None and found.plan.steps == pytest.approx(planned.steps, abs=3)
    assert found.plan.tokens == pytest.approx(measured[-1].tokens, rel=0.15)
    assert found.plan.flops == pytest.approx(measured[-1].tokens * planned.flops_per_token, rel=0.15)
    assert found.base == "tiny@1" and found.share_of_base == pytest.approx(found.plan.flops / 1e9)
    assert found.seconds == pytest.approx(found.plan.flops / 5e8)


def test_what_cannot_be_read_has_no_estimate(workspace: Workspace) -> None:
    config = BranchConfig(name="x", method="classify", base="tiny@1", data=DataConfig(train="/nowhere.jsonl"))
    with pytest.raises(InputError, match="no such file"):
        estimate(workspace, config, [])
    assert estimate(workspace, EvaluateConfig(models=("tiny@1",), suites=()), []) is None


def test_the_pace_is_that_of_the_run_most_like_this_one() -> None:
    rows = [
        row("old", created=1.0), row("new", created=2.0, flops=3e9), row("branch", kind="branch", created=3.0),
        row("gpu", device="CUDA, NVIDIA H100", created=4.0), row("unknown", created=5.0, flops=0.0),
        row("large", created=1.0, flops=64e9),
    ]  # fmt: skip

    def named(kind: str, device: str, flops_per_token: float) -> str:
        found = pace(rows, kind, device, flops_per_token)
        return found.run if found else ""

    assert named("pretrain", "cpu", 2e6) == "old", "of its size"
    assert named("pretrain", "cpu", 3e6) == "new" and named("pretrain", "cpu", 60e6) == "large"
    assert named("branch", "cpu", 2e6) == "branch" and named("branch", "cpu", 50e6) == "large", "size before kind"
    assert named("pretrain", "cuda:1", 2e6) == "gpu" and named("pretrain", "mps", 2e6) == ""
    assert named("pretrain", "auto", 2e6) == "gpu", "the newest of equals"
    assert pace([], "pretrain", "auto", 1.0) is None


def test_the_settings_price_holds_where_a_recipe_names_none(workspace: Workspace) -> None:
    config = load(pretrained(workspace).config, PretrainConfig)
    assert prepare(workspace, config).config == config
    (workspace.home / "settings.toml").write_text("price_per_hour = 3.5\n")
    own = replace(config, train=replace(config.train, price_per_hour=1.0))
    for asked, price in ((config, 3.5), (own, 1.0)):
        found, queued = estimate(workspace, asked, [row("before")]), prepare(workspace, asked).config
        assert found is not None and found.seconds is not None
        assert found.money == pytest.approx(found.seconds / 3600 * price)
        assert isinstance(queued, PretrainConfig) and queued.train.price_per_hour == price
