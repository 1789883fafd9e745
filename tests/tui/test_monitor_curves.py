"""The pure parts of the monitor against closed forms: axes, typed limits, projection, mean and spread, lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.journal.events import Checkpoint, Decision, Planned
from tui.limits import parse, written
from tui.monitor_curves import Curves, Look, heading, marker, marks, projected
from tui.projection import fit
from tui.run_view import RunView
from tui.seeds import recipe, spread
from tui.widgets.decimate import Floats, decimate, thin
from tui.widgets.scale import Scale
from tui.widgets.series import Mark as ChartMark
from tui.widgets.series import Series, View

STEPS = np.arange(10.0, 1010.0, 10.0)


def rows(values: Floats, steps: Floats = STEPS) -> Floats:
    return np.column_stack([steps, steps * 100, steps / 2, values])


def run(name: str, values: Floats, **more: object) -> RunView:
    curves = {"heldout_loss": rows(values)}
    return RunView(name, name=name, state="running", curves=curves, **more)  # type: ignore[arg-type]


# --- axes -----------------------------------------------------------------------------------------


@given(st.floats(0.1, 10), st.floats(11, 1e6), st.floats(0, 1), st.booleans())
def test_a_value_and_its_share_of_an_axis_are_inverse(low: float, high: float, share: float, log: bool) -> None:
    scale = Scale(low, high, log)
    assert scale.share(scale.value(share)) == pytest.approx(share, abs=1e-6)


def test_zooming_keeps_what_one_looks_at_in_its_place() -> None:
    for log in (False, True):
        scale = Scale(1.0, 1000.0, log)
        near = scale.around(100.0, 0.25)
        assert near.share(100.0) == pytest.approx(scale.share(100.0))
        assert near.around(100.0, 4.0).low == pytest.approx(1.0) and near.around(100.0, 4.0).high == pytest.approx(1000)
    assert Scale(0, 10).moved(0.5) == Scale(5, 15)
    assert Scale(1, 100, True).moved(0.5).low == pytest.approx(10)


def test_a_line_runs_on_to_the_edge_of_a_zoomed_chart() -> None:
    x, y = np.array([0.0, 100.0]), np.array([0.0, 10.0])
    spans = decimate(x, y, 40.0, 60.0, 10)
    assert (spans.first[0], spans.last[-1]) == pytest.approx((4.0, 6.0))
    assert spans.joined[1:].all()
    gap = decimate(np.array([0.0, 50.0, 100.0]), np.array([0.0, np.nan, 10.0]), 60.0, 80.0, 10)
    assert not len(gap.at), "there is no line where nothing was measured"


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=1, max_size=400), st.integers(1, 20))
def test_thinning_keeps_ends_extremes_and_gaps(values: list[float | None], columns: int) -> None:
    y = np.array([np.nan if v is None else v for v in values])
    full = rows(y, np.arange(len(y), dtype=float))
    thinned = thin(full, columns)
    assert len(thinned) <= max(5 * columns, 1) or len(full) <= 4 * columns
    assert (thinned[0, 0], thinned[-1, 0]) == (full[0, 0], full[-1, 0])
    assert np.isnan(thinned[:, 3]).any() == np.isnan(y).any()
    if np.isfinite(y).any():
        assert (np.nanmin(thinned[:, 3]), np.nanmax(thinned[:, 3])) == (np.nanmin(y), np.nanmax(y))


# --- typed limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("x 100..2000 y 1..3", (100, 2000), (1, 3)),
        ("y .5 .. 1e1", None, (0.5, 10)),
        ("x 1.5k..2M", (1500, 2e6), None),
        ("X ..300, y 2..", (None, 300), (2, None)),
        ("x -5..5", (-5, 5), None),
        ("", None, None),
    ],
)
def test_limits_as_people_type_them(text: str, x: object, y: object) -> None:
    assert (parse(text).x, parse(text).y) == (x, y)


@pytest.mark.parametrize("text", ["100..200", "x", "x 5", "z 1..2", "x 3..1", "x 1..2 nonsense"])
def test_what_is_no_limit_is_said(text: str) -> None:
    with pytest.raises(InputError):
        parse(text)


def test_what_the_box_shows_is_read_back() -> None:
    assert written((100.0, 2000.0), (0.5, 3.0)) == "x 100..2000 y 0.5..3"
    assert parse(written((100.0, 2000.0), (0.5, 3.0))).x == (100, 2000)


# --- projection -----------------------------------------------------------------------------------


def test_an_exact_power_law_is_found_again() -> None:
    law = fit(STEPS, 2.0 + 5.0 * STEPS**-0.4)
    assert law is not None
    far = np.array([5000.0])
    assert law.at(far)[0] == pytest.approx(2.0 + 5.0 * 5000.0**-0.4, abs=0.01)


def test_what_does_not_fall_has_no_projection() -> None:
    assert fit(STEPS, np.linspace(2, 5, len(STEPS))) is None
    assert fit(STEPS[:3], np.array([3.0, 2.0, 1.0])) is None, "too few to fit"


def test_only_a_run_at_work_heads_somewhere() -> None:
    values, plan = 1.0 + 3.0 * STEPS**-0.5, Planned(steps=4000)
    view = run("a", values, planned=plan)
    end = heading(view)
    assert end is not None and end[0] == pytest.approx(1.0 + 3.0 * 4000**-0.5, abs=0.01) and end[1] == 4000
    (line,) = projected(view, Look("tokens"))
    assert line.dotted and line.array[0, 0] == 1000 * 100 and line.array[-1, 0] == pytest.approx(4000 * 100)
    assert heading(RunView("a", state="finished", planned=plan, curves=view.curves)) is None


# --- seeds ----------------------------------------------------------------------------------------


def test_a_recipe_is_the_same_whatever_its_name_and_seed() -> None:
    one = {"name": "a", "train": {"seed": 1, "lr": 0.1}}
    assert recipe(one) == recipe({"train": {"lr": 0.1, "seed": 2}, "name": "b"})
    assert recipe(one) != recipe({"name": "a", "train": {"seed": 1, "lr": 0.2}})


def test_mean_range_and_deviation() -> None:
    x = np.array([1.0, 2.0, 3.0])
    curves = [(x, np.array([1.0, 2.0, 3.0])), (x, np.array([3.0, 4.0, 5.0])), (x[:2], np.array([2.0, 6.0]))]
    found = spread(curves)
    assert found is not None
    assert found.mean.tolist() == [2, 4, 4] and found.low.tolist() == [1, 2, 3] and found.high.tolist() == [3, 6, 5]
    deviation = spread(curves, "±sd")
    assert deviation is not None and deviation.high[1] - deviation.mean[1] == pytest.approx(2.0)
    assert spread(curves[:1]) is None
    assert spread([(x, x), (x + 10, x)]) is None, "runs that never meet have no spread"


def test_seeds_are_drawn_as_one_line_with_a_band_and_others_as_themselves() -> None:
    falling = 2 + np.exp(-STEPS / 200)
    views = [
        run("a", falling, config={"name": "a", "train": {"seed": 1}}),
        run("b", falling + 1, config={"name": "b", "train": {"seed": 2}}),
        run("c", falling + 5, config={"name": "c", "train": {"seed": 1, "lr": 1}}),
    ]
    mean, alone = Curves().series(views, "loss", Look(spread="min-max", names={v.run_id: v.name for v in views}))
    assert mean.band is not None and mean.array[:, 1] == pytest.approx(falling + 0.5) and "x2 min-max" in mean.label
    assert mean.band[:, 2] - mean.band[:, 1] == pytest.approx(1.0)
    assert alone.band is None and alone.array[:, 1] == pytest.approx(falling + 5)


# --- lines ----------------------------------------------------------------------------------------


def test_a_line_that_did_not_change_is_the_same_object() -> None:
    made, views = Curves(), [run("a", STEPS), run("b", STEPS)]
    first = made.series(views, "loss", Look())
    changed = RunView("b", state="running", curves={"heldout_loss": rows(STEPS + 1)})
    again = made.series([views[0], changed], "loss", Look())
    assert again[0] is first[0] and again[1] is not first[1]
    assert made.series(views, "loss", Look("tokens"))[0] is not first[0]


def test_finer_points_stand_in_their_part_of_the_line() -> None:
    made, view = Curves(), run("a", STEPS)
    fine = rows(np.arange(500.0, 520.0), np.arange(500.0, 520.0))
    made.set_fine({("a", "heldout_loss"): fine})
    (line,) = made.series([view], "heldout_loss", Look())
    x = line.array[:, 0]
    assert (np.diff(x) > 0).all() and np.isin(fine[:, 0], x).all() and x[0] == 10 and x[-1] == 1000


def test_marks_stand_at_their_steps_on_every_axis() -> None:
    view = run(
        "a",
        STEPS,
        planned=Planned(steps=1000, flops_per_token=6.0),
        decisions=(Decision(what="plateau", step=400, why=""), Decision(what="nan", step=500, why="")),
        checkpoints=(Checkpoint(step=200, tokens=0),),
        resumed=(300,),
    )

    def at(axis: str, **more: object) -> list[tuple[str, float]]:
        found: list[ChartMark] = marks(view, Look(axis, **more))  # type: ignore[arg-type]
        return [(mark.word or mark.glyph, mark.x) for mark in found]

    assert at("step") == [("▴", 200), ("plateau", 400), ("nan", 500), ("resume", 300)]
    assert at("tokens")[1] == ("plateau", 40_000) and at("time")[1] == ("plateau", 200)
    assert at("flops")[1] == ("plateau", 240_000)
    assert at("branch", branch_steps={"a": 1000})[1] == ("plateau", -600)


def test_sixty_four_runs_have_looks_of_their_own() -> None:
    from tui.monitor_curves import colour

    assert len({(marker(place), colour(place)) for place in range(64)}) == 64


def test_a_view_without_a_y_window_shows_all_that_is_in_sight() -> None:
    from tui.widgets.chart import layers, y_scale

    series = [Series("a", np.column_stack([STEPS, STEPS]))]
    whole = y_scale(layers(series, View(x_limit=1000)), View(x_limit=1000))
    part = y_scale(layers(series, View(x_low=100, x_limit=200)), View(x_low=100, x_limit=200))
    assert whole is not None and part is not None
    assert (part.low, part.high) == (100, 200) and whole.high == 1000
