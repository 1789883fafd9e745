"""The demo's configurations: a base of a minute or two on two CPU cores, and what branches from it.

Sizes are chosen so that the whole method ends within five minutes on two cores, and every number that is not a default
says why it is what it is. `write` puts them into the workspace as files, to read, change and run again.
"""

from __future__ import annotations

from pathlib import Path

from engine.config.load import dump
from engine.config.schema import (
    AnyConfig,
    BranchConfig,
    CorpusConfig,
    DataConfig,
    ModelConfig,
    PretrainConfig,
    RuleConfig,
    SourceConfig,
    SuiteConfig,
    TokenizerConfig,
    TrainConfig,
    TuneConfig,
)
from engine.demo.data import DemoData
from engine.paths import write_atomic

BASE = "tiny"


def corpus(data: DemoData) -> CorpusConfig:
    """The library's documentation, without the modules that the tests ask about and without the reference."""
    source = SourceConfig(type="python-docs", include=("docstrings",), exclude=data.test_modules)
    # 2,048 tokens: with a larger vocabulary most of a small model would be its embedding.
    return CorpusConfig(name="python-docs", sources=(source,), tokenizer=TokenizerConfig(vocab_size=2048))


def pretrain(corpus_ref: str) -> PretrainConfig:
    return PretrainConfig(
        name=BASE,
        corpus=corpus_ref,
        model=ModelConfig(layers=3, width=128, heads=4, context=128),
        train=TrainConfig(
            steps=4000,  # far beyond where the held-out loss flattens: the plateau rule is to end this run
            batch=16,
            lr=4e-3,
            eval_every=50,
            patience=2,
            min_gain=0.02,  # flat: two looks in a row below two percent. Enough for a demo, too eager for a week
            decay=0.3,
        ),
    )


def branches(data: DemoData) -> list[BranchConfig]:
    """Three variants of one base, and the classifier's control."""
    areas = BranchConfig(
        name="areas",
        method="classify",
        base=BASE,
        data=DataConfig(train=str(data.folder / "areas-train.jsonl")),
        train=TuneConfig(epochs=4.0, batch=32, eval_every=50),
    )
    questions = BranchConfig(
        name="questions",
        method="instruct",
        base=BASE,
        data=DataConfig(train=str(data.folder / "questions-train.jsonl")),
        train=TuneConfig(epochs=2.0, batch=32, lr=1e-3, eval_every=50),
    )
    reference = BranchConfig(
        name="reference",
        method="continued",
        base=BASE,
        data=DataConfig(train=str(data.folder / "reference-train.jsonl")),
        train=TuneConfig(epochs=3.0, batch=16, lr=1e-3, eval_every=50),
    )
    return [areas, questions, reference, scratch(areas)]


def scratch(areas: BranchConfig) -> BranchConfig:
    """The classifier's recipe from random weights, all else alike."""
    return BranchConfig(
        name="areas-scratch", method="classify", base=BASE, data=areas.data, train=areas.train, scratch=True
    )


def suites(data: DemoData) -> dict[str, SuiteConfig]:
    """By the name of the variant that each is for."""
    return {
        "areas": SuiteConfig(name="areas", task="classification", data=str(data.folder / "areas-test.jsonl")),
        "questions": SuiteConfig(
            name="questions",
            task="instruction",
            data=str(data.folder / "questions-test.jsonl"),
            rule=RuleConfig(min_words=3, max_words=30, must_end=True),
            max_new_tokens=40,
        ),
        "reference": SuiteConfig(
            name="reference", task="language-model", data=str(data.folder / "reference-test.jsonl")
        ),
    }


def write(folder: Path, config: AnyConfig) -> Path:
    """A configuration as a file of its own, so that what the demo did can be done again by hand."""
    path = folder / f"{config.name}.toml"
    write_atomic(path, dump(config))
    return path
