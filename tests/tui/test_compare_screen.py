"""Every key of the comparison, on the demo workspace; its parts by themselves."""

from __future__ import annotations

from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import OptionList

from engine.compare.table import Comparison
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import BASE, RUNS
from tui.app import GraftlineApp
from tui.screens.compare import CompareScreen
from tui.screens.pick import PickScreen
from tui.widgets.confusion import matrix
from tui.widgets.score_table import Scale, ScoreTable, columns, scale_of

WIDE = (120, 40)


def table(app: GraftlineApp) -> ScoreTable:
    return app.screen.query_one(ScoreTable)


def comparison(app: GraftlineApp) -> Comparison:
    found = table(app).comparison
    assert found is not None
    return found


async def opened(pilot: Pilot[None], *models: str) -> None:
    app = pilot.app
    assert isinstance(app, GraftlineApp)
    await settle(pilot)
    app.compared = models
    await pilot.press("4")
    await settle(pilot, lambda: isinstance(app.screen, CompareScreen) and table(app).comparison is not None)


async def test_a_suite_with_everything_that_was_evaluated_on_it(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        shown = screen_text(pilot)
        assert comparison(demo).baseline == RUNS["areas-scratch"], "the scratch control is what to compare with"
    for words in (
        "80.0 ±6.2", "≈ +9.4 [+0.0, +18.8]", "the baseline", "unclear", "1m02s", "who was taken for whom: areas",
        "not significantly different from areas-scratch", "always answering 'data' gives 25.0",
        "they differ on 59 of 160",
        "✗ areas-scratch  files",
    ):  # fmt: skip
        assert words in shown, words


async def test_bits_per_byte_stand_apart_from_task_scores(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        line = screen_text(pilot).splitlines()[1]
        assert line.index("questions") < line.index("│ bits per byte (no task score)") < line.index("email-text")
        assert "email-text" not in "".join(row.model for row in comparison(demo).rows)
        await pilot.press("left_square_bracket")
        await settle(pilot, lambda: comparison(demo).suite == "email-text")
        shown = screen_text(pilot)
    assert "bits per byte say how well text is predicted; they are not a task score" in shown
    assert "1.1" in shown and "accuracy" not in shown and "±0.030" in shown


async def test_suites_models_metrics_and_the_cursor(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket")
        await settle(pilot, lambda: comparison(demo).suite == "questions")
        assert {row.model for row in comparison(demo).rows} == {RUNS["helper"], BASE}
        assert table(demo).metric == "token_f1"
        await pilot.press("m")
        await settle(pilot)
        assert table(demo).metric == "exact_match" and "exact match" in screen_text(pilot)
        before = table(demo).row
        await pilot.press("j" if table(demo).cursor == 0 else "k")
        await settle(pilot)
        after = table(demo).row
        assert before is not None and after is not None and before.model != after.model
        lines = screen_text(pilot).splitlines()
        title = next(i for i, line in enumerate(lines) if "all scores" in line)
        assert after.name in lines[title + 1]
        await pilot.press("end", "G", "home")
        assert table(demo).cursor == 0


async def test_another_baseline(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("b")
        await settle(pilot, lambda: comparison(demo).baseline == RUNS["areas"])
        shown = screen_text(pilot)
    assert "-9.4 [-18.8" in shown and "◆ areas " in shown


async def test_a_suite_that_knows_the_models_asked_for(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, BASE, RUNS["reference"])
        assert comparison(demo).suite == "email-text"
        assert [row.model for row in comparison(demo).rows] == [BASE, RUNS["reference"]]
        await pilot.press("space")
        await settle(pilot)
        assert isinstance(demo.screen, PickScreen)
        await pilot.press("a", "enter")
        await settle(pilot)
        assert len(demo.compared) == 5


async def test_items_are_read_with_the_keyboard_in_a_narrow_terminal(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "they differ on" not in screen_text(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert "they differ on 59" in screen_text(pilot)
        await pilot.press("tab", "down")
        await settle(pilot)
        assert demo.screen.query_one(OptionList).highlighted == 1
        await pilot.press("shift+tab", "d")
        await settle(pilot)
        assert "who was taken for whom" in screen_text(pilot)


async def test_nothing_evaluated_says_what_to_do(empty_app: GraftlineApp) -> None:
    async with empty_app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot, lambda: "Nothing is evaluated yet" in screen_text(pilot))


def test_whiskers_share_one_scale() -> None:
    scale = Scale(0.5, 1.0, 51)
    assert [scale.at(v) for v in (0.0, 0.5, 0.75, 1.0, 2.0)] == [0, 0, 25, 50, 50]


async def test_the_scale_holds_every_interval(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        scale = scale_of(comparison(demo), "accuracy", 40)
        ends = [v for row in comparison(demo).rows if (s := row.score("accuracy")) for v in (s.low, s.high) if v]
    assert scale.low <= min(ends) and max(ends) <= scale.high <= 1.0


def test_columns_fill_the_width_they_are_given() -> None:
    for width in range(60, 260):
        wide = columns(width, 20)
        total = sum((wide.name, wide.score, wide.whisker, wide.difference, wide.verdict, wide.p, wide.n, wide.cost))
        assert total + 2 <= max(width, 65), width


def test_a_confusion_matrix_counts_and_shades() -> None:
    counts = {"a": {"a": 9, "b": 1}, "b": {"a": 4, "b": 6, "odd": 10}}
    lines = matrix(counts, 60).plain.splitlines()
    assert lines[0].split() == ["a", "b", "odd", "recall"]
    assert lines[1].split() == ["a", "█", "9", "░", "1", "·", "90.0"]
    assert lines[2].split() == ["b", "░", "4", "▒", "6", "▒", "10", "30.0"]
    assert lines[3].split() == ["precision", "69.2", "85.7", "0.0"]


def test_a_matrix_too_wide_says_what_it_leaves_out_and_foreign_labels_only_say_themselves() -> None:
    names = [f"[/b]\x1b[2J{i}" for i in range(30)]
    shown = matrix({a: dict.fromkeys(names, 1) for a in names}, 60).plain
    assert "more columns find no room here" in shown and not control_characters(shown)
    assert all(cell_len(line) <= 60 for line in shown.splitlines())
