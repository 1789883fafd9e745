"""A database on the believable workspace, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.journal.writer import JournalWriter
from engine.paths import Workspace
from engine.store.database import Database
from tests.store.tables import Store
from tests.support.workspace import make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "ws")


@pytest.fixture
def store(workspace: Workspace) -> Iterator[Store]:
    said: list[str] = []
    with JournalWriter(workspace.journal) as journal:
        database = Database(workspace, journal, said.append)
        try:
            yield Store(workspace, database, journal, said)
        finally:
            database.close()
