"""A package that was really installed brings a rule and a language identifier, and a build uses both."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config.corpus import CleanConfig, CorpusConfig, SourceConfig
from engine.corpus.manifest import CorpusFolder
from engine.corpus.measure.batch import Batch
from engine.corpus.report import load_report
from engine.corpus.rules.custom import custom_rules
from engine.errors import InputError
from tests.corpus.conftest import SENTENCES
from tests.support.plugged import entry, package

__all__ = ["package"]


def test_a_build_measures_and_drops_by_installed_rules(
    package: Path, build: Callable[[dict[str, Any]], CorpusFolder], tmp_path: Path
) -> None:
    loud, short = "Now listen to me!!!! I say it once, and then I shall say it again, as loud as I can.", "Too short."
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in [*SENTENCES, loud, short]))
    raw = {
        "sources": [{"path": str(source), "name": "texts"}],
        "clean": {"preset": "none", "rules": {"exclamations": True}},
        "language": {"keep": ["long"], "identifier": "length"},
        "tokenizer": {"vocab_size": 300},
        "workers": 1,
    }
    report = load_report(build(raw).path)
    dropped = {rule.rule: (rule.documents, rule.samples[0].text) for rule in report.dropped if rule.documents}
    assert dropped["exclamations"] == (1, loud)
    assert dropped["language"][0] == sum(len(text) <= 75 for text in SENTENCES)
    assert set(dropped) == {"exclamations", "language"}
    long = sum(len(text) > 75 for text in SENTENCES)
    found = {code: amount.documents for code, amount in report.languages.items()}
    assert found == {"long": long + 1, "short": len(SENTENCES) - long, "und": 1}


def config(**rules: Any) -> CorpusConfig:
    return CorpusConfig(name="c", sources=(SourceConfig(),), clean=CleanConfig(rules=rules))


def test_what_is_installed_and_not_named_changes_nothing(package: Path) -> None:
    assert custom_rules(config(words=7).clean.rules) == []
    assert "shouting_rules" not in sys.modules


def test_text_is_measured_anew_when_the_measure_may_have_changed(package: Path) -> None:
    def identity() -> str:
        (rules,) = custom_rules(["exclamations"])
        return rules.identity

    before = identity()
    assert identity() == before and "shouting 1.2" in before
    with (package / "shouting_rules.py").open("a") as file:
        file.write("# changed\n")
    assert identity() != before


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("shouting = shouting_rules:missing", "installed package shouting cannot be loaded"),
        ("shouting = no_such_module:rules", "installed package shouting cannot be loaded"),
        ("shouting = shouting_rules:nothing", "is a int"),
        ("one = shouting_rules:rules\ntwo = shouting_rules:rules", "uninstall one of the two"),
    ],
)
def test_a_package_that_is_wrong_is_named(package: Path, points: str, says: str) -> None:
    entry(package, f"[graftline.rules]\n{points}\n")
    with pytest.raises(InputError, match=says):
        custom_rules(["exclamations"])


def test_a_measure_must_give_a_number_a_document(package: Path) -> None:
    (rules,) = custom_rules(["exclamations", "unasked"])
    with pytest.raises(InputError, match=r"clean\.rules\.unasked: .* gives no number a document"):
        rules(Batch(["a!"]))
