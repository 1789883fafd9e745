"""Models side by side: pairing, verdicts, corrections, and what is refused."""

from __future__ import annotations

import pytest

from engine.compare.table import compare, default_baseline
from engine.errors import InputError, NotFoundError
from engine.store.rows import EvalRow, ModelRow, PredictionRow, ScoreRow


def answered(right: str, *, first: int = 0) -> list[PredictionRow]:
    """Predictions from a string of 1 (right) and 0; the target is always `yes`."""
    return [
        PredictionRow(
            example_id=f"{first + i:03d}",
            input=f"item {first + i}",
            target="yes",
            output="yes" if mark == "1" else "no",
            correct=mark == "1",
            score=float(mark),
            weight=1.0,
        )
        for i, mark in enumerate(right)
    ]


def documents(bits: list[float], size: float = 100.0) -> list[PredictionRow]:
    return [
        PredictionRow(example_id=str(i), input="", target="", output="", correct=None, score=b, weight=size)
        for i, b in enumerate(bits)
    ]


def evaluated(
    model: str, metrics: dict[str, float], *, task: str = "classification", suite: str = "s", sha: str = "1"
) -> EvalRow:
    scores = tuple(
        ScoreRow(model_id=model, suite=suite, task=task, metric=name, value=value) for name, value in metrics.items()
    )
    return EvalRow(model_id=model, suite=suite, task=task, suite_sha256=sha, run_id="r", scores=scores)


def test_accuracy_is_paired_tested_and_told_in_words() -> None:
    good, bad = "1" * 90 + "0" * 10, "1" * 60 + "0" * 40
    found = compare(
        [evaluated("a", {"accuracy": 0.9}), evaluated("b", {"accuracy": 0.6})],
        {"a": answered(good), "b": answered(bad)},
        suite="s",
        baseline="b",
        names={"b": "the control"},
    )
    row, base = found.rows
    (difference,) = row.differences
    assert base.baseline and not base.differences and base.verdict == "the baseline"
    assert difference.value == pytest.approx(0.3)
    assert difference.low > 0.2 and difference.high < 0.4
    assert difference.p == pytest.approx(2 / 2**30)  # 30 items that only `a` gets right, none the other way round
    assert difference.significant and difference.better
    assert row.verdict.startswith("significantly better than the control: +30.0 points [+2")
    assert "p < 0.001 (exact McNemar, Holm)" in row.verdict
    assert (found.items, row.n) == (100, 100)


def test_a_difference_that_may_be_luck_is_called_so() -> None:
    found = compare(
        [evaluated("a", {"accuracy": 0.6}), evaluated("b", {"accuracy": 0.5})],
        {"a": answered("1110010110"), "b": answered("1010010100")},
        suite="s",
        baseline="b",
    )
    assert found.rows[0].verdict.startswith("not significantly different from b: +20.0 points")
    assert found.rows[0].differences[0].p == pytest.approx(0.5)  # two items, both for `a`: 2 * 1/4


def test_p_values_are_corrected_over_the_models_compared() -> None:
    evals = [evaluated(m, {"accuracy": 0.5}) for m in ("base", "a", "b")]
    predictions = {"base": answered("0" * 12), "a": answered("1" * 6 + "0" * 6), "b": answered("1" * 5 + "0" * 7)}
    _, a, b = compare(evals, predictions, suite="s", baseline="base").rows
    assert (a.differences[0].p, b.differences[0].p) == pytest.approx((2 / 64, 2 / 32))
    assert a.differences[0].p_holm == pytest.approx(4 / 64)
    assert b.differences[0].p_holm == pytest.approx(4 / 64)
    assert not a.differences[0].significant, "0.031 alone, but one of two comparisons"


def test_fewer_bits_per_byte_are_better_and_no_task_score() -> None:
    base, domain = [200.0 + i for i in range(40)], [150.0 + i * 0.9 for i in range(40)]
    found = compare(
        [evaluated(m, {"bits_per_byte": 2.0}, task="language-model") for m in ("base", "domain")],
        {"base": documents(base), "domain": documents(domain)},
        suite="s",
        baseline="base",
    )
    difference = found.rows[1].differences[0]
    assert difference.value == pytest.approx((sum(domain) - sum(base)) / 4000)
    assert difference.better and difference.significant and difference.high < 0
    assert "bits per byte" in found.rows[1].verdict and "points" not in found.rows[1].verdict
    assert any("not a task score" in note for note in found.notes)


def test_instruction_suites_compare_token_f1_and_exact_match() -> None:
    metrics = {"exact_match": 0.5, "token_f1": 0.5, "rule_score": 1.0}
    found = compare(
        [evaluated(m, metrics, task="instruction") for m in ("a", "b")],
        {"a": answered("11110000"), "b": answered("11000000")},
        suite="s",
        baseline="b",
    )
    assert [d.metric for d in found.rows[0].differences] == ["token_f1", "exact_match"]
    assert [d.test for d in found.rows[0].differences] == ["randomisation", "exact McNemar"]


def test_disagreements_are_the_items_that_tell_models_apart() -> None:
    found = compare(
        [evaluated(m, {"accuracy": 0.5}) for m in ("a", "b")],
        {"a": answered("1101"), "b": answered("1011")},
        suite="s",
        baseline="b",
        keep=1,
    )
    assert found.disagreements_total == 2
    (first,) = found.disagreements
    assert (first.example_id, first.outputs) == ("001", {"a": "yes", "b": "no"})


def test_the_majority_class_is_told() -> None:
    rows = [*answered("11"), *answered("1", first=2)]
    found = compare([evaluated("a", {"accuracy": 1.0})], {"a": rows}, suite="s", baseline="a")
    assert (found.majority_class, found.majority_accuracy) == ("yes", 1.0)


def test_items_that_only_one_model_answered_are_left_out_aloud() -> None:
    found = compare(
        [evaluated(m, {"accuracy": 0.5}) for m in ("a", "b")],
        {"a": answered("11"), "b": answered("1010")},
        suite="s",
        baseline="b",
    )
    assert found.rows[0].n == 2
    assert found.notes == ("a: 2 of the baseline's items have no answer and are left out of the pairs",)


def test_another_version_of_the_test_set_is_refused() -> None:
    evals = [evaluated("a", {"accuracy": 1.0}), evaluated("b", {"accuracy": 1.0}, sha="2")]
    with pytest.raises(InputError, match="different versions of s"):
        compare(evals, {"a": answered("1"), "b": answered("1")}, suite="s", baseline="a")


def test_a_baseline_without_evaluation_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="b has no evaluation on s"):
        compare([evaluated("a", {"accuracy": 1.0})], {"a": answered("1")}, suite="s", baseline="b")


def model(name: str, *, scratch: bool = False) -> ModelRow:
    return ModelRow(
        id=name, name=name, version=None, kind="variant", parent_id=None, run_id=name, sha256="", method=None,
        scratch=scratch,
    )  # fmt: skip


def test_the_default_baseline_is_the_only_scratch_control() -> None:
    a, b, control, other = model("a"), model("b"), model("c", scratch=True), model("d", scratch=True)
    assert default_baseline([a, control, b]) == "c"
    assert default_baseline([a, b]) == "a"
    assert default_baseline([a, control, other]) == "a"
