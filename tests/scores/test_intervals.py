"""Intervals against closed forms and other people's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.scores.intervals import mean, ratio, share, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # statsmodels 0.14, proportion_confint(method="wilson")
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371106, 1.0),
        (37, 60, 0.49017595824099924, 0.7291172762591798),
        (1, 3, 0.06149194472039626, 0.7923403991979523),
        (500, 1000, 0.4690696003681042, 0.5309303996318958),
    ],
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-12)


def test_nothing_to_divide_by_has_no_interval() -> None:
    score = share("precision:x", 0, 0)
    assert (score.value, score.low, score.high, score.n) == (0.0, None, None, 0)


def test_the_bootstrap_of_a_mean_is_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 4000)
    score = mean("m", values.tolist(), seed=1)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert score.value == pytest.approx(values.mean())
    assert (score.low, score.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half * 0.15)


def test_the_bootstrap_of_a_ratio_is_the_delta_methods_interval() -> None:
    draw = np.random.default_rng(0)
    size = draw.uniform(100, 1000, 3000)
    bits = size * draw.normal(1.5, 0.3, 3000)
    score = ratio("bits_per_byte", bits.tolist(), size.tolist(), seed=1)
    value = bits.sum() / size.sum()
    half = 1.96 * (bits - value * size).std() / (size.mean() * math.sqrt(len(size)))
    assert score.value == pytest.approx(value)
    assert (score.low, score.high) == pytest.approx((value - half, value + half), abs=half * 0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(100).tolist()
    assert mean("m", values, 3) == mean("m", values, 3)
    assert mean("m", values, 3) != mean("m", values, 4)


def test_a_single_item_has_no_spread() -> None:
    score = ratio("bits_per_byte", [12.0], [4.0], 0)
    assert (score.value, score.low, score.high) == (3.0, 3.0, 3.0)
