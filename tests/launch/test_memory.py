"""What does not fit is refused before it is queued, with the smallest change that helps; `auto` takes what fits."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from engine.config.load import load
from engine.config.schema import ModelConfig, PretrainConfig, TrainConfig
from engine.config.size import Plan, plan
from engine.errors import InputError
from engine.launch import memory
from engine.launch.prepare import prepare, problems
from engine.paths import Workspace
from tests.support.planted import planted, workspace

__all__ = ["planted", "workspace"]

SHAPE = ModelConfig(layers=12, width=768, heads=12, context=1024, vocab_size=50257)


def planned(batch: int = 48, **train: object) -> Plan:
    return plan(SHAPE, TrainConfig(batch=batch, **train), steps=1, train_tokens=1)  # type: ignore[arg-type]


def test_the_largest_micro_batch_fits_and_the_next_does_not() -> None:
    whole = planned()
    assert memory.largest(whole, 48, whole.peak_bytes) == 48
    there = whole.at_once(16).peak_bytes
    assert memory.largest(whole, 48, there) == 16 and memory.largest(whole, 48, there - 1) == 12
    assert memory.largest(whole, 48, whole.state_bytes) == 0
    assert whole.at_once(16) == planned(micro_batch=16)


def test_the_fix_is_the_smallest_change_that_helps() -> None:
    whole = planned()
    memory.check(whole, 48, whole.peak_bytes)
    with pytest.raises(InputError, match=r"train\.micro_batch: needs ~.*set it to 16, or"):
        memory.check(whole, 48, whole.at_once(16).peak_bytes)
    one = whole.at_once(1)
    spared = one.spared
    assert spared is not None and spared.spared is None and spared.peak_bytes < one.peak_bytes
    with pytest.raises(InputError, match=r"train\.recompute: .*set it to true, and train\.micro_batch to 1"):
        memory.check(whole, 48, spared.peak_bytes)
    with pytest.raises(InputError, match=r"model: .*smaller model.*--force"):
        memory.check(whole, 48, whole.state_bytes)


def test_a_run_is_refused_or_made_to_fit_before_it_is_queued(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = load(next(run for run in workspace.runs() if "-pretrain-" in run.id).config, PretrainConfig)
    config = replace(config, train=replace(config.train, batch=4096))
    assert problems(workspace, config) == []
    from engine.launch.estimate import plan_of

    there = plan_of(workspace, config).at_once(512).peak_bytes
    monkeypatch.setattr(memory, "room", lambda train: there)
    [problem] = problems(workspace, config)
    assert problem.key == "train.micro_batch" and re.search("set it to 512", str(problem))
    with pytest.raises(InputError):
        prepare(workspace, config)
    assert prepare(workspace, config, force=True).config.train.rows == 4096  # type: ignore[union-attr]
    auto = prepare(workspace, replace(config, train=replace(config.train, micro_batch="auto")))
    assert isinstance(auto.config, PretrainConfig) and auto.config.train.micro_batch == 512
    assert auto.said[0].startswith("micro-batch: 512 sequences, for ~")


def test_several_devices_share_a_step_and_under_fsdp_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    one, ddp, fsdp = planned(), planned(devices=4), planned(devices=4, parallel="fsdp")
    assert ddp.rows == 12 and ddp.state_bytes == one.state_bytes
    assert fsdp.state_bytes == pytest.approx(one.state_bytes / 4) and fsdp.peak_bytes < ddp.peak_bytes
    train = TrainConfig(batch=48, devices=4, micro_batch="auto", device="cpu")
    assert memory.settle(ddp, train, ddp.peak_bytes).micro_batch == 12, "no more than one device's share"
    assert memory.room(train) == pytest.approx(memory.room(replace(train, devices=1)) / 4, abs=1)
