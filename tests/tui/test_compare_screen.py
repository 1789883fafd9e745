"""Every key of the comparison, on the demo workspace; its parts by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, Static

from engine.compare.export import export
from engine.compare.overview import overview
from engine.compare.table import Comparison
from engine.corpus.contamination.record import Place, SuiteCheck, found, item_key, save_beside
from engine.paths import Workspace
from tests.compare.test_table import evaluated
from tests.support.screen import control_characters, screen_text, settle
from tests.support.workspace import BASE, CLASSES, DOCS, RUNS
from tui.app import GraftlineApp
from tui.screens.compare import CompareScreen
from tui.screens.pick import PickScreen
from tui.screens.play import PlayScreen
from tui.screens.reader import ReaderScreen
from tui.widgets.confusion import matrix
from tui.widgets.item_list import ItemList
from tui.widgets.recipe_words import recipe_words
from tui.widgets.score_table import Scale, ScoreTable, columns, scale_of
from tui.widgets.suite_matrix import matrix_words

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
        "▸differ 59", "one right 59", "all wrong 10", "✗ 2 areas-scratch files",
    ):  # fmt: skip
        assert words in shown, words


async def test_bits_per_byte_stand_apart_from_task_scores(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        line = screen_text(pilot).splitlines()[1]
        assert line.index("questions") < line.index("│ bits per byte (no task score)") < line.index("email-text")
        assert "email-text" not in "".join(row.model for row in comparison(demo).rows)
        await pilot.press("comma")
        await settle(pilot, lambda: comparison(demo).suite == "email-text")
        shown = screen_text(pilot)
    assert "bits per byte say how well text is predicted; they are not a task score" in shown
    assert "1.1" in shown and "accuracy" not in shown and "±0.030" in shown


async def test_suites_models_metrics_and_the_cursor(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("full_stop")
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
        await pilot.press("M")
        await settle(pilot)
        assert table(demo).metric == "token_f1"
        await pilot.press("end", "G", "home")
        assert table(demo).cursor == 0


async def test_another_baseline(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("B")
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
        await pilot.press("ctrl+a", "enter")
        await settle(pilot)
        assert len(demo.compared) == 5


async def test_tab_goes_through_the_table_and_every_pane(demo: GraftlineApp) -> None:
    for size, together in (((80, 24), 1), (WIDE, 2)):
        app = GraftlineApp(demo.gateway.home, clock=demo.clock, poll=3600)
        async with app.run_test(size=size) as pilot:
            await opened(pilot)
            seen = []
            for _ in range(5):
                await pilot.press("tab")
                await settle(pilot)
                assert app.focused is not None
                shown = [
                    name
                    for name in ("errors", "items", "recipes", "suites")
                    if app.screen.query_one(f"#{name}").display
                ]
                assert len(shown) == together
                seen.append(app.focused.id)
            assert seen == ["errors", "list", "recipes", "suites", "scores"]
            await pilot.press("shift+tab")
            assert app.focused is not None and app.focused.id == "suites"
            await settle(pilot)
            assert "★80.0 ±6.2" in screen_text(pilot) and "★ the best of its column" in screen_text(pilot)
            await pilot.press("shift+tab")
            await settle(pilot)
            assert "scratch" in screen_text(pilot) and "false" in screen_text(pilot)


async def test_suites_panes_and_kinds_of_items_are_chosen_by_mouse(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        kinds = str(demo.screen.query_one("#kinds", Static).render())
        await pilot.click("#kinds", offset=(kinds.index("all wrong"), 0))
        await settle(pilot, lambda: "▸all wrong" in screen_text(pilot))
        suites = str(demo.screen.query_one("#which", Static).render())
        await pilot.click("#which", offset=(suites.index("questions") + 1, 0))
        await settle(pilot, lambda: comparison(demo).suite == "questions")
        for pane in ("recipes", "suites"):
            names = str(demo.screen.query_one("#tabs", Static).render())
            await pilot.click("#tabs", offset=(names.index(pane), 0))
            await settle(pilot, lambda pane=pane: demo.screen.query_one(f"#{pane}").has_focus)


async def test_items_are_chosen_searched_and_read(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        items = demo.screen.query_one(ItemList)
        assert len(items.items) == 59, "those that differ, to begin with"
        await pilot.press("f")
        assert items.has_focus and len(items.items) == 59, "two models differ where one alone is right"
        await pilot.press("f")
        assert len(items.items) == 10 and all(not any(item.correct.values()) for item in items.items)
        await pilot.press("f")
        assert len(items.items) == 160
        await pilot.press("slash", *"number 12", "enter")
        await settle(pilot)
        wanted = {item.example_id for item in items.items}
        assert items.has_focus and "0012" in wanted and all("12" in item.input for item in items.items)
        first = items.item
        await pilot.press("j", "s", "k")
        assert items.cursor == 1 and items.item is not first
        await pilot.press("n")
        assert items.cursor == len(items.items) - 1
        await pilot.press("N", "end", "g", "down", "G", "home", "j", "w")
        assert items.cursor == 0
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(demo.screen, ReaderScreen)
        assert f"item 1 of {len(wanted)}" in screen_text(pilot) and "✓ right" in screen_text(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert f"item 2 of {len(wanted)}" in screen_text(pilot)
        await pilot.press("N", "escape")
        await settle(pilot)
        assert isinstance(demo.screen, CompareScreen)
        await pilot.press("escape")
        await settle(pilot)
        assert len(items.items) == 160
        await pilot.press("slash", *"zzz")
        await settle(pilot)
        assert "no item holds these words" in screen_text(pilot)


async def test_items_of_another_suite_begin_at_the_first(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        items = demo.screen.query_one(ItemList)
        await pilot.press("tab", "tab", "G", "comma")
        await settle(pilot, lambda: comparison(demo).suite == "email-text")
        assert items.cursor == 0
        shown = screen_text(pilot)
        assert "apart  item" in shown and "one right" not in shown, "documents are neither right nor wrong"
        assert "bits" in shown


async def test_models_that_were_not_evaluated_are_named_and_offered(demo: GraftlineApp) -> None:
    from tui.screens.launch import LaunchScreen

    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot, RUNS["areas"], RUNS["helper-long"])
        assert [row.name for row in comparison(demo).rows] == ["areas"]
        assert "not evaluated on areas: helper-long; e evaluates them" in screen_text(pilot)
        assert "▸all 160" in screen_text(pilot), "one model alone differs from nobody"
        demo.compared = (RUNS["helper-long"],)
        await settle(pilot)
        assert "Not evaluated yet: helper-long" in screen_text(pilot)
        await pilot.press("e")
        await settle(pilot)
        assert isinstance(demo.screen, LaunchScreen)


async def test_leaving_models_out_and_all_of_them_again(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await settle(pilot, lambda: len(comparison(demo).rows) == 1)
        assert demo.compared == (RUNS["areas-scratch"],)
        await pilot.press("x")
        assert demo.compared == (RUNS["areas-scratch"],), "the last one stays"
        await pilot.press("ctrl+a")
        await settle(pilot, lambda: len(comparison(demo).rows) == 2)
        await pilot.press("T")
        await settle(pilot, lambda: isinstance(demo.screen, PlayScreen))
        assert set(demo.asked) == {RUNS["areas"], RUNS["areas-scratch"]}


async def test_a_comparison_is_copied_and_saved(
    demo: GraftlineApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with demo.run_test(size=WIDE) as pilot:
        await opened(pilot)
        costs = {row.model: 62.0 for row in comparison(demo).rows}
        await pilot.press("Y")
        assert demo.clipboard == export(comparison(demo), "md", costs)
        await pilot.press("E")
        await settle(pilot)
        field = demo.screen.query_one(Input)
        assert field.value == "compare-areas.md"
        field.value = "table.doc"
        await pilot.press("enter")
        await settle(pilot, lambda: "ends in .md, .tex or .csv" in screen_text(pilot))
        field.value = "table.tex"
        await pilot.press("enter")
        await settle(pilot, lambda: (tmp_path / "table.tex").exists())
        assert (tmp_path / "table.tex").read_text() == export(comparison(demo), "latex", costs)


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
    for width in range(45, 260):
        wide = columns(width, 20)
        total = sum((wide.name, wide.score, wide.whisker, wide.difference, wide.verdict, wide.p, wide.n, wide.cost))
        assert total + 2 <= width, width


def test_recipes_show_the_keys_that_differ_side_by_side_or_below_one_another() -> None:
    recipes = {
        "a": {"kind": "branch", "train": {"lr": 3e-4, "steps": 150}, "tags": ["x"], "scratch": True},
        "b": {"kind": "branch", "train": {"lr": 1e-3, "steps": 150}, "tags": [], "scratch": False},
        "c": {"kind": "pretrain", "train": {"lr": 1.0}},
    }
    names = {"a": "[/b]one", "b": "two", "c": "base", "d": "gone"}
    wide = recipe_words(recipes, names, 100).plain.splitlines()
    assert wide[0].split() == ["key", "[/b]one", "two"]
    assert [line.split() for line in wide[1:4]] == [
        ["train.lr", "0.0003", "0.001"], ["tags", "[x]", "[]"], ["scratch", "true", "false"]
    ]  # fmt: skip
    assert "base: made by pretrain, not by branch; left out" in wide and "gone: nobody recorded how it was made" in wide
    narrow = recipe_words(recipes, names, 30).plain.splitlines()
    assert [line.split() for line in narrow[:3]] == [["train.lr"], ["[/b]one", "0.0003"], ["two", "0.001"]]
    assert "to the last key" in recipe_words({"a": recipes["a"], "b": recipes["a"]}, {"a": "a", "b": "b"}, 80).plain


def test_all_suites_in_any_width_with_the_rest_counted() -> None:
    evals = [evaluated(m, {"accuracy": 0.1 * n}, suite=f"suite-{n}") for n in range(1, 9) for m in ("a", "b")]
    table = overview(evals, ["a", "b"])
    for width in (45, 80, 200):
        lines = matrix_words(table, {"a": "日本" * 9}, "suite-7", width).plain.splitlines()
        assert all(cell_len(line) <= width for line in lines), width
        assert "▸suite-7" in lines[0]
    assert "6 more suites find no room here" in matrix_words(table, {}, "suite-7", 45).plain


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


async def test_items_that_a_model_may_know_by_heart(demo: GraftlineApp, demo_home: Path) -> None:
    questions = {at: f"Return the {CLASSES[at % 4]} object number {at}." for at in (1, 2, 5)}
    passage = "please RETURN the files object \x1b now"
    place = Place(document="inbox:[/nope]", fate="train", share=0.9, run=6, passage=passage)
    items = tuple(found(f"{at:04d}", item_key(text), text, [place]) for at, text in questions.items())
    check = SuiteCheck(suite="areas", sha256="0" * 64, ngram=8, keys=(), untold=(), found=items)
    save_beside(Workspace(demo_home), DOCS, [check])
    try:
        async with demo.run_test(size=WIDE) as pilot:
            await opened(pilot)
            verdict = screen_text(pilot)
            await pilot.press("f", "f", "f")
            await settle(pilot, lambda: "▸known 3" in screen_text(pilot))
            shown = screen_text(pilot)
            listed = demo.screen.query_one(ItemList)
            await pilot.press("enter")
            await settle(pilot, lambda: isinstance(demo.screen, ReaderScreen))
            read = screen_text(pilot)
    finally:
        shutil.rmtree(demo_home / "checks")
    assert "≡ 3 of 160 items stood in what it learned from. Without the 3 that any of these models" in verdict
    assert {item.example_id for item in listed.items} == {"0001", "0002", "0005"} and "≡ Return the" in shown
    assert "≡ learned by areas: 90 % of its words, 6 in a row, stood in inbox:[/nope]" in read
    assert "please RETURN the files" in read
    assert not control_characters(shown + read)
