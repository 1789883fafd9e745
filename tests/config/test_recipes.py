"""Every recipe that pretrains says what `plan` says of it, so that its comments cannot rot."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.config.estimate import Estimate
from engine.config.hardware import KNOWN
from engine.config.load import KINDS, load, read_toml
from engine.config.plan_words import elsewhere, summary
from engine.config.schema import BranchConfig, CorpusConfig, ModelConfig, PretrainConfig
from engine.config.size import plan
from engine.launch.memory import USABLE, settle

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPES = [*sorted((CONFIGS / "pretrain").glob("*.toml")), CONFIGS / "branch" / "continued-import.toml"]
SMOLLM = ModelConfig(
    block="llama", layers=30, width=576, heads=9, kv_heads=3, mlp="swiglu", mlp_width=1536, context=2048,
    vocab_size=49152,
)  # fmt: skip
"""SmolLM-135M's published shape, which the recipe for an imported base is planned for."""


def estimate(path: Path, machine: str = "h100") -> Estimate:
    """The recipe's plan on a machine that nobody here has."""
    config = load(path, KINDS[read_toml(path)["kind"]])
    assert isinstance(config, PretrainConfig | BranchConfig)
    shape = config.model if isinstance(config, PretrainConfig) else SMOLLM
    if not shape.vocab_size:
        corpus = load(CONFIGS / "corpus" / f"{config.corpus}.toml", CorpusConfig)  # type: ignore[union-attr]
        shape = replace(shape, vocab_size=corpus.tokenizer.vocab_size)
    planned = plan(shape, config.train, steps=config.train.steps, train_tokens=0, gpu=True)
    room = int(KNOWN[machine].memory_bytes * USABLE)
    train = settle(planned, config.train, room)
    planned = planned.at_once(train.rows)
    assert planned.peak_bytes <= room, "it fits"
    return Estimate(planned, train, hardware=KNOWN[machine])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_says_what_it_takes(path: Path) -> None:
    text, found = path.read_text(encoding="utf-8"), estimate(path)
    assert f"\n# plan: {summary(found.plan)}\n" in text
    if on := re.search(r"\n# on one (\w+): (.*)\n", text):
        assert on[2] == elsewhere(estimate(path, on[1]))
    else:
        assert "# on two cores: " in text, "a recipe for a CPU says how long it took on one"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_setting_that_matters_says_why(path: Path) -> None:
    """Of model and training, at least the keys that nobody could guess carry a comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for key in ("steps", "batch", "optimizer", "lr", "warmup", "decay"):
        [line] = [line for line in lines if re.match(rf"{key} *=", line)]
        assert "#" in line, key


def test_there_is_one_for_each_size_and_kind() -> None:
    sizes = [dataclasses.astuple(estimate(path).plan)[0] for path in RECIPES]
    assert min(sizes) < 2e6 and sum(1.2e8 < size < 1.3e8 for size in sizes) and sum(3e8 < size < 4e8 for size in sizes)
    assert max(sizes) > 1.5e9 and {read_toml(path)["kind"] for path in RECIPES} == {"pretrain", "branch"}
