"""A few values of a few keys become configurations: which, how named, and what is refused."""

from __future__ import annotations

import pytest

from engine.config.schema import BranchConfig, DataConfig, PretrainConfig
from engine.config.sweep import count, expand, parse, tag
from engine.errors import InputError

BASE = PretrainConfig(name="tiny", corpus="docs")


def test_every_combination_the_last_key_fastest() -> None:
    axes = parse(["train.lr=1e-3, 3e-4", "seed=0,1", "model.mlp=swiglu,relu2"])
    assert axes == {"train.lr": [1e-3, 3e-4], "seed": [0, 1], "model.mlp": ["swiglu", "relu2"]}
    found = expand(BASE, axes)
    assert len(found) == count(axes) == 8
    assert [one.name for one in found[:3]] == [
        "tiny-lr0.001-seed0-mlpswiglu", "tiny-lr0.001-seed0-mlprelu2", "tiny-lr0.001-seed1-mlpswiglu",
    ]  # fmt: skip
    assert [(one.train.lr, one.seed, one.model.mlp) for one in found][-1] == (3e-4, 1, "relu2")
    assert all(one.train.steps == BASE.train.steps and one.corpus == "docs" for one in found), "the rest stays"
    assert tag(BASE) == "sweep:tiny" and " " not in tag(PretrainConfig(name="a b", corpus="c"))


def test_switches_and_choices_sweep_too() -> None:
    base = BranchConfig(name="v", method="classify", data=DataConfig())
    found = expand(base, parse(["scratch=true,false", "what=full,head"]))
    assert [(one.scratch, one.what) for one in found] == [
        (True, "full"),
        (True, "head"),
        (False, "full"),
        (False, "head"),
    ]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (["train.lr"], "is not key=value,value"),
        (["train.lr=1e-3,"], "is not key=value,value"),
        (["seed=0", "seed=1"], "is swept twice"),
        (["name=a,b"], "names follow from the values"),
        (["seed=1,1"], "would be the same"),
        (["train.lr=1e-3,-1"], "> 0"),
        (["train.lrr=1,2"], "did you mean 'lr'?"),
        (["seed.x=1,2"], "is no table"),
    ],
)
def test_what_cannot_be_swept_is_said(items: list[str], words: str) -> None:
    with pytest.raises(InputError) as error:
        expand(BASE, parse(items))
    assert words in str(error.value)
