"""The statistics against closed forms, hand calculations and the evaluation's own definitions."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pytest

from engine.compare.statistics import (
    bootstrap_difference,
    holm,
    macro_f1_measure,
    mcnemar,
    mean_measure,
    randomisation_p,
)
from engine.scores import classification


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, Fraction(1)),
        (5, 5, Fraction(1)),
        (1, 9, Fraction(2 * (1 + 10), 1024)),
        (9, 1, Fraction(2 * (1 + 10), 1024)),
        (0, 10, Fraction(2, 1024)),
        (2, 6, Fraction(2 * (1 + 8 + 28), 256)),
    ],
)
def test_mcnemar_is_the_exact_binomial(only_a: int, only_b: int, p: Fraction) -> None:
    assert mcnemar(only_a, only_b) == pytest.approx(float(p), rel=1e-12)


def test_mcnemar_nears_the_normal_law_on_many_items() -> None:
    """With continuity correction: z = (|b - c| - 1) / sqrt(b + c)."""
    z = (5200 - 4800 - 1) / math.sqrt(10_000)
    assert mcnemar(5200, 4800) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=5e-3)
    assert mcnemar(0, 5000) == 0.0  # 2**-4999 is below the smallest float


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.001, 0.6, 0.7]) == pytest.approx([1.0, 0.004, 1.0, 1.0])
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_the_bootstrap_interval_of_a_mean_is_the_normal_one() -> None:
    numbers = np.random.default_rng(1)
    a, b = numbers.normal(0.3, 1, 2000), numbers.normal(0, 1, 2000)
    low, high = bootstrap_difference(mean_measure(a.tolist()), mean_measure(b.tolist()), seed=0)
    difference = a - b
    half = 1.959964 * difference.std() / math.sqrt(2000)
    assert (low, high) == pytest.approx((difference.mean() - half, difference.mean() + half), abs=0.1 * half)


def test_the_bootstrap_covers_the_truth_as_often_as_it_says() -> None:
    """400 experiments of 150 items whose true difference is 0.15: about 95 % of the intervals hold it."""
    numbers = np.random.default_rng(7)
    held = 0
    for trial in range(400):
        a = (numbers.random(150) < 0.75).astype(float)
        b = (numbers.random(150) < 0.60).astype(float)
        low, high = bootstrap_difference(mean_measure(a), mean_measure(b), seed=trial, resamples=600)
        held += low <= 0.15 <= high
    assert 0.92 <= held / 400 <= 0.98  # a binomial of 400 at 0.95 has a standard deviation of 0.011


def test_pairing_narrows_the_interval() -> None:
    """Models that err on the same items differ for certain where independent ones would not."""
    right = [1.0] * 100 + [0.0] * 100
    better = [1.0] * 120 + [0.0] * 80
    low, high = bootstrap_difference(mean_measure(better), mean_measure(right), seed=0)
    assert 0.05 < low < 0.1 < high < 0.15


def test_the_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    a, b = mean_measure([0.1, 0.9, 0.4, 0.7]), mean_measure([0.3, 0.2, 0.8, 0.1])
    assert bootstrap_difference(a, b, seed=3) == bootstrap_difference(a, b, seed=3)
    assert randomisation_p(a, b, seed=3) == randomisation_p(a, b, seed=3)


def test_blocks_of_draws_do_not_change_what_is_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = mean_measure([float(i % 3) for i in range(300)]), mean_measure([float(i % 2) for i in range(300)])
    whole = bootstrap_difference(a, b, seed=0)
    monkeypatch.setattr("engine.compare.statistics._CELLS", 10_000)
    assert bootstrap_difference(a, b, seed=0) == pytest.approx(whole, abs=0.02)


def test_the_randomisation_test_nears_the_full_enumeration() -> None:
    gaps = [0.9, -0.2, 0.5, 0.4, -0.1, 0.8, 0.3, 0.05, 0.6, -0.3]
    observed = abs(sum(gaps))
    flips = list(itertools.product((1, -1), repeat=len(gaps)))
    exact = sum(abs(sum(s * g for s, g in zip(f, gaps))) >= observed - 1e-12 for f in flips) / len(flips)
    p = randomisation_p(mean_measure(gaps), mean_measure([0.0] * len(gaps)), seed=0, resamples=20_000)
    assert p == pytest.approx(exact, abs=0.004)


def test_the_randomisation_test_of_equal_models_says_one() -> None:
    same = mean_measure([0.5, 0.25, 1.0])
    assert randomisation_p(same, same, seed=0) == 1.0


def test_the_randomisation_test_is_honest_under_no_difference() -> None:
    numbers = np.random.default_rng(11)
    low = 0
    for trial in range(300):
        a, b = numbers.random(40), numbers.random(40)
        low += randomisation_p(mean_measure(a), mean_measure(b), seed=trial, resamples=400) < 0.05
    assert low / 300 < 0.09


def test_bits_per_byte_weigh_documents_by_their_size() -> None:
    assert mean_measure([100.0, 900.0], [100.0, 300.0])() == pytest.approx(1000 / 400)


def test_macro_f1_by_hand() -> None:
    # class a: 2 right, 3 targets, 2 outputs -> 4/5; class b: 1 right, 1 target, 2 outputs -> 2/3
    measure = macro_f1_measure(["a", "a", "a", "b"], ["a", "a", "b", "b"], ["a", "b"])
    assert measure() == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_macro_f1_is_the_evaluations_macro_f1() -> None:
    noise = random.Random(5)
    for classes in (["a", "b"], ["a", "b", "c", "d", "e"]):
        targets = [noise.choice(classes[:-1]) for _ in range(60)]
        outputs = [t if noise.random() < 0.6 else noise.choice(classes) for t in targets]
        theirs = next(s.value for s in classification.scores(targets, outputs, 0) if s.metric == "macro_f1")
        # A class that this model never met, because only another model answers it, changes nothing.
        assert macro_f1_measure(targets, outputs, [*classes, "never"])() == pytest.approx(theirs)
