"""What a base cost beside its branches, and what differs between recipes: by hand."""

from __future__ import annotations

import pytest

from engine.compare.config_diff import differences, flatten
from engine.compare.cost import cost_rows, in_words, saved_seconds
from engine.store.rows import BaseCost, Cost, Lineage


def costs(branches: int, base: float = 100.0, each: float = 20.0) -> BaseCost:
    return BaseCost(
        base="tiny@1",
        cost=Cost(seconds=base, tokens=1000, flops=1e9),
        branches=branches,
        branch_cost=Cost(seconds=branches * each),
        base_seconds_per_variant=base / branches if branches else None,
        from_scratch_seconds=branches * (base + each) if branches else None,
    )


def test_the_rows_add_up() -> None:
    rows = {row.what: row for row in cost_rows(Lineage(roots=(), costs=(costs(3),)))}
    assert rows["pretraining tiny@1"].seconds == 100
    assert rows["3 branches together"].seconds == 60
    assert rows["the base's share per branch"].seconds == pytest.approx(100 / 3)
    assert rows["the same, each pretraining its own base"].seconds == 360
    assert rows["saved by sharing the base"].seconds == 360 - 160
    assert rows["3 branches together"].share == pytest.approx(0.6)
    assert rows["saved by sharing the base"].tokens is None


def test_one_branch_saves_nothing_and_none_is_said_to_be_none() -> None:
    assert saved_seconds(costs(1)) == 0
    assert saved_seconds(costs(0)) == 0
    assert len(cost_rows(Lineage(roots=(), costs=(costs(0),)))) == 1
    assert "no branches yet" in in_words(costs(0))


def test_the_sentence_gives_the_ratio_and_the_saving() -> None:
    assert in_words(costs(3)).startswith("A branch of tiny@1 takes 20% of the time that the base took; sharing it")
    assert "has saved 56% of the time" in in_words(costs(3))  # 200 of 360
    assert "2.0 times as long" in in_words(costs(1, each=200.0))


def test_only_keys_that_differ_are_told() -> None:
    a = {"name": "a", "scratch": False, "train": {"lr": 1e-3, "steps": 10}, "classes": ["x"]}
    b = {"name": "b", "scratch": True, "train": {"lr": 1e-3, "steps": 20}, "classes": ["x"], "what": "full"}
    found = {d.key: d.values for d in differences({"a": a, "b": b})}
    assert found == {
        "scratch": {"a": False, "b": True},
        "train.steps": {"a": 10, "b": 20},
        "what": {"b": "full"},
    }
    assert flatten({"a": {"b": {"c": 1}}, "d": [1, 2]}) == {"a.b.c": 1, "d": [1, 2]}
