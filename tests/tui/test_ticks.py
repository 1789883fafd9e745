"""Axes: round ticks inside their limits, labels that tell them apart, limits that move seldom."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets import ticks

SPANS = st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e6))


@given(SPANS, st.integers(2, 12))
def test_ticks_are_evenly_spaced_inside_and_told_apart(span: tuple[float, float], most: int) -> None:
    low, high = span[0], span[0] + span[1]
    found = ticks.linear(low, high, most)
    assert 1 <= len(found) <= most + 1
    slack = (high - low) * 1e-6
    assert all(low - slack <= v <= high + slack for v in found)
    if len(found) > 2:
        gaps = [b - a for a, b in pairwise(found)]
        assert max(gaps) == pytest.approx(min(gaps))


@pytest.mark.parametrize(
    ("least", "step"), [(0.7, 1.0), (1.0, 1.0), (1.1, 2.0), (2.1, 2.5), (3, 5), (6, 10), (0.013, 0.02), (260, 500)]
)
def test_steps_are_one_two_two_and_a_half_or_five(least: float, step: float) -> None:
    assert ticks.nice_step(least) == pytest.approx(step)


def test_steps_are_whole_numbers() -> None:
    assert ticks.whole(0, 3, 10) == [0, 1, 2, 3]
    assert all(v == int(v) for v in ticks.whole(0, 17, 6))


def test_time_ticks_are_what_clocks_show() -> None:
    assert ticks.clock(0, 3600, 6) == [0, 600, 1200, 1800, 2400, 3000, 3600]
    assert [ticks.clock_label(v) for v in (0, 30, 90, 600, 5400, 7200, 172800)] == [
        "0", "30s", "1m30", "10m", "1h30", "2h", "2d",
    ]  # fmt: skip


def test_a_logarithmic_axis_has_decades_or_one_two_five() -> None:
    assert ticks.log(1e-4, 1e4, 4) == pytest.approx([1e-4, 1e-2, 1, 100, 1e4])
    assert ticks.log(1, 20, 8) == pytest.approx([1, 2, 5, 10, 20])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([3.0, 3.5, 4.0], ["3.0", "3.5", "4.0"]),
        ([0, 100, 200], ["0", "100", "200"]),
        ([0, 10_000, 20_000], ["0", "10K", "20K"]),
        ([1e-5, 2e-5], ["1e-5", "2e-5"]),
        ([0.1, 0.125, 0.15], ["0.100", "0.125", "0.150"]),
    ],
)
def test_labels_have_the_decimals_they_need(values: list[float], texts: list[str]) -> None:
    assert ticks.labels(values) == texts


def test_the_end_of_a_live_axis_moves_in_jumps() -> None:
    limit, moves = 0.0, 0
    for step in range(1, 10_001):
        after = ticks.grown(step, limit)
        assert after >= step
        moves += after != limit
        limit = after
    assert moves <= 40, "about one jump for each quarter more"


@given(st.floats(1e-6, 1e6), st.floats(1.0001, 1e3), st.booleans())
def test_limits_hold_what_they_are_for(low: float, factor: float, logarithmic: bool) -> None:
    high = low * factor
    a, b = ticks.snapped(low, high, logarithmic=logarithmic)
    slack = 1e-9 * abs(high)
    assert a <= low + slack and b >= high - slack and math.isfinite(a) and math.isfinite(b) and a < b


def test_limits_around_one_value_leave_room() -> None:
    a, b = ticks.snapped(3.0, 3.0, logarithmic=False)
    assert a < 3.0 < b
