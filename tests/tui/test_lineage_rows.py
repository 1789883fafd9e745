"""The tree as lines: guides, folding, filtering, the score that stands for a model."""

from __future__ import annotations

from engine.store.rows import BaseCost, Cost, Lineage, Node, RunRow, ScoreRow
from tui.lineage_rows import HUGE, SHOWN, Line, Outline, View, base_cost, every, headline, heirs, matching, path_to


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


def lines(lineage: Lineage, *, query: str = "", folded: frozenset[str] = frozenset()) -> list[Line]:
    return Outline(
        lineage, View(folded=folded, hits=matching(lineage, query, set() if query.strip() else None))
    ).lines()


def drawn(outline: Outline) -> list[str]:
    return [line.guide + line.node.name for line in outline.lines()]


def test_guides_join_each_node_to_its_parent() -> None:
    assert drawn(Outline(TREE)) == [
        "docs",
        "└─ tiny",
        "   ├─ areas",
        "   │  └─ areas-dpo",
        "   └─ helper",
        "mail",
    ]


def test_a_folded_node_hides_what_is_below_it_and_nothing_else() -> None:
    found = lines(TREE, folded=frozenset({"id-areas", "id-mail"}))
    assert [line.node.name for line in found] == ["docs", "tiny", "areas", "helper", "mail"]
    assert [line.node.name for line in found if line.folded] == ["areas"]


def test_a_filter_keeps_what_leads_to_a_match_and_looks_into_folded_nodes() -> None:
    assert [line.node.name for line in lines(TREE, query="dpo", folded=frozenset({"id-areas"}))] == [
        "docs", "tiny", "areas", "areas-dpo",
    ]  # fmt: skip
    assert [line.node.name for line in lines(TREE, query=" keep VARIANT ")] == ["docs", "tiny", "helper"]
    assert lines(TREE, query="nothing like it") == []


def test_what_a_run_made_matches_when_the_query_found_its_run() -> None:
    base = _node("tiny", _node("areas", run_id="r1"), _node("helper", run_id="r2"), kind="base")
    tree = Lineage(roots=(base,), costs=())
    assert matching(tree, "loss<2", {"r2"}) == {"id-helper"}
    assert matching(tree, "tiny", {"r1"}) == {"id-areas", "id-tiny"}
    assert matching(tree, "", None) is None


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


def _order(**view: object) -> list[str]:
    """Names of the children of one base, looked at with this view."""

    def score(value: float) -> ScoreRow:
        return ScoreRow(model_id="m", suite="s", task="t", metric="accuracy", value=value)

    children = (
        _node("b", created=1.0, heldout_loss=2.0, scores=(score(0.5),), cost=Cost(seconds=3)),
        _node("C", created=2.0, heldout_loss=1.0, scores=(score(0.7),)),
        _node("a", created=3.0, cost=Cost(seconds=9)),
    )
    tree = Lineage(roots=(_node("base", *children, kind="base"),), costs=())
    return [line.node.name for line in Outline(tree, View(**view)).lines()[1:]]  # type: ignore[arg-type]


def test_siblings_are_sorted_and_what_has_no_figure_comes_last_either_way() -> None:
    assert _order() == ["b", "C", "a"]
    assert _order(turned=True) == ["a", "C", "b"]
    assert _order(sort="name") == ["a", "b", "C"]
    assert _order(sort="loss") == ["C", "b", "a"]
    assert _order(sort="loss", turned=True) == ["b", "C", "a"]
    assert _order(sort="score") == ["C", "b", "a"]
    assert _order(sort="cost") == ["a", "b", "C"]


def test_a_pinned_node_stands_above_its_siblings() -> None:
    assert _order(pinned=frozenset({"id-a"})) == ["a", "b", "C"]
    assert _order(pinned=frozenset({"id-b"}), sort="score") == ["b", "C", "a"]


def _crowd(size: int) -> Lineage:
    children = [_node(f"v{n}", _node(f"w{n}")) if n == size - 2 else _node(f"v{n}") for n in range(size)]
    return Lineage(roots=(_node("base", *children, kind="base"), _node("other")), costs=())


def test_a_huge_group_is_cut_to_its_first_and_one_line_for_the_rest() -> None:
    assert len(Outline(_crowd(HUGE))) == 1 + HUGE + 1 + 1
    lines = Outline(_crowd(1000)).lines()
    assert len(lines) == 1 + SHOWN + 1 + 1
    more = lines[SHOWN + 1]
    assert (more.more, more.node.name, more.guide) == (1000 - SHOWN, "base", "└─ ")
    assert lines[SHOWN].guide == "├─ "
    whole = Outline(_crowd(1000), View(whole=frozenset({"id-base"})))
    assert len(whole) == 1 + 1000 + 1 + 1
    assert not any(line.more for line in whole.lines())


def test_of_a_huge_group_what_runs_and_what_is_pinned_is_always_shown() -> None:
    children = [_node(f"v{n}") for n in range(500)]
    children[400] = Node(id="id-v400", kind="variant", name="v400", state="running")
    tree = Lineage(roots=(_node("base", *children, kind="base"),), costs=())
    names = [line.node.name for line in Outline(tree, View(pinned=frozenset({"id-v450"}))).lines() if not line.more]
    assert names[1] == "v450"
    assert names[-1] == "v400"


def test_a_filter_finds_what_a_huge_group_hides() -> None:
    tree = _crowd(1000)
    assert [line.node.name for line in lines(tree, query="w998")] == ["base", "v998", "w998"]


def test_a_line_is_found_again_or_what_hides_it_now() -> None:
    open_, folded = Outline(TREE), Outline(TREE, View(folded=frozenset({"id-tiny"})))
    dpo = open_.line(3)
    assert dpo.node.name == "areas-dpo"
    assert folded.row_of(dpo) == 1
    crowd = Outline(_crowd(100))
    more = next(line for line in crowd.lines() if line.more)
    assert crowd.row_of(more) == SHOWN + 1


def test_the_way_to_a_node() -> None:
    assert [node.name for node in path_to(TREE, "id-areas-dpo") or ()] == ["docs", "tiny", "areas"]
    assert path_to(TREE, "id-nothing") is None


def test_heirs_are_frozen_models_and_all_that_names_them() -> None:
    def run(name: str, *parents: str) -> RunRow:
        return RunRow(id=f"run-{name}", name=name, kind="branch", state="finished", created=0.0, parents=parents)

    base = Node(id="tiny@1", kind="base", name="tiny", state="frozen", run_id="run-tiny")
    runs = (run("tiny"), run("areas", "model:tiny@1"), run("test", "run:run-areas"))
    lineage = Lineage(roots=(base,), costs=())
    assert heirs(lineage, runs, "run-tiny") == [("tiny@1", "tiny@1"), ("run-areas", "areas")]
    assert heirs(lineage, runs, "run-areas") == [("run-test", "test")]
    assert heirs(lineage, runs, "run-test") == []
