"""A sweep in a real workspace: all runs or none, one tag, one frozen base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.config.schema import BranchConfig, DataConfig
from engine.config.sweep import expand, tag
from engine.errors import InputError
from engine.launch.client import Client
from engine.launch.sweep import submit_all
from tests.support import tiny
from tests.support.supervised import supervised
from tests.support.voices import give_voices
from tests.support.workspace import BASE, RUNS, make_workspace


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("sweep") / "ws"
    give_voices(make_workspace(home))
    with supervised(home) as client:
        yield client


def data(tmp_path: Path) -> DataConfig:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n' * 20)
    return DataConfig(train=str(file))


def test_all_runs_are_queued_in_order_with_one_tag(client: Client, tmp_path: Path) -> None:
    config = BranchConfig(name="v", method="classify", base=BASE, data=data(tmp_path))
    before = client.waiting()
    made = submit_all(client, expand(config, {"train.lr": [1e-3, 3e-4], "seed": [0, 1]}), tag(config), "graftline x")
    assert before and client.waiting() == [*before, *made.run_ids]
    rows = [client.run(run_id) for run_id in made.run_ids]
    assert [row.name for row in rows] == ["v-lr0.001-seed0", "v-lr0.001-seed1", "v-lr0.0003-seed0", "v-lr0.0003-seed1"]
    assert all(row.tags == ("sweep:v",) for row in rows)


def test_a_base_that_is_not_frozen_is_frozen_once(client: Client, tmp_path: Path) -> None:
    config = BranchConfig(name="v", method="classify", base=RUNS["areas"], data=data(tmp_path))
    before = {model.id for model in client.models()}
    made = submit_all(client, expand(config, {"seed": [0, 1, 2]}), tag(config))
    frozen = [model for model in client.models() if model.id not in before and model.version is not None]
    assert len(frozen) == 1 and len(made.said) == 1
    assert {client.run(run_id).parents for run_id in made.run_ids} == {(f"model:{frozen[0].id}",)}


def test_one_that_cannot_be_keeps_all_from_being_queued(client: Client, tmp_path: Path) -> None:
    before = client.waiting()
    config = tiny.pretrain()
    with pytest.raises(InputError, match="no corpus"):
        submit_all(client, [replace(config, corpus="python-docs"), replace(config, corpus="nowhere")], "sweep:x")
    many = [replace(config, corpus="python-docs", seed=seed) for seed in range(201)]
    with pytest.raises(InputError, match="would be 201 runs"):
        submit_all(client, many, "sweep:x")
    assert client.waiting() == before
