"""A database under test, and every row of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from engine.journal.writer import JournalWriter
from engine.paths import Workspace
from engine.store.database import Database
from engine.store.migrations import tables


@dataclass
class Store:
    workspace: Workspace
    database: Database
    journal: JournalWriter
    said: list[str]


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order that is the same for the same rows."""

    def look(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
        rows = {t: connection.execute(f"SELECT * FROM {t}").fetchall() for t in tables(connection)}
        return {table: sorted(found, key=repr) for table, found in rows.items()}

    return database.read(look)
