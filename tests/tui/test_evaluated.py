"""Who stands in a comparison, with few models and with far too many."""

from __future__ import annotations

from engine.store.rows import Evaluation
from tui.evaluated import MOST, Evaluated


def evaluated(model: str, suite: str, task: str = "classification", time: float = 0.0) -> Evaluation:
    return Evaluation(model_id=model, suite=suite, task=task, time=time)


MANY = [evaluated(f"m{n}", "t", time=float(n)) for n in (*range(500, 1000), *range(500))]


def test_the_newest_of_many_stand_in_the_table_and_the_rest_are_counted() -> None:
    found = Evaluated(MANY)
    assert sorted(found.models("t")) == sorted(f"m{n}" for n in range(1000 - MOST, 1000))
    assert found.left_out("t") == 1000 - MOST and found.missing("t") == []
    assert len(found.at_a_glance()) < 100


def test_those_asked_for_stand_in_their_order_and_what_is_missing_is_named() -> None:
    found = Evaluated(MANY, ("m7", "other", "m3"))
    assert found.models("t") == ["m7", "m3"] and found.missing("t") == ["other"] and found.left_out("t") == 0
    crowd = Evaluated(MANY, tuple(f"m{n}" for n in range(20)))
    assert crowd.models("t") == [f"m{n}" for n in range(MOST)] and crowd.left_out("t") == 20 - MOST
    assert crowd.missing("t") == [], "who finds no room was evaluated all the same"


def test_a_suite_that_knows_most_of_those_asked_for() -> None:
    rows = [evaluated("a", "one"), evaluated("b", "two"), evaluated("a", "two")]
    rows.append(evaluated("c", "text", task="language-model"))
    assert [suite for suite, _ in Evaluated(rows).suites()] == ["one", "two", "text"]
    assert Evaluated(rows, ("a", "b")).suite("") == "two"
    assert Evaluated(rows, ("a", "b")).suite("one") == "one", "it stays while it knows somebody"
    assert Evaluated(rows, ("c",)).suite("one") == "text"
    assert Evaluated(rows).suite("two") == "two" and Evaluated().suite("two") == ""
