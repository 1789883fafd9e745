"""What travels is what moved; whoever puts it together has the same picture as whoever asks for everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import msgspec
import pytest

from engine.journal.events import (
    Evaluated,
    Event,
    Failed,
    Finished,
    Metrics,
    Noted,
    Renamed,
    Score,
    Started,
    Tagged,
    VariantMade,
)
from engine.journal.reader import read
from engine.launch.mirror import Mirror
from engine.store.board import Board
from engine.store.rows import Changes, Node
from tests.store.tables import Store
from tests.support.workspace import BASE, DOCS, RUNS, Journal


def mirror(store: Store) -> Mirror:
    """A client that is told what moved, by way of the wire's own encoding."""

    def ask(since: int) -> Changes:
        changes = store.database.look(lambda board: board.changes(since))
        return msgspec.msgpack.decode(msgspec.msgpack.encode(changes), type=Changes)

    return Mirror(ask)


def from_tables(store: Store) -> Board:
    """A board that knows nothing from earlier."""
    board, ingest = Board(), store.database._ingest
    ingest.moved.everything = True
    store.database.read(lambda connection: board.update(connection, ingest))
    return board


def add(store: Store, run: str, *events: Event, attempt: int = 1) -> None:
    """Append to a run's journal."""
    path = store.workspace.run(RUNS[run]).journal
    journal = Journal(path, 1_800_000_000.0, attempt=attempt)
    journal.seq = len(read(path).records)
    for event in events:
        journal.add(event, 1.0)
    with path.open("ab") as file:
        file.write(b"".join(journal._lines))


def measured(step: int, loss: float) -> Metrics:
    return Metrics(step=step, tokens=step, seconds=step, values={"heldout_loss": loss, "train_loss": loss})


def scored(model: str) -> Evaluated:
    scores = (Score("accuracy", 0.9), Score("f1:data", 0.5))
    return Evaluated(model=model, step=None, suite="areas", suite_sha256="", task="classification", scores=scores)


def freeze_areas(store: Store) -> None:
    base = store.workspace.bases / BASE / "manifest.json"
    manifest = msgspec.json.decode(base.read_bytes())
    manifest |= {"name": "areas", "kind": "variant", "parent": BASE, "run_id": RUNS["areas"], "corpus": None}
    folder = store.workspace.bases / "areas@1"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))


DEEDS: dict[str, Callable[[Store], object]] = {
    "measured": lambda s: add(s, "helper-long", measured(270, 2.0)),
    "queued run started": lambda s: add(s, "areas-last", Started(pid=1, start_ticks=1.0, boot_id="b", host="h")),
    "resumed": lambda s: add(
        s, "areas-head", Started(pid=1, start_ticks=1.0, boot_id="b", host="h", from_step=20), measured(30, 1.0),
        attempt=2,
    ),
    "finished": lambda s: add(s, "helper-long", Finished(seconds=9.0, step=270)),
    "failed": lambda s: add(s, "areas-last", Failed(error="no")),
    "made": lambda s: add(s, "helper-long", VariantMade(method="instruct", parent=BASE, step=270)),
    "scored": lambda s: add(s, "evaluate", scored(RUNS["areas"]), scored(BASE), scored(RUNS["tiny"])),
    "noted": lambda s: s.journal.append(Noted(target=BASE, text="new")),
    "noted a corpus": lambda s: s.journal.append(Noted(target=DOCS, text="old")),
    "tagged": lambda s: s.journal.append(Tagged(target=RUNS["tiny"], tag_name="x")),
    "untagged": lambda s: s.journal.append(Tagged(target=RUNS["areas"], tag_name="keep", removed=True)),
    "renamed": lambda s: s.journal.append(Renamed(target=RUNS["reference"], name="other")),
    "frozen": freeze_areas,
    "tagged frozen": lambda s: s.journal.append(Tagged(target="areas@1", tag_name="y")),
    "removed": lambda s: shutil.rmtree(s.workspace.run(RUNS["helper"]).path),
    "evaluation removed": lambda s: shutil.rmtree(s.workspace.run(RUNS["evaluate"]).path),
    "frozen run removed": lambda s: shutil.rmtree(s.workspace.run(RUNS["areas"]).path),
    "base removed": lambda s: (s.workspace.bases / BASE / "manifest.json").unlink(),
    "rebuilt": lambda s: s.database.rebuild(),
    "corpus removed": lambda s: shutil.rmtree(s.workspace.corpora / DOCS),
}  # fmt: skip


def test_after_every_deed_a_follower_sees_what_a_newcomer_sees(store: Store) -> None:
    follower = mirror(store)
    for name, deed in DEEDS.items():
        before = follower.look()
        deed(store)
        lineage, runs, _ = follower.look()
        newcomer = mirror(store).look()
        assert (lineage, runs) == newcomer[:2], name
        board = from_tables(store)
        assert (lineage, list(runs)) == (board.lineage(), board.runs), name
        assert name in ("made", "rebuilt") or (lineage, runs) != before[:2], f"{name}: nothing happened"


def test_a_follower_of_all_deeds_in_a_row(store: Store) -> None:
    follower = mirror(store)
    for deed in DEEDS.values():
        deed(store)
        follower.look()
    assert follower.look()[:2] == mirror(store).look()[:2]


def test_nothing_new_sends_nothing_and_changes_nothing(store: Store) -> None:
    follower = mirror(store)
    lineage, runs, _ = follower.look()
    version = follower.version
    assert msgspec.msgpack.encode(store.database.look(lambda board: board.changes(version))).count(b"areas") == 0
    again = follower.look()
    assert again[0] is lineage
    assert again[1] is runs
    assert follower.version == version


def nodes(found: tuple[Node, ...]) -> dict[str, Node]:
    return {node.id: node for root in found for node in (root, *nodes(root.children).values())}


def test_one_measurement_sends_one_run_and_one_node_and_leaves_the_rest_as_it_was(store: Store) -> None:
    follower = mirror(store)
    lineage, runs, _ = follower.look()
    add(store, "helper-long", measured(270, 2.0))
    version = follower.version
    changes = store.database.look(lambda board: board.changes(version))
    assert [run.id for run in changes.runs] == [RUNS["helper-long"]]
    assert changes.lineage is not None
    assert [node.id for node in changes.lineage.nodes] == [RUNS["helper-long"]]
    assert (changes.lineage.children, changes.lineage.costs) == ({}, None)
    assert len(msgspec.msgpack.encode(changes)) < 2000
    after, later, _ = follower.look()
    moved = {RUNS["helper-long"], BASE, DOCS}  # the node, and what it hangs below
    assert {i for i, node in nodes(after.roots).items() if node is not nodes(lineage.roots)[i]} == moved
    assert sum(one is not other for one, other in zip(runs, later, strict=True)) == 1


@pytest.mark.parametrize("since", [0, 1, 1 << 62])
def test_a_version_of_another_life_is_answered_with_everything(store: Store, since: int) -> None:
    changes = store.database.look(lambda board: board.changes(since))
    assert changes.whole
    assert len(changes.runs) == len(RUNS)


def test_what_is_gone_is_told_to_whoever_knew_it(store: Store) -> None:
    follower = mirror(store)
    follower.look()
    version = follower.version
    shutil.rmtree(store.workspace.run(RUNS["areas-head"]).path)
    changes = store.database.look(lambda board: board.changes(version))
    assert changes.gone == (RUNS["areas-head"],)
    assert not changes.whole


def test_what_went_and_came_back_is_there(store: Store) -> None:
    follower = mirror(store)
    before = follower.look()
    folder = store.workspace.run(RUNS["areas-head"]).path
    hidden = folder.with_name(".hidden")
    folder.rename(hidden)
    store.database.look(lambda board: board.version)  # somebody else looks while it is gone
    hidden.rename(folder)
    store.database.look(lambda board: board.version)
    assert follower.look()[:2] == before[:2] == mirror(store).look()[:2]


def test_a_run_that_goes_while_its_index_is_made_ready_harms_nothing(store: Store) -> None:
    store.database.look(lambda board: board.version)
    shutil.rmtree(store.workspace.run(RUNS["areas-head"]).path)
    store.database.sync()  # gone from the tables; nobody has looked at the board since
    store.database.prepare()
    found = store.database.look(lambda board: board.index().search("", 0.0))
    assert sorted(found) == sorted(set(RUNS.values()) - {RUNS["areas-head"]})
