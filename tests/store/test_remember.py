"""The workspace as it was last seen: believed whole or not at all, and replaced without waste."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.journal.events import Tagged
from engine.launch.mirror import Mirror
from engine.store import remember
from engine.store.rows import Changes
from tests.store.tables import Store
from tests.support.supervised import supervised
from tests.support.workspace import RUNS, make_workspace


def known(store: Store) -> Changes:
    return store.database.look(lambda board: board.changes(0))


def test_what_is_kept_is_what_was_known(store: Store) -> None:
    remember.save(store.workspace, known(store))
    assert remember.load(store.workspace) == known(store)


def test_there_may_be_none(store: Store) -> None:
    assert remember.load(store.workspace) is None


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


def _other_version(data: bytes) -> bytes:
    return data.replace(b"graftline ", b"graftline 9", 1)


def _another_s(data: bytes) -> bytes:
    return b"\x93NUMPY" + data


DAMAGE = (_cut, _flipped, _other_version, _another_s, lambda data: b"", lambda data: data + b"x")


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_as_good_as_none(store: Store, damage: Callable[[bytes], bytes]) -> None:
    remember.save(store.workspace, known(store))
    path = store.workspace.snapshot
    path.write_bytes(damage(path.read_bytes()))
    assert remember.load(store.workspace) is None


def test_a_shape_that_is_none_of_ours_is_as_good_as_none(store: Store) -> None:
    body = b"\x81\xa7version\xa3one"  # {"version": "one"}
    store.workspace.snapshot.write_bytes(remember._header(body) + body)
    assert remember.load(store.workspace) is None


def test_the_supervisor_keeps_it_when_it_leaves_and_a_newer_one_replaces_only_what_differs(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    with supervised(workspace.home) as client:
        client.runs()
        client.shutdown()
        changes = remember.load(workspace)
        assert changes is not None
        mirror = Mirror(client.changes)
        mirror.take(changes)
        lineage, runs = mirror.lineage, mirror.runs
        assert {run.id for run in runs} == set(RUNS.values())
        assert mirror.look()[:2] == (lineage, runs)  # by another supervisor, to which nothing is known
        assert mirror.lineage is lineage
        assert mirror.runs is runs
        client.tag(RUNS["helper"], "new")
        after, later, _ = mirror.look()
        assert sum(one is not other for one, other in zip(runs, later, strict=True)) == 1
        assert after.roots[1] is lineage.roots[1]


def test_the_same_supervisor_sends_only_what_is_newer(store: Store) -> None:
    remember.save(store.workspace, known(store))
    store.journal.append(Tagged(target=RUNS["helper"], tag_name="new"))
    sent: list[Changes] = []

    def ask(since: int) -> Changes:
        sent.append(store.database.look(lambda board: board.changes(since)))
        return sent[-1]

    mirror = Mirror(ask)
    changes = remember.load(store.workspace)
    assert changes is not None
    mirror.take(changes)
    mirror.look()
    assert not sent[0].whole
    assert [run.id for run in sent[0].runs] == [RUNS["helper"]]
