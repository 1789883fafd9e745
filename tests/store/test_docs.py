"""The documented tables and events are the real ones: no more, no fewer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import duckdb
import msgspec
import pytest

from engine.journal.events import Event
from engine.store.describe import describe
from engine.store.migrations import MIGRATIONS, migrate
from engine.store.migrations import tables as existing

DOCS = Path(__file__).parents[2] / "docs"


def test_every_table_and_column_is_documented_in_its_order() -> None:
    documented: dict[str, list[str]] = {}
    for line in (DOCS / "schema.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## (\w+)", line):
            table = documented.setdefault(heading[1], [])
        elif column := re.match(r"\| `(\w+)` \|", line):
            table.append(column[1])
    with duckdb.connect(":memory:") as connection:
        migrate(connection)
        real = {
            table: [name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall()]
            for table in existing(connection)
        }
    assert documented == real


def test_the_example_query_runs() -> None:
    [query] = re.findall(r"```sql\n(.*?)```", (DOCS / "schema.md").read_text(encoding="utf-8"), re.DOTALL)
    with duckdb.connect(":memory:") as connection:
        migrate(connection)
        assert connection.execute(query).fetchall() == []


def test_every_event_and_each_of_its_fields_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", (DOCS / "journal.md").read_text(encoding="utf-8"), re.M)
    documented = {name: fields for name, _, fields in rows}
    real = {str(kind.__struct_config__.tag): kind for kind in get_args(Event)}
    assert set(documented) == set(real)
    for name, kind in real.items():
        shared = "as `finished`" in documented[name]
        text = documented[name] + (documented["finished"] if shared else "")
        missing = [field.name for field in msgspec.structs.fields(kind) if field.name not in text]
        assert not missing, f"{name}: {missing}"


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: str(kind.__struct_config__.tag))
def test_every_event_has_a_sentence(kind: type[msgspec.Struct]) -> None:
    """Built from the types alone, so that a new event without a sentence fails here."""
    samples: dict[object, object] = {int: 1, float: 1.5, str: "x", bool: True}
    values = {f.name: samples.get(f.type, {}) for f in msgspec.structs.fields(kind) if f.required}
    if "scores" in values:
        values["scores"] = ()
    sentence = describe(kind(**values))
    assert sentence
    assert "None" not in sentence


def test_migrating_twice_changes_nothing() -> None:
    with duckdb.connect(":memory:") as connection:
        assert migrate(connection) == list(MIGRATIONS)
        assert migrate(connection) == []
