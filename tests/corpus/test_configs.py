"""The shipped corpus configurations that need no network and no data of yours build, and their page is complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.config.load import load
from engine.config.schema import CorpusConfig
from engine.corpus.manifest import CorpusFolder
from engine.corpus.report import load_report
from engine.corpus.rules.chosen import chosen_rules
from engine.corpus.rules.overview import page

CONFIGS = Path(__file__).parents[2] / "configs" / "corpus"


# Python's documentation is clean text: rules for all text leave it alone. A page has tables and headings.
@pytest.mark.parametrize(("name", "tokens", "dropped"), [("python-docs", 400_000, 0.02), ("text-folder", 500, 0.2)])
def test_it_builds(build: Callable[[dict[str, Any]], CorpusFolder], name: str, tokens: int, dropped: float) -> None:
    config = load(CONFIGS / f"{name}.toml", CorpusConfig)
    corpus = build(msgspec.to_builtins(config))
    assert corpus.manifest.train_tokens > tokens
    assert 0.01 < corpus.manifest.heldout_documents / corpus.manifest.documents < 0.2
    report = load_report(corpus.path)
    assert report.bytes_per_token > 1.5
    by_rules = sum(count.documents for count in report.dropped if "duplicate" not in count.rule)
    assert by_rules <= dropped * report.documents


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_its_rules_are_rules(path: Path) -> None:
    config = load(path, CorpusConfig)
    assert len(chosen_rules(config, where=path)) == len(config.sources)


def test_the_page_has_every_rule_and_what_each_preset_asks() -> None:
    assert page() in (CONFIGS.parents[1] / "docs" / "corpus.md").read_text(encoding="utf-8")
