"""The picture of a curve, and the widget that sends as little of it as it can."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.support.screen import control_characters
from tui.widgets.chart import Mark, Row, Series, View, draw, value_at
from tui.widgets.curve import Curve
from tui.widgets.plot import MOST_WAYS, Layer


def text(rows: list[Row]) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows]


def falling(count: int = 200) -> Series:
    x = np.arange(1.0, count + 1)
    return Series("held-out", np.column_stack([x, 3 + 3 * np.exp(-x / 40)]))


@pytest.mark.parametrize("size", [(0, 0), (5, 2), (12, 3), (30, 5), (60, 14), (200, 60)])
@pytest.mark.parametrize("log_y", [False, True])
def test_a_picture_fills_its_room_exactly(size: tuple[int, int], log_y: bool) -> None:
    marks = [Mark(50, "▬", "plateau"), Mark(90, "▴", line=False), Mark(9e9, "■", "far")]
    view = View(x_limit=250, log_y=log_y, smoothing=0.9, cursor=100.0)
    rows = text(draw([falling(), Series("déjà vu 漢字", [(1, 3.0), (2, None)])], marks, view, *size))
    assert len(rows) == size[1] and all(cell_len(row) == size[0] for row in rows)


def test_axes_legend_events_and_end_markers() -> None:
    rows = text(draw([falling()], [Mark(160, "▬", "plateau"), Mark(100, "▴", line=False)], View(x_limit=200), 80, 20))
    assert rows[0].startswith("● held-out 3.020")
    assert any(row.split("┤")[0].strip() in ("6", "6.0") for row in rows if "┤" in row)
    assert "plateau" in "".join(rows) and "▴" in rows[-2] and "└" in rows[-2]
    assert rows[-1].split() == ["step", "0", "50", "100", "150", "200"]
    assert rows[-3].rstrip().endswith("●"), "the newest point is marked"


def test_several_series_are_told_apart_without_colour() -> None:
    other = Series("other", [(x, 4.0) for x in range(1, 201)])
    plot = "\n".join(text(draw([falling(), other], [], View(x_limit=200), 80, 20))[2:])
    assert plot.count("●") >= 2 and plot.count("■") >= 2


def test_a_legend_without_room_leaves_out_context_first_and_counts_the_rest() -> None:
    points = [(1.0, 1.0), (2.0, 2.0)]
    series = [
        Series(f"run{i} {what}", points, behind=what == "train") for i in range(3) for what in ("train", "held-out")
    ]
    full = "".join(text(draw(series, [], View(x_limit=2), 70, 18))[:3])
    assert "run0 train" in full and "run2 held-out" in full
    short = text(draw(series, [], View(x_limit=2), 70, 11))[0]
    assert "train" not in short and "run2 held-out" in short
    least = text(draw(series, [], View(x_limit=2), 40, 11))[0]
    assert "run0 held-out" in least and "and 2 more" in least


def test_a_spike_survives_smoothing_as_the_raw_line_behind() -> None:
    y = np.ones(1000)
    y[500] = 9.0
    series = [Series("train", np.column_stack([np.arange(1000.0), y]))]
    rows = draw(series, [], View(x_limit=1000, smoothing=0.99), 60, 20)
    above = "".join(text(rows)[1:8])
    assert any("\u2801" <= c <= "\u28ff" for c in above), "drawn near its height"
    smoothed = value_at(series[0], View(smoothing=0.99, cursor=500.0))
    assert smoothed is not None and smoothed < 1.2


def test_what_is_not_noisy_is_not_smoothed() -> None:
    looks = Series("held-out", [(1, 4.0), (2, 2.0)], noisy=False)
    assert value_at(looks, View(smoothing=0.9)) == 2.0


def test_the_cursor_reads_the_nearest_value() -> None:
    assert value_at(Series("a", [(0, 1.0), (10, 2.0), (20, None)]), View(cursor=8.0)) == 2.0
    assert value_at(Series("a", [(0, None)]), View()) is None


def test_a_logarithmic_axis_leaves_out_what_has_no_logarithm() -> None:
    rows = text(draw([Series("lr", [(0, 0.0), (1, 1.0), (2, 1000.0)])], [], View(x_limit=2, log_y=True), 60, 20))
    labels = [row.split("┤")[0].strip() for row in rows if "┤" in row]
    assert labels == ["1000", "500", "200", "100", "50", "20", "10", "5", "2", "1"] or labels == [
        "1000",
        "100",
        "10",
        "1",
    ]


def test_labels_are_content_and_never_control_the_terminal() -> None:
    rows = text(draw([Series("\x1b[31m[/nope]\u202e", [(1, 1.0), (2, 2.0)])], [], View(x_limit=2), 60, 12))
    assert "[/nope]" in rows[0] and not control_characters("\n".join(rows))


def test_no_points_say_so() -> None:
    assert "no measurements yet" in "".join(text(draw([], [], View(), 40, 10)))
    assert "no measurements yet" in "".join(text(draw([Series("a", [(1, None)])], [], View(), 40, 10)))


class _Alone(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Region] = []

    def compose(self) -> ComposeResult:
        yield Curve()


async def test_only_rows_that_changed_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new point in a frame that holds it: its own row, those its marker left, and the legend; not the plot."""
    app = _Alone()
    async with app.run_test(size=(100, 30)) as pilot:
        curve = app.query_one(Curve)
        curve.live = True
        points = falling(300).array
        curve.set_series([Series("held-out", points[:250])])
        await pilot.pause()
        refreshed: list[Region] = []
        monkeypatch.setattr(curve, "refresh", lambda *regions, **_: refreshed.extend(regions))
        curve.set_series([Series("held-out", points[:250])])
        assert refreshed == [], "the same again sends nothing"
        curve.set_series([Series("held-out", points[:260])])
        assert 1 <= len(refreshed) <= 4
        assert all(region.height == 1 for region in refreshed)


async def test_the_cursor_walks_along_points_and_is_put_away() -> None:
    app = _Alone()
    async with app.run_test(size=(100, 30)):
        curve = app.query_one(Curve)
        curve.set_series([Series("held-out", [(10, 3.0), (20, 2.0), (30, 1.0)])])
        curve.move_cursor(-1)
        assert curve.cursor == 30
        curve.move_cursor(-1)
        assert curve.cursor == 20, "the next point, however near columns are"
        for _ in range(3):
            curve.move_cursor(-1)
        assert curve.cursor == 10
        curve.move_cursor(1)
        assert curve.cursor == 20
        curve.reset()
        assert curve.cursor is None


async def test_a_live_axis_keeps_its_frame_until_it_is_outgrown() -> None:
    app = _Alone()
    async with app.run_test(size=(100, 30)):
        curve = app.query_one(Curve)
        curve.live = True
        limits = set()
        for count in range(10, 400, 10):
            curve.set_series([falling(count)])
            limits.add(curve.x_limit)
        assert len(limits) <= 16 and max(limits) >= 390
        curve.live = False
        curve.set_series([falling(390)])
        assert curve.x_limit == 390, "at rest it ends where the run did"


def test_an_earlier_look_is_not_drawn_again_and_only_so_many_are_kept() -> None:
    layer = Layer(falling(), "#ffffff", 0.0, "●")
    looks = [View(x_limit=200.0 + more) for more in range(MOST_WAYS + 1)]
    first = [layer.codes(look, 0.0, 6.0, 40, 10) for look in looks[:-1]]
    assert all(layer.codes(look, 0.0, 6.0, 40, 10) is was for look, was in zip(looks, first, strict=False))
    layer.codes(looks[-1], 0.0, 6.0, 40, 10)
    again = layer.codes(looks[0], 0.0, 6.0, 40, 10)
    assert again is not first[0] and (again == first[0]).all()
    assert len(layer.series.drawn["ways"]) == MOST_WAYS
