"""Items with every model's answer: which kinds there are, and what a search finds. And all suites at a glance."""

from __future__ import annotations

import pytest

from engine.compare.items import KINDS, chosen, items_of
from engine.compare.overview import overview
from tests.compare.test_table import answered, documents, evaluated


def by_id(rows: list) -> dict:  # type: ignore[type-arg]
    return {row.example_id: row for row in rows}


def test_kinds_of_items() -> None:
    items = items_of({"a": by_id(answered("1100")), "b": by_id(answered("1000")), "c": by_id(answered("1000"))})
    found = {kind: {item.example_id for item in chosen(items, kind)} for kind in KINDS}
    assert found == {
        "all": {"000", "001", "002", "003"}, "differ": {"001"}, "one right": {"001"}, "all wrong": {"002", "003"},
        "known": set(),
    }  # fmt: skip
    assert items[0].example_id == "001", "the widest apart first"
    assert [item.example_id for item in items[1:]] == ["000", "002", "003"], "then by id"


def test_one_model_alone_has_no_one_right_and_documents_have_no_wrong() -> None:
    alone = items_of({"a": by_id(answered("10"))})
    assert [len(chosen(alone, kind)) for kind in KINDS] == [2, 0, 0, 1, 0]
    texts = items_of({"a": by_id(documents([80.0, 100.0])), "b": by_id(documents([100.0, 100.0]))})
    assert [len(chosen(texts, kind)) for kind in KINDS] == [2, 1, 0, 0, 0]
    assert texts[0].spread == pytest.approx(0.2), "per byte"


def test_items_that_not_all_answered_are_left_out() -> None:
    items = items_of({"a": by_id(answered("11")), "b": by_id(answered("1"))})
    assert [item.example_id for item in items] == ["000"]


def test_every_word_of_a_search_must_stand_somewhere() -> None:
    items = items_of({"a": by_id(answered("10")), "b": by_id(answered("11"))})
    assert [item.example_id for item in chosen(items, "all", "ITEM no")] == ["001"]
    assert chosen(items, "all", "item nothing") == []


def test_all_suites_at_a_glance() -> None:
    evals = [
        evaluated("a", {"accuracy": 0.9, "macro_f1": 0.1}, suite="t"),
        evaluated("b", {"accuracy": 0.6}, suite="t"),
        evaluated("b", {"bits_per_byte": 1.2}, suite="e", task="language-model"),
        evaluated("a", {"bits_per_byte": 1.3}, suite="e", task="language-model"),
        evaluated("b", {"token_f1": 0.5}, suite="z", task="instruction"),
        evaluated("c", {"token_f1": 0.7}, suite="z", task="instruction"),
    ]
    found = overview(evals, ["b", "a"])
    assert [column.suite for column in found.columns] == ["t", "z", "e"], "tasks first"
    assert [column.best for column in found.columns] == [0.9, None, 1.2], "fewer bits are better; one model is no best"
    assert ("a", "z") not in found.scores and ("c", "z") not in found.scores
    assert found.is_best("b", found.columns[2]) and not found.is_best("b", found.columns[0])
