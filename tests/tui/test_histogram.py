"""Columns over an axis, with the bounds of a rule drawn in."""

from __future__ import annotations

import pytest

from tui.widgets.histogram import Bins, bars, columns

BINS = Bins([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [80, 1, 0, 8, 40, 80, 40, 2])


@pytest.mark.parametrize(("width", "height"), [(8, 2), (9, 5), (40, 6), (200, 30)])
def test_it_fits_its_room(width: int, height: int) -> None:
    drawn = columns(BINS.bounded(2, 6), width, height).plain.split("\n")
    assert len(drawn) == height and max(map(len, drawn)) <= width


def test_the_tallest_reaches_the_top_and_anything_above_zero_shows() -> None:
    top, *_, foot, _ = columns(BINS, 8, 6).plain.split("\n")
    assert (top, foot) == ("█    █  ", "█▁ ▄███▁")
    logarithm = columns(BINS, 8, 6, log=True).plain.split("\n")[-2]
    assert logarithm[3] == "█", "small counts show by their logarithm"


def test_what_a_rule_drops_is_shaded_and_its_bounds_are_drawn_and_named() -> None:
    lines = columns(BINS.bounded(2, 6), 40, 5).plain.split("\n")
    assert lines[0].startswith("░") and all(line[10] == line[30] == "│" for line in lines[:-1])
    assert "2" in lines[-1] and "6" in lines[-1]
    beyond = columns(BINS.bounded(-5, 100), 40, 5).plain.split("\n")
    assert beyond[0][0] == "│" and beyond[0][35] == "│", "a bound beyond all values stands at the nearest end"


def test_no_room_and_nothing_to_show_draw_nothing() -> None:
    assert columns(BINS, 7, 5).plain == columns(BINS, 40, 1).plain == columns(Bins([], []), 40, 5).plain == ""
    assert bars([], 40).plain == ""
