"""A damaged database and a full disk, met by the whole: client, supervisor, engine."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from engine.errors import MachineError
from engine.journal.writer import JournalWriter
from engine.launch import job
from engine.paths import Workspace
from tests.support import tiny
from tests.support.supervised import supervised, wait_for
from tests.support.workspace import make_workspace


def test_a_database_damaged_on_purpose_is_set_aside_rebuilt_and_said_aloud(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    with supervised(workspace.home) as client:
        before = client.runs(), client.lineage(), client.evals()
        client.shutdown()
        workspace.database.write_bytes(b"garbage" * 1000)
        assert (client.runs(), client.lineage(), client.evals()) == before
        [aside] = workspace.home.glob("graftline.duckdb.damaged-*")
        assert aside.read_bytes() == b"garbage" * 1000
        [notice] = [notice for notice in client.notices() if "set aside" in notice]
        assert aside.name in notice
        assert client.notices() == []
        assert client.events(None)[-1].type == "recovered"
        client.shutdown()
        client.runs()
        assert not any("set aside" in notice for notice in client.notices())


def test_a_deleted_database_comes_back_the_same(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    with supervised(workspace.home) as client:
        tables = [name for (name,) in client.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").rows]
        whole = [client.sql(f"FROM {table} ORDER BY ALL").rows for table in tables]
        client.shutdown()
        workspace.database.unlink()
        counts = client.reindex()
        assert [client.sql(f"FROM {table} ORDER BY ALL").rows for table in tables] == whole
        assert counts == {table: len(rows) for table, rows in zip(tables, whole)}


def test_a_full_disk_leaves_no_half_run_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path / "ws")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(MachineError, match="the disk is full") as told:
        job.create(workspace, tiny.corpus(tmp_path / "text.jsonl"))
    monkeypatch.undo()
    assert told.value.exit_code == 1
    assert list(workspace.home.iterdir()) == []


def test_a_journal_that_somebody_else_writes_keeps_the_run_waiting(tmp_path: Path) -> None:
    """An engine started by hand in a queued run's folder is not disturbed by a second one."""
    workspace = Workspace(tmp_path / "ws")
    folder = job.create(workspace, tiny.corpus(tiny.write_text(tmp_path / "text.jsonl")))
    with supervised(workspace.home) as client:
        with JournalWriter(folder.journal):
            client.sync()
            assert not folder.log.exists()
            assert client.run(folder.id).state == "queued"
        wait_for(lambda: client.run(folder.id).state == "finished")
