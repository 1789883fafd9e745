"""The tree as lines: guides, folding, filtering, the score that stands for a model."""

from __future__ import annotations

from engine.store.rows import BaseCost, Cost, Lineage, Node, ScoreRow
from tui.lineage_rows import base_cost, every, headline, lines


def _node(name: str, *children: Node, kind: str = "variant", **more: object) -> Node:
    return Node(id=f"id-{name}", kind=kind, name=name, state="finished", children=children, **more)  # type: ignore[arg-type]


TREE = Lineage(
    roots=(
        _node("docs", _node("tiny", _node("areas", _node("areas-dpo")), _node("helper", tags=("keep",)), kind="base")),
        _node("mail", kind="corpus"),
    ),
    costs=(
        BaseCost(
            base="id-tiny", cost=Cost(), branches=2, branch_cost=Cost(), base_seconds_per_variant=None,
            from_scratch_seconds=None,
        ),
    ),
)  # fmt: skip


def test_guides_join_each_node_to_its_parent() -> None:
    drawn = [line.guide + line.node.name for line in lines(TREE)]
    assert drawn == [
        "docs",
        "└─ tiny",
        "   ├─ areas",
        "   │  └─ areas-dpo",
        "   └─ helper",
        "mail",
    ]


def test_a_folded_node_hides_what_is_below_it_and_nothing_else() -> None:
    found = lines(TREE, folded={"id-areas", "id-mail"})
    assert [line.node.name for line in found] == ["docs", "tiny", "areas", "helper", "mail"]
    assert [line.node.name for line in found if line.folded] == ["areas"]


def test_a_filter_keeps_what_leads_to_a_match_and_looks_into_folded_nodes() -> None:
    assert [line.node.name for line in lines(TREE, query="dpo", folded={"id-areas"})] == [
        "docs", "tiny", "areas", "areas-dpo",
    ]  # fmt: skip
    assert [line.node.name for line in lines(TREE, query=" keep VARIANT ")] == ["docs", "tiny", "helper"]
    assert lines(TREE, query="nothing like it") == []


def test_guides_are_drawn_for_what_is_left_by_the_filter() -> None:
    assert [line.guide for line in lines(TREE, query="dpo")] == ["", "└─ ", "   └─ ", "      └─ "]


def test_every_node_once_parents_first() -> None:
    assert [node.name for node in every(TREE)] == ["docs", "tiny", "areas", "areas-dpo", "helper", "mail"]


def test_bits_per_byte_never_stands_in_for_a_task_score() -> None:
    def score(metric: str) -> ScoreRow:
        return ScoreRow(model_id="m", suite="s", task="t", metric=metric, value=0.5)

    assert headline(_node("m", scores=(score("macro_f1"), score("accuracy")))) == score("accuracy")
    assert headline(_node("m", bits_per_byte=(score("bits_per_byte"),))) is None


def test_a_line_shows_the_costs_of_the_base_it_stands_on() -> None:
    costs = {line.node.name: base_cost(TREE, line) for line in lines(TREE)}
    assert {name for name, cost in costs.items() if cost} == {"docs", "tiny", "areas", "areas-dpo", "helper"}
