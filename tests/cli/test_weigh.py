"""`compare` on the command line: who is meant, what is the baseline, and what it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.compare.export import export
from engine.compare.table import Comparison
from engine.corpus.contamination.record import Place, SuiteCheck, found, item_key, save_beside
from engine.paths import Workspace
from tests.cli.conftest import Graftline
from tests.support.workspace import BASE, DOCS, RUNS


def test_compare_prints_intervals_and_says_whether_it_is_more_than_luck(graftline: Graftline) -> None:
    found = graftline("compare", "areas", "areas-scratch", "--suite", "areas", "--json").json(Comparison)
    assert found.baseline == RUNS["areas-scratch"], "the scratch control is the baseline by itself"
    assert [row.name for row in found.rows] == ["areas", "areas-scratch"]
    text = graftline("compare", "areas", "areas-scratch", "--suite", "areas").out
    assert "80.0 [73.1, 85.5]" in text and "+9.4 [" in text
    assert f"areas is {found.rows[0].verdict}." in text
    assert "not significantly different from areas-scratch" in text
    assert "would score 25.0" in text
    assert ["scratch", "False", "True"] in [line.split() for line in text.splitlines()]


def test_without_models_all_of_the_suite_are_compared(graftline: Graftline) -> None:
    found = graftline("compare", "--suite", "questions", "--json").json(Comparison)
    assert {row.model for row in found.rows} == {BASE, RUNS["helper"]}


@pytest.mark.parametrize("ref", ["reference", RUNS["reference"], RUNS["reference"][:24]])
def test_a_model_is_a_name_an_id_or_the_beginning_of_one(graftline: Graftline, ref: str) -> None:
    found = graftline("compare", "tiny@1", ref, "--json").json(Comparison)
    assert (found.suite, found.baseline) == ("email-text", BASE), "the only suite that both share"
    assert found.rows[1].model == RUNS["reference"]
    assert found.rows[1].differences[0].better


def test_a_frozen_model_is_found_under_its_runs_evaluations(graftline: Graftline) -> None:
    by_name = graftline("compare", "tiny", "helper", "--baseline", "tiny", "--json").json(Comparison)
    assert by_name.baseline == BASE


def test_the_baseline_can_be_chosen(graftline: Graftline) -> None:
    found = graftline("compare", "--suite", "areas", "--baseline", "areas", "--json").json(Comparison)
    assert found.baseline == RUNS["areas"]


def test_items_that_tell_models_apart(graftline: Graftline) -> None:
    text = graftline("compare", "--suite", "areas", "--items", "3").out
    assert "items tell the models apart" in text and "Return the data object number 0." in text


def test_a_comparison_as_a_document(graftline: Graftline) -> None:
    found = graftline("compare", "--suite", "areas", "--json").json(Comparison)
    for form in ("md", "latex", "csv"):
        written = graftline("compare", "--suite", "areas", "--format", form)
        costs = {row.model: 62.0 for row in found.rows}
        assert (written.code, written.out, written.err) == (0, export(found, form, costs), "")
    assert graftline("compare", "--suite", "areas", "--format", "docx").code == 2


def test_what_cannot_be_compared_is_said_in_one_line(graftline: Graftline) -> None:
    nobody = graftline("compare", "nobody", "--suite", "areas")
    assert nobody.code == 3 and "no model 'nobody' here" in nobody.one_line()
    elsewhere = graftline("compare", "areas", "helper", "--suite", "areas")
    assert elsewhere.code == 3 and "was not evaluated on areas" in elsewhere.one_line()
    nothing = graftline("compare", "areas", "--suite", "nothing")
    assert nothing.code == 3 and "evaluated here: areas, email-text, questions" in nothing.one_line()
    which = graftline("compare", "tiny@1")
    assert which.code == 2 and "--suite: which suite? (one of" in which.one_line()
    apart = graftline("compare", "areas", "reference")
    assert apart.code == 3 and "share no suite" in apart.one_line()


def test_items_from_training_text_are_flagged_and_scored_without(graftline: Graftline, home: Path) -> None:
    questions = [f"What does array.f{number} do?" for number in range(80)]
    place = Place(document="array:3", fate="train", share=0.93, run=9, passage="so what does array.f3 \x1b do?")
    items = tuple(found(f"{at:04d}", item_key(questions[at]), questions[at], [place]) for at in (3, 7))
    check = SuiteCheck(
        suite="questions", sha256="0" * 64, ngram=8, keys=(*map(item_key, questions),), untold=(), found=items
    )
    before = graftline("compare", "--suite", "questions")
    assert "graftline corpus check python-docs/3f1c9a7be204 questions" in before.err and "LEARNED" not in before.out
    save_beside(Workspace(home), DOCS, [check])
    try:
        told = graftline("compare", "--suite", "questions", "--items", "5")
        compared = graftline("compare", "--suite", "questions", "--json").json(Comparison)
    finally:
        shutil.rmtree(home / "checks")
    assert "2 of 80 items stood in what a model learned from" in told.out and "corpus check" not in told.err
    assert "93 % of its words, 9 in a row, stood in array:3 of python-docs/3f1c9a7be204" in told.out
    assert "so what does array.f3" in told.out and "\x1b" not in told.out
    assert [(flag.example_id, set(flag.models)) for flag in compared.flags] == [
        ("0003", {BASE, RUNS["helper"]}),
        ("0007", {BASE, RUNS["helper"]}),
    ]
    assert all(row.learned == 2 and row.clean and row.clean.score("token_f1").n == 78 for row in compared.rows)
