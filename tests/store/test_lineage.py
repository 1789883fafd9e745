"""The tree, what hangs where, and what a base saved."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from engine.store.rows import Lineage, Node
from tests.store.tables import Store
from tests.support.workspace import BASE, DOCS, EMAIL, RUNS


def tree(store: Store) -> Lineage:
    return store.database.look(lambda board: board.lineage())


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def nodes(store: Store) -> dict[str, Node]:
    return {node.id: node for root in tree(store).roots for node in walk(root)}


def test_corpus_base_variants(store: Store) -> None:
    docs, email = tree(store).roots
    assert (docs.id, docs.kind, docs.state, email.id, email.children) == (DOCS, "corpus", "built", EMAIL, ())
    [base] = docs.children
    assert (base.id, base.kind, base.state, base.heldout_loss) == (BASE, "base", "frozen", 3.2009)
    assert len(base.loss_history) == 20
    assert [(v.name, v.state, v.method, v.scratch) for v in base.children] == [
        ("areas", "finished", "classify", False),
        ("helper", "finished", "instruct", False),
        ("reference", "finished", "continued", False),
        ("areas-scratch", "finished", "classify", True),
        ("areas-head", "failed", "classify", False),
        ("helper-long", "running", "instruct", False),
        ("areas-last", "queued", "classify", False),
    ]


def test_bits_per_byte_stand_apart_from_task_scores(store: Store) -> None:
    found = nodes(store)
    reference, areas = found[RUNS["reference"]], found[RUNS["areas"]]
    assert reference.scores == ()
    assert [s.metric for s in reference.bits_per_byte] == ["bits_per_byte"]
    assert areas.bits_per_byte == ()
    assert areas.scores[0].metric == "accuracy"
    assert all(s.task != "language-model" for node in found.values() for s in node.scores)


def test_what_the_base_cost_and_saved(store: Store) -> None:
    [cost] = tree(store).costs
    assert cost.base == BASE
    assert cost.branches == 3  # neither the scratch control, nor what failed, runs or waits
    assert cost.cost.seconds == 183.0
    assert cost.branch_cost.seconds == pytest.approx(3 * 62.0)
    assert cost.branch_cost.money == pytest.approx(3 * 60 / 3600 * 2.0)
    assert cost.base_seconds_per_variant == pytest.approx(61.0)
    assert cost.from_scratch_seconds == pytest.approx(3 * 183.0 + 3 * 62.0)


def test_before_it_is_frozen_the_run_stands_in_the_base_s_place(store: Store) -> None:
    (store.workspace.bases / BASE / "manifest.json").unlink()
    docs = tree(store).roots[0]
    [run] = docs.children
    assert (run.id, run.kind, run.state, len(run.loss_history)) == (RUNS["tiny"], "pretrain", "finished", 20)
    assert {n.id for n in tree(store).roots} >= {RUNS["areas"], RUNS["helper"]}  # orphans are never hidden


def test_a_variant_of_a_frozen_variant_hangs_below_it(store: Store) -> None:
    base = store.workspace.bases / BASE
    manifest = msgspec.json.decode((base / "manifest.json").read_bytes())
    manifest |= {"name": "areas", "kind": "variant", "parent": BASE, "run_id": RUNS["areas"], "corpus": None}
    frozen = store.workspace.bases / "areas@1"
    frozen.mkdir()
    (frozen / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    path = store.workspace.run(RUNS["helper"]).journal
    from engine.journal.events import Created
    from engine.journal.reader import read
    from tests.support.workspace import Journal

    journal = Journal(path, 1.0)
    for record in read(path).records:
        event, journal.time = record.event, record.time
        if isinstance(event, Created):
            event = msgspec.structs.replace(event, parents=("model:areas@1",))
        journal.add(event)
    journal.write()
    found = nodes(store)
    assert found[RUNS["areas"]].frozen_as == ("areas@1",)
    assert [child.id for child in found[RUNS["areas"]].children] == [RUNS["helper"]]
    assert "areas@1" not in found  # the run's own node stands for it
    [cost] = tree(store).costs
    assert cost.branches == 3


def test_notes_and_tags_are_on_their_nodes(store: Store) -> None:
    found = nodes(store)
    assert found[BASE].note == "first base whose loss flattened"
    assert found[RUNS["areas"]].tags == ("keep",)


def test_every_answer_survives_its_way_as_json(store: Store) -> None:
    found = tree(store)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Lineage) == found
