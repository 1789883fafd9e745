"""The process that holds a corpus's measures: asked again after it has ended, refusing in words, gone when closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.corpus.manifest import find_corpus
from engine.corpus.thresholds import Question, nudged, override
from engine.errors import InputError
from engine.launch.thresholds import Thresholds
from engine.paths import Workspace
from tests.support.processes import children
from tests.support.web import web_corpus


@pytest.fixture(scope="module")
def thresholds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thresholds]:
    workspace = Workspace(tmp_path_factory.mktemp("web") / "runs")
    config, _ = web_corpus(workspace)
    with Thresholds(workspace, find_corpus(workspace, "web").ref, config) as made:
        yield made
    assert not children("engine.corpus.previewing")


def test_it_answers_refuses_and_is_started_again(thresholds: Thresholds) -> None:
    report = thresholds.ask(Question()).report
    assert report is not None and report.documents == 300
    with pytest.raises(InputError, match="did you mean 'words'"):
        thresholds.ask(Question(overrides=("clean.rules.wrods=3",)))
    (process,) = children("engine.corpus.previewing")
    process.kill()
    process.wait()
    histogram = thresholds.ask(Question(measure="words", source="news")).histogram
    assert histogram is not None and sum(histogram.counts) == 100


def test_closed_it_answers_nothing(tmp_path: Path) -> None:
    with Thresholds(Workspace(tmp_path), "web/1", tmp_path / "config.toml") as closed:
        pass
    assert closed.ask(Question()).report is None


@pytest.mark.parametrize(
    ("rule", "bound", "words"),
    [
        ("words", (50.0, float("inf")), "clean.rules.words=[50, inf]"),
        ("alphabetic", 0.25, "clean.rules.alphabetic=0.25"),
        ("chars", False, "clean.rules.chars=false"),
        ("near_duplicate", (float("-inf"), 0.7), "dedup.near=0.7"),
        ("duplicate", False, "dedup.exact=false"),
        ("toxic_words", (float("-inf"), 2.0), "toxicity.distinct=3"),
        ("language_confidence", (0.5, float("inf")), "language.confidence=0.5"),
    ],
)
def test_bounds_of_a_rule_are_written_as_the_key_that_sets_them(rule: str, bound: object, words: str) -> None:
    assert override(rule, bound) == words  # type: ignore[arg-type]


def test_what_has_no_threshold_is_refused() -> None:
    for rule in ("empty", "contaminated"):
        with pytest.raises(InputError, match="has no threshold"):
            override(rule, 3.0)


def test_a_nudge_is_a_round_step_to_either_side() -> None:
    assert nudged(50, None, looser=True) == (45, float("inf"))
    assert nudged(50, 1000, looser=False) == (55, 900)
    low, high = nudged(None, 0.3, looser=True)
    assert low == float("-inf") and high == pytest.approx(0.32)
    assert nudged(0, None, looser=False)[0] == pytest.approx(0.01) and nudged(0, None, looser=True)[0] == 0
