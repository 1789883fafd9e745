"""Numbers as people read them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from engine import figures


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.4, "59s"), (59.6, "1m00s"), (130, "2m10s"), (3600, "1h00m"), (25500, "7h05m"), (273600, "3d04h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9999, "9999"), (12_345, "12.3K"), (154_000, "154K"), (4_100_000, "4.1M"), (1.2e9, "1.2B"),
     (3.4e15, "3.4e15")],
)  # fmt: skip
def test_counts(value: float, text: str) -> None:
    assert figures.count(value) == text


def test_what_is_not_known_is_a_dash_everywhere() -> None:
    kinds = (figures.loss, figures.share, figures.duration, figures.age, figures.count, figures.size)
    assert {kind(None) for kind in kinds} == {figures.UNKNOWN}
    assert figures.interval(None, 0.1, 0.2) == figures.UNKNOWN


def test_an_interval_is_half_its_width() -> None:
    assert figures.interval(0.712, 0.684, 0.740) == "71.2 ±2.8"
    assert figures.interval(0.712, None, None) == "71.2"


def test_a_sparkline_is_as_wide_as_asked_and_falls_when_the_values_do() -> None:
    falling = figures.sparkline([8.0 - n for n in range(60)], 8)
    assert falling == "█▇▆▅▄▃▂▁"
    assert figures.sparkline([1.0, float("nan"), 1.0], 5) == "▁▁   "
    assert figures.sparkline([], 4) == "    "


@pytest.mark.parametrize("width", [1, 7, 40])
def test_a_bar_never_leaves_its_room_and_always_shows_something(width: int) -> None:
    for value in (1e-9, 0.3, 0.5, 1.0, 2.0):
        assert 1 <= cell_len(figures.bar(value, 1.0, width)) <= width
    assert figures.bar(1.0, 1.0, width) == "█" * width
    assert figures.bar(0.0, 1.0, width) == ""
