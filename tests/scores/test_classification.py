"""Classification metrics against scikit-learn's numbers (1.7, zero_division=0)."""

from __future__ import annotations

import numpy as np
import pytest

from engine.scores.classification import confusion, scores

TARGETS = "bbcdaadcbbdddbbbdaabacacdddddbcaabdbcdcddcdbcacbcabccaaddaca"
OUTPUTS = "bbcaaadcbcdcdbbedacbeceacdbecbcaabbbedcadacccacbcabcabadbaaa"
PRECISION = [0.625, 0.733333333333, 0.5625, 1.0, 0.0]
RECALL = [0.714285714286, 0.785714285714, 0.642857142857, 0.444444444444, 0.0]
F1 = [0.666666666667, 0.758620689655, 0.6, 0.615384615385, 0.0]


def test_every_metric_is_scikit_learns() -> None:
    found = {score.metric: score for score in scores(TARGETS, OUTPUTS, seed=0)}
    assert found["accuracy"].value == pytest.approx(0.6333333333333333)
    assert found["macro_f1"].value == pytest.approx(0.528134394341291)
    for name, precision, recall, f1 in zip("abcde", PRECISION, RECALL, F1):
        assert found[f"precision:{name}"].value == pytest.approx(precision)
        assert found[f"recall:{name}"].value == pytest.approx(recall)
        assert found[f"f1:{name}"].value == pytest.approx(f1)
    assert [found[f"recall:{name}"].n for name in "abcde"] == [14, 14, 14, 18, 0]


def test_the_macro_interval_is_that_of_drawing_items() -> None:
    """The multinomial over cells against the plain bootstrap over items."""
    macro = next(score for score in scores(TARGETS, OUTPUTS, seed=0) if score.metric == "macro_f1")
    draw = np.random.default_rng(1)
    values = []
    for _ in range(2000):
        chosen = draw.integers(0, len(TARGETS), len(TARGETS))
        pairs = [(TARGETS[i], OUTPUTS[i]) for i in chosen]
        f1s = []
        for name in {name for one in pairs for name in one}:
            right = sum(t == o == name for t, o in pairs)
            f1s.append(2 * right / (sum(t == name for t, _ in pairs) + sum(o == name for _, o in pairs)))
        values.append(sum(f1s) / len(f1s))
    low, high = np.percentile(values, [2.5, 97.5])
    assert (macro.low, macro.high) == pytest.approx((low, high), abs=0.02)


def test_confusion_counts_pairs() -> None:
    assert confusion(["a", "a", "b", "a"], ["a", "b", "b", "b"]) == {"a": {"a": 1, "b": 2}, "b": {"b": 1}}
    table = confusion(TARGETS, OUTPUTS)
    assert sum(sum(row.values()) for row in table.values()) == 60
    assert sum(row.get(name, 0) for name, row in table.items()) == 38


def test_all_right_is_one() -> None:
    found = {score.metric: score for score in scores(["x", "y"], ["x", "y"], 0)}
    assert found["accuracy"].value == found["macro_f1"].value == found["macro_f1"].low == 1.0
