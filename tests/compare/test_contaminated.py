"""Items that stood in training text: whose, how sure, and the scores without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.compare.contaminated import Seen, seen_by
from engine.compare.export import csv, latex, markdown
from engine.compare.table import compare
from engine.corpus.contamination.record import Fate, Place, SuiteCheck, found, item_key, save_beside
from engine.errors import InputError
from engine.freeze.ancestry import Ancestry, ancestry
from engine.paths import Workspace
from tests.compare.test_table import answered, documents, evaluated
from tests.support.workspace import BASE, DOCS, EMAIL, RUNS, make_workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("compare") / "runs")


def question(at: int) -> str:
    return f"item {at}"  # as `answered` asks


def place(fate: Fate = "train", share: float = 1.0) -> Place:
    return Place(document=f"{fate}.txt:1", source="books", fate=fate, share=share, run=8, passage="as it stood there")


def check(items: dict[int, list[Place]], looked: range = range(10)) -> SuiteCheck:
    stood = tuple(found(str(at), item_key(question(at)), question(at), places) for at, places in items.items())
    keys = tuple(item_key(question(at)) for at in looked)
    return SuiteCheck(suite="s", sha256="ab", ngram=8, keys=keys, untold=(), found=stood)


def test_a_model_has_learned_from_the_corpora_of_its_lineage(home: Workspace) -> None:
    assert ancestry(home, BASE) == ancestry(home, RUNS["tiny"]) == Ancestry((DOCS,))
    assert ancestry(home, RUNS["areas"]) == Ancestry((DOCS,), (RUNS["areas"],))
    assert ancestry(home, RUNS["reference"]) == Ancestry((EMAIL, DOCS)), "its own before its base's"
    assert ancestry(home, RUNS["areas-scratch"]) == Ancestry((), (RUNS["areas-scratch"],)), (
        "random weights know nothing"
    )
    assert ancestry(home, "gone@3") == Ancestry((), unknown="gone@3")


def test_only_training_text_of_the_lineage_counts(home: Workspace) -> None:
    met = {0: [place()], 1: [place("heldout")], 2: [place("dropped"), place(share=0.6)], 3: [place("dropped")]}
    save_beside(home, DOCS, [check(met)])
    seen = seen_by(home, [RUNS["areas"], RUNS["areas-scratch"]])
    assert set(seen[RUNS["areas"]].found) == {item_key(question(0)), item_key(question(2))}
    assert not seen[RUNS["areas-scratch"]].found
    assert seen[RUNS["areas"]].looked == {DOCS: frozenset(item_key(question(at)) for at in range(10))}


def test_a_damaged_record_is_said_in_one_line(tmp_path: Path) -> None:
    home = make_workspace(tmp_path / "runs")
    save_beside(home, DOCS, [check({})])
    (path,) = (home.home / "checks" / DOCS).iterdir()
    path.write_bytes(b"[")
    with pytest.raises(InputError, match=r"s-ab\.json.*damaged.*graftline corpus check"):
        seen_by(home, [BASE])


def seen(check: SuiteCheck, corpus: str = DOCS) -> Seen:
    stood = {item.key: (corpus, item) for item in check.found if item.learned}
    return Seen(Ancestry((corpus,)), stood, {corpus: frozenset(check.keys)}, frozenset(check.untold))


def test_scores_come_a_second_time_without_the_items_that_anyone_learned_from() -> None:
    """`a` knows items 0 to 3 by heart and is otherwise no better than `b`."""
    evals = [evaluated("a", {"accuracy": 0.7, "macro_f1": 0.7}), evaluated("b", {"accuracy": 0.3, "macro_f1": 0.3})]
    answers = {"a": answered("1111110100"), "b": answered("0000110100")}
    learned = check({at: [place(), place()] for at in range(4)})
    none = Seen(Ancestry(()))
    compared = compare(evals, answers, suite="s", baseline="b", seen={"a": seen(learned), "b": none})
    a, b = compared.rows
    assert [flag.example_id for flag in compared.flags] == ["000", "001", "002", "003"]
    assert {flag.models for flag in compared.flags} == {("a",)} and compared.flags[0].documents == 2
    assert "100 % of its words, 8 in a row, stood in train.txt:1 and 1 more of python-docs/" in compared.flags[0].why
    assert (a.learned, b.learned) == (4, 0)
    assert a.clean and b.clean and a.clean.n == 6
    accuracy = a.clean.score("accuracy")
    assert accuracy and (accuracy.value, accuracy.n) == (0.5, 6) and accuracy.low is not None
    assert b.clean.score("accuracy") == b.clean.scores[0] and b.clean.scores[0].value == 0.5
    assert a.differences[0].value == pytest.approx(0.4) and a.clean.differences[0].value == 0.0
    assert a.clean.verdict.startswith("not significantly different from b") and b.clean.verdict == "the baseline"
    assert compared.disagreements[0].flag == compared.flags[0]
    said = "4 of 10 items stood in text that a model learned from. Without them: a (4 known): 50.0 ["
    assert said.replace("[", r"\[") in markdown(compared) and said.replace("[", "{[}") in latex(compared)
    assert "4,0.5,6" in csv(compared) and "0,0.5,6" in csv(compared)


def test_without_a_flag_nothing_is_said_twice() -> None:
    evals = [evaluated("a", {"accuracy": 0.5}), evaluated("b", {"accuracy": 0.5})]
    answers = {"a": answered("1010"), "b": answered("0101")}
    compared = compare(evals, answers, suite="s", baseline="b", seen={"a": seen(check({})), "b": seen(check({}))})
    assert not compared.flags and not compared.notes and all(row.clean is None for row in compared.rows)


def test_what_nobody_looked_for_is_said() -> None:
    evals, answers = [evaluated("a", {"accuracy": 0.5})], {"a": answered("1" * 20)}
    half = seen(check({}))
    never = Seen(Ancestry((DOCS,)), looked={DOCS: frozenset()})
    grown = Seen(Ancestry((), unknown="qwen@1"))
    told = [compare(evals, answers, suite="s", baseline="a", seen={"a": known}) for known in (half, never, grown)]
    assert [compared.notes for compared in told] == [
        (f"nobody has looked whether 10 of the 20 items stood in {DOCS}: graftline corpus check {DOCS} s",),
        (f"nobody has looked whether these items stood in {DOCS}: graftline corpus check {DOCS} s",),
        ("what qwen@1 learned from is not known here, from which a grew: test items may have been in it",),
    ]


def test_every_item_flagged_leaves_no_second_score() -> None:
    evals = [evaluated("a", {"bits_per_byte": 1.0}, task="language-model")]
    rows = documents([100.0, 90.0])
    everything = SuiteCheck(
        suite="s", sha256="", ngram=8, keys=(item_key(""),), untold=(), found=(found("0", item_key(""), "", [place()]),)
    )
    (row,) = compare(evals, {"a": rows}, suite="s", baseline="a", seen={"a": seen(everything)}).rows
    assert (row.learned, row.clean) == (2, None)
