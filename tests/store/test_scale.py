"""What a workspace of many runs costs, in work done rather than in seconds: looks at files, transactions, rows sent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.workspace import Plan, write
from engine.journal.events import Finished, Metrics, Started
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.launch.mirror import Mirror
from engine.paths import RunFolder
from engine.store import database, ingest
from engine.store.database import Database
from engine.store.rows import Changes
from engine.store.search import Index
from tests.store.tables import Store, everything
from tests.support.workspace import Journal

RUNS = 300
AT_REST = 10


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = Plan(tmp_path_factory.mktemp("scale") / "ws", RUNS, 30_000)
    write(plan)
    return plan


@pytest.fixture
def store(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database on the workspace; of the runs at rest it looks at a few each time."""
    monkeypatch.setattr(ingest, "_AT_REST", AT_REST)
    plan.workspace.database.unlink(missing_ok=True)
    said: list[str] = []
    with JournalWriter(plan.workspace.journal) as journal:
        database = Database(plan.workspace, journal, said.append)
        try:
            yield Store(plan.workspace, database, journal, said)
        finally:
            database.close()


@contextmanager
def looks() -> Iterator[list[Path]]:
    """Every path that is looked at meanwhile."""
    paths: list[Path] = []
    real = os.stat

    def stat(path: Any, **how: Any) -> os.stat_result:
        paths.append(Path(path))
        return real(path, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", stat)
        yield paths


def grow(folder: RunFolder, step: int = 900) -> None:
    """Somebody resumes a run that had ended, without telling anybody."""
    journal = Journal(folder.journal, 1_900_000_000.0, attempt=2)
    journal.seq = len(read(folder.journal).records)
    journal.add(Started(pid=1, start_ticks=1.0, boot_id="", host="h", from_step=1))
    journal.add(Metrics(step=step, tokens=1, seconds=1.0, values={"heldout_loss": 1.5}))
    with folder.journal.open("ab") as file:
        file.write(b"".join(journal._lines))


def test_the_generated_workspace_holds_what_was_asked_for(plan: Plan, store: Store) -> None:
    rows = everything(store.database)
    assert len(rows["runs"]) == RUNS
    assert 30_000 <= len(rows["metrics"]) < 33_000
    assert len(rows["models"]) > 200
    assert all(rows[table] for table in ("evals", "tags", "notes", "corpora"))
    assert store.said == []
    tree = store.database.look(lambda board: board.lineage())
    [corpus] = tree.roots
    assert len(corpus.children) == plan.bases
    assert sum(len(base.children) for base in corpus.children) == plan.branches


def test_hundreds_of_journals_are_taken_in_a_few_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    real = ingest.Ingest._transaction
    monkeypatch.setattr(ingest.Ingest, "_transaction", lambda self, work: (done.append(work), real(self, work)))
    store.database.sync()
    assert len(done) <= 3


def test_a_look_at_rest_looks_at_a_few_folders_and_lists_nothing(
    plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.database.sync()
    os.utime(plan.home, (1.0, 1.0))  # long settled
    store.database.sync()
    listed: list[object] = []
    monkeypatch.setattr("engine.store.watch.Listing._names", listed.append)
    with looks() as seen:
        assert store.database.sync() is False
    runs = {plan.folder(number).path for number in range(RUNS)}
    at_runs = [path.name for path in seen if path.parent in runs]
    assert at_runs.count("journal.jsonl") == AT_REST
    assert at_runs.count("status.json") < AT_REST  # of those alone that may go on
    assert len(at_runs) <= 2 * AT_REST
    assert len(seen) <= 2 * AT_REST + 2 + plan.bases + 1  # the two of the workspace, and every manifest
    assert listed == []


def test_every_run_at_rest_has_its_turn(plan: Plan, store: Store) -> None:
    store.database.sync()
    folder = plan.folder(150)
    grow(folder)
    tries = 0
    while store.database.look(lambda board: board.run(folder.id)).state != "running":
        tries += 1
        assert tries <= RUNS / AT_REST


@pytest.mark.parametrize("how", ["about", "everything", "sql", "marked"])
def test_whoever_needs_it_now_sees_it_now(plan: Plan, store: Store, how: str) -> None:
    store.database.sync()
    folder = plan.folder(120 + len(how))
    grow(folder)
    query = f"SELECT max(step) FROM metrics WHERE run_id = '{folder.id}'"
    if how == "sql":
        assert store.database.sql(query, 1, lambda cursor: None).rows == [(900,)]
        return
    if how == "everything":
        store.database.sync(everything=True)
    if how == "marked":
        store.database.mark(folder.id)
    about = (folder.id,) if how == "about" else ()
    assert store.database.read(lambda c: c.execute(query).fetchall(), about=about) == [(900,)]


def test_what_lives_is_looked_at_every_time_and_what_is_new_at_once(plan: Plan, store: Store) -> None:
    store.database.sync()
    folder = plan.folder(200)
    grow(folder)
    store.database.sync(everything=True)
    journal = Journal(folder.journal, 1_900_000_100.0, attempt=2)
    journal.seq = len(read(folder.journal).records)
    for step in (901, 902):
        journal._lines.clear()
        journal.add(Metrics(step=step, tokens=1, seconds=1.0, values={"heldout_loss": 1.4}))
        with folder.journal.open("ab") as file:
            file.write(b"".join(journal._lines))
        assert store.database.look(lambda board: board.run(folder.id)).step == step
    late = RunFolder(plan.home / "20990101-000000-branch-new-abcd")
    late.path.mkdir()
    store.database.sync()  # a folder that is not whole yet
    first = Journal(late.journal, 1_900_000_200.0)
    first.add(read(folder.journal).records[0].event)
    first.write()
    assert store.database.look(lambda board: board.run(late.id)).state == "queued"
    shutil.rmtree(late.path)
    assert len(store.database.look(lambda board: board.runs)) == RUNS
    with folder.journal.open("ab") as file:
        journal._lines.clear()
        journal.add(Finished(seconds=1.0))
        file.write(b"".join(journal._lines))
    assert store.database.look(lambda board: board.run(folder.id)).state == "finished"


def test_one_line_of_one_run_sends_one_run(plan: Plan, store: Store) -> None:
    sent: list[int] = []

    def ask(since: int) -> Changes:
        changes = store.database.look(lambda board: board.changes(since))
        body = msgspec.msgpack.encode(changes)
        sent.append(len(body))
        return msgspec.msgpack.decode(body, type=Changes)

    follower = Mirror(ask)
    follower.look()
    follower.look()
    folder = plan.folder(250)
    grow(folder)
    store.database.mark(folder.id)
    follower.look()
    everything, nothing, one = sent
    assert everything > RUNS * 500
    assert nothing < 100
    assert one < 3000


def test_what_a_query_needs_is_made_ready_a_little_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []
    real = Index.put
    monkeypatch.setattr(Index, "put", lambda self, row, state: (put.append(row.id), real(self, row, state)))
    monkeypatch.setattr(database, "_AHEAD", 70)
    store.database.prepare()
    assert put == []  # nobody has looked yet
    store.database.look(lambda board: board.version)
    for done in (70, 140, 210, 280, 300, 300):
        store.database.prepare()
        assert len(put) == done
    assert len(store.database.look(lambda board: board.index().search("kind:branch", 0.0))) > 200
    assert len(put) == len(set(put)) == RUNS
