"""Instruction metrics: SQuAD's token F1 by hand, exact match, and rules one by one."""

from __future__ import annotations

import pytest

from engine.config.schema import RuleConfig
from engine.corpus.suite import Item
from engine.evaluate.instruction import exact_match, normal_words, rules_hold, scores, token_f1


@pytest.mark.parametrize(
    ("output", "target", "f1"),
    [
        ("The cat sat.", "a cat sat", 1.0),
        ("cat cat dog", "cat bird", 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("", "", 1.0),
        ("the", "", 1.0),  # only an article: nothing is left of it
        ("the cat the cat", "cat cat", 1.0),
        ("Theatre", "the atre", 0.0),  # articles go as whole words only
    ],
)
def test_token_f1(output: str, target: str, f1: float) -> None:
    assert token_f1(output, target) == pytest.approx(f1)
    assert token_f1(target, output) == pytest.approx(f1)


def test_normal_words() -> None:
    assert normal_words("An  apple's (red)\nskin, the END!") == ["apples", "red", "skin", "end"]


def test_exact_match_forgives_whitespace_only() -> None:
    assert exact_match(" Return  the\nvalue. ", "Return the value.")
    assert not exact_match("return the value.", "Return the value.")
    assert not exact_match("Return the value", "Return the value.")


@pytest.mark.parametrize(
    ("rule", "output", "ended", "holds"),
    [
        (RuleConfig(), "", False, True),
        (RuleConfig(min_words=2), "one", True, False),
        (RuleConfig(min_words=2), "one two", True, True),
        (RuleConfig(max_words=2), "one two three", True, False),
        (RuleConfig(must_end=True), "x", False, False),
        (RuleConfig(must_end=True), "x", True, True),
        (RuleConfig(must_match=r"^\w+\.$"), "Done.", True, True),
        (RuleConfig(must_match=r"^\w+\.$"), "Not done.", True, False),
        (RuleConfig(must_contain=("CAT", "dog")), "Cat and Dog", True, True),
        (RuleConfig(must_contain=("cat", "dog")), "cat", True, False),
        (RuleConfig(must_contain=("{name}!",)), "hello ANN!", True, True),
        (RuleConfig(must_contain=("{name}!",)), "hello bob!", True, False),
        (RuleConfig(must_contain=("{x}",)), "a literal {x}", True, True),
        (RuleConfig(min_words=1, must_end=True), "one", False, False),
    ],
)
def test_rules(rule: RuleConfig, output: str, ended: bool, holds: bool) -> None:
    assert rules_hold(rule, output, ended, {"name": "Ann"}) is holds


def test_scores_are_means_over_items() -> None:
    items = [Item(str(n), "q", target, values=(("name", "a"),)) for n, target in enumerate(["a b", "c d", "e", "f"])]
    outputs, ended = ["a b", "c x", "", "f"], [True, True, False, False]
    found = {score.metric: score for score in scores(RuleConfig(must_end=True), items, outputs, ended, 0)}
    assert found["exact_match"].value == 0.5 and found["exact_match"].n == 4
    assert found["token_f1"].value == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert found["rule_score"].value == 0.5
    assert "rule_score" not in {score.metric for score in scores(RuleConfig(), items, outputs, ended, 0)}
