"""Decimation keeps extremes, gaps stay gaps, and the moving average is what its formula says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tui.widgets.braille import Bars, codes, trace
from tui.widgets.decimate import Spans, decimate, smooth


def dots_of(spans: Spans, low: float, high: float, columns: int, rows: int) -> NDArray[np.bool_]:
    """What `trace` gives as dots, (rows, columns)."""
    bars, line = trace(spans, low, high, columns, rows), np.arange(rows)[:, None]
    return (line >= bars.top) & (line <= bars.bottom)


def test_a_spike_of_one_step_in_a_hundred_thousand_stays_in_sight() -> None:
    x, y = np.arange(100_000.0), np.ones(100_000)
    y[73_333] = 5.0
    spans = decimate(x, y, 0.0, 100_000.0, 160)
    assert len(spans.at) == 160
    column = int(73_333 / 100_000 * 160)
    assert spans.high[column] == 5.0 and spans.low[column] == 1.0
    assert (np.delete(spans.high, column) == 1.0).all()
    dots = dots_of(spans, 0.0, 6.0, 160, 40)
    top = np.flatnonzero(dots.any(axis=1))[0]
    assert top == round((6.0 - 5.0) / 6.0 * 39), "the spike's dot stands at its height"
    assert np.flatnonzero(dots[top]).tolist() == [column]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=200), st.integers(1, 40))
def test_columns_hold_the_extremes_of_their_points(values: list[float], columns: int) -> None:
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    spans = decimate(x, y, 0.0, float(len(y)), columns)
    where = np.minimum((x / len(y) * columns).astype(int), columns - 1)
    for at, low, high, first, last in zip(spans.at, spans.low, spans.high, spans.first, spans.last, strict=True):
        inside = y[where == at]
        assert (low, high, first, last) == (inside.min(), inside.max(), inside[0], inside[-1])
    assert spans.at.tolist() == sorted(set(where.tolist()))


def test_a_missing_value_breaks_the_line() -> None:
    x = np.arange(9.0)
    y = np.array([1, 1, 1, np.nan, np.nan, np.nan, 1, 1, 1])
    dots = dots_of(decimate(x, y, 0.0, 9.0, 9), 0.0, 2.0, 9, 4)
    assert dots.any(axis=0).tolist() == [True] * 3 + [False] * 3 + [True] * 3


def test_far_points_are_joined_by_a_straight_unbroken_line() -> None:
    dots = dots_of(decimate(np.array([0.0, 39.0]), np.array([0.0, 10.0]), 0.0, 40.0, 40), 0.0, 10.0, 40, 16)
    rows, columns = np.nonzero(dots)
    assert set(columns) == set(range(40))
    heights = [rows[columns == c].mean() for c in range(40)]
    assert heights == sorted(heights, reverse=True)
    for c in range(39):  # neighbours touch
        assert min(abs(a - b) for a in rows[columns == c] for b in rows[columns == c + 1]) <= 1


def test_a_cliff_is_drawn_from_top_to_bottom() -> None:
    dots = dots_of(decimate(np.array([0.0, 1.0]), np.array([0.0, 10.0]), 0.0, 2.0, 2), 0.0, 10.0, 2, 12)
    assert dots.any(axis=1).all()


def test_dots_become_the_braille_characters_of_unicode() -> None:
    one_and_eight_then_all = Bars(np.array([0, 3, 0, 0]), np.array([0, 3, 3, 3]))
    assert [chr(0x2800 + int(c)) for c in codes(one_and_eight_then_all, 1)[0]] == ["⢁", "⣿"]
    two_rows = Bars(np.array([2, 9, 5, 8]), np.array([4, -1, 6, -1]))  # dots 3 and 7, below them 1; below that 2 and 3
    assert [[chr(0x2800 + int(c)) for c in row] for row in codes(two_rows, 2)] == [["⡄", "⠀"], ["⠁", "⠆"]]


def test_nothing_in_sight_draws_nothing() -> None:
    assert not len(decimate(np.array([50.0]), np.array([1.0]), 0.0, 10.0, 8).at)
    assert not dots_of(decimate(np.empty(0), np.empty(0), 0.0, 1.0, 8), 0.0, 1.0, 8, 8).any()


@pytest.mark.parametrize("weight", [0.5, 0.9, 0.99])
def test_smoothing_is_the_unbiased_moving_average_also_over_block_borders(weight: float) -> None:
    noise = np.random.default_rng(0)
    y = noise.normal(3.0, 1.0, 3000)
    y[::7] = np.nan
    total = norm = 0.0
    expected = []
    for value in y:
        if np.isfinite(value):
            total, norm = weight * total + value, weight * norm + 1.0
            expected.append(total / norm)
        else:
            expected.append(np.nan)
    np.testing.assert_allclose(smooth(y, weight), expected, rtol=1e-10)


def test_no_smoothing_changes_nothing() -> None:
    y = np.array([1.0, np.nan, 3.0])
    np.testing.assert_array_equal(smooth(y, 0.0), y)
