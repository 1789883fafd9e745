"""The user's own SQL can read and nothing else; a file that will not open is set aside and rebuilt, aloud."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from engine.errors import InputError, MachineError
from engine.journal.events import Recovered
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.paths import Workspace
from engine.store import queries
from engine.store.database import Database, Lock
from tests.store.tables import Store, everything


def sql(store: Store, query: str, limit: int = 1000) -> object:
    return store.database.sql(query, limit, lambda cursor: None)


def test_reading_works(store: Store) -> None:
    result = store.database.sql("FROM runs SELECT name, step ORDER BY created LIMIT 3", 2, lambda cursor: None)
    assert result.columns == ("name", "step")
    assert result.rows == [("python-docs", 0), ("email-docs", 0)]
    assert result.truncated
    wide = store.database.sql("SELECT [1, 2], {'a': 1.5}, now()::DATE, 1e30::HUGEINT, 'x'::BLOB", 5, lambda c: None)
    assert wide.rows[0][:2] == ([1, 2], {"a": 1.5})
    for query in (
        "DESCRIBE runs",
        "SUMMARIZE metrics",
        "EXPLAIN SELECT 1",
        "WITH x AS (SELECT 1) FROM x",
        "SHOW TABLES",
    ):
        assert store.database.sql(query, 100, lambda cursor: None).rows


REFUSED = [
    "DELETE FROM runs", "UPDATE runs SET name = 'x'", "INSERT INTO notes VALUES ('a', 'b', 1)", "DROP TABLE runs",
    "CREATE TABLE x (a INT)", "CREATE TEMP TABLE x AS FROM runs", "ALTER TABLE runs ADD COLUMN z INT",
    "COPY runs TO '{folder}/out.csv'", "COPY runs FROM '{secret}'", "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'", "ATTACH '{folder}/other.duckdb'", "DETACH memory", "INSTALL httpfs", "LOAD httpfs",
    "PRAGMA threads=1", "PRAGMA enable_external_access=true", "SET enable_external_access = true", "RESET threads",
    "SET lock_configuration = false", "SET threads = 1", "SET VARIABLE x = 1", "CALL force_checkpoint()", "CHECKPOINT",
    "VACUUM", "USE memory", "BEGIN", "COMMIT", "ROLLBACK", "PREPARE p AS SELECT 1", "EXECUTE p",
    "SELECT 1; DELETE FROM runs", "SELECT 1; COMMIT; DELETE FROM runs", "COMMIT; DROP TABLE runs; SELECT 1",
    "EXPLAIN ANALYZE DELETE FROM runs", "EXPLAIN ANALYZE COPY runs TO '{folder}/out.csv'",
    "EXPLAIN ANALYZE CREATE TABLE x (a INT)", "CREATE MACRO f() AS 1", "CREATE SECRET s (TYPE s3)",
    "SELECT * FROM read_csv('{secret}')", "SELECT * FROM read_text('{secret}')", "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')", "SELECT * FROM read_parquet('{secret}')", "SELECT * FROM '{secret}'",
    "FROM glob('{folder}/*')", "FROM sniff_csv('{secret}')", "SELECT getenv('HOME')", "FROM query('DELETE FROM runs')",
    "SELECT * FROM statements", "SELECT * FROM query", "SELECT * FROM columns", "", ";", "selec", "SELECT 'open",
    "FROM duckdb_secrets() SELECT nope",
]  # fmt: skip


def test_everything_else_is_refused_in_one_line(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    before = everything(store.database)
    files = sorted(tmp_path.rglob("*"))
    for query in REFUSED:
        with pytest.raises(InputError) as refused:
            sql(store, query.format(folder=tmp_path, secret=secret))
        assert "\n" not in str(refused.value), query
        assert "hunter2" not in str(refused.value), query
        assert sorted(tmp_path.rglob("*")) == files, query
    assert everything(store.database) == before


def test_locked_settings_are_as_they_should_be(store: Store) -> None:
    names = "('enable_external_access', 'lock_configuration', 'python_enable_replacements')"
    result = store.database.sql(f"SELECT name, value FROM duckdb_settings() WHERE name IN {names}", 9, lambda c: None)
    assert dict(result.rows) == {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "python_enable_replacements": "false",
    }


def test_an_endless_query_can_be_ended_and_stops_nobody_meanwhile(store: Store) -> None:
    cursors: list[duckdb.DuckDBPyConnection] = []
    errors: list[Exception] = []

    def endless() -> None:
        try:
            store.database.sql("SELECT count(*) FROM range(10000000000000) t WHERE range % 7 = 3", 1, cursors.append)
        except InputError as error:
            errors.append(error)

    thread = threading.Thread(target=endless)
    thread.start()
    while not cursors:
        time.sleep(0.01)
    assert len(store.database.read(queries.runs)) == 11
    store.database.rebuild()  # waits for nobody: it ends the query first
    thread.join(30)
    assert not thread.is_alive()
    assert "INTERRUPT" in str(errors[0]).upper()
    assert len(store.database.read(queries.runs)) == 11


# --- losing it ------------------------------------------------------------------------------------


def reopened(store: Store) -> Database:
    return Database(store.workspace, store.journal, store.said.append)


def _zeros(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def _text(path: Path) -> None:
    path.write_text("this is not a database")


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)


def _header(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other(path: Path) -> None:
    """A healthy database with tables of somebody else's."""
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE runs (mine INT)")


@pytest.mark.parametrize("damage", [_zeros, _text, _cut, _header, _empty, _other], ids=lambda f: f.__name__)
def test_a_damaged_file_is_set_aside_rebuilt_and_told(store: Store, damage: object) -> None:
    before = everything(store.database)
    store.database.close()
    damage(store.workspace.database)  # type: ignore[operator]
    database = reopened(store)
    try:
        after = everything(database)
    finally:
        database.close()
    [aside] = store.workspace.home.glob("graftline.duckdb.damaged-*")
    assert aside.name in store.said[0]
    assert "rebuilt from the journals" in store.said[0]
    heard = [r.event for r in read(store.workspace.journal).records if isinstance(r.event, Recovered)]
    assert [event.set_aside for event in heard] == [aside.name]
    for table in set(before) - {"events", "journals"}:  # which also hold that it was recovered
        assert after[table] == before[table], table
    assert len(after["events"]) == len(before["events"]) + 1


def test_damage_that_shows_only_when_it_is_read_is_survived_too(store: Store) -> None:
    """Blocks in the middle are only looked at by the query that needs them."""
    before = everything(store.database)
    store.database.close()
    size = store.workspace.database.stat().st_size
    with store.workspace.database.open("r+b") as file:
        for at in range(12288 + 3 * 262144, size - 262144, 4096):
            file.seek(at)
            file.write(b"\xa5" * 8)
    database = reopened(store)
    try:
        after = everything(database)
    finally:
        database.close()
    assert after["metrics"] == before["metrics"]
    assert after["predictions"] == before["predictions"]
    assert list(store.workspace.home.glob("graftline.duckdb.damaged-*"))
    assert store.said


def test_a_file_whose_opening_kills_is_not_opened_a_third_time(store: Store) -> None:
    store.database.close()
    (store.workspace.home / ".opening").write_bytes(b"xx")  # as two processes leave it that died while opening
    database = reopened(store)
    try:
        assert len(database.read(queries.runs)) == 11
    finally:
        database.close()
    assert list(store.workspace.home.glob("graftline.duckdb.damaged-*"))
    assert not (store.workspace.home / ".opening").exists()


def test_a_mistake_of_our_own_does_not_cost_the_database(store: Store) -> None:
    with pytest.raises(duckdb.BinderException):
        store.database.read(lambda connection: connection.execute("SELECT nope FROM runs"))
    assert not list(store.workspace.home.glob("graftline.duckdb.damaged-*"))
    assert len(store.database.read(queries.runs)) == 11


def test_after_closing_it_says_so_and_touches_nothing(store: Store) -> None:
    store.database.close()
    with pytest.raises(MachineError, match="leaving"):
        store.database.read(queries.runs)
    assert not list(store.workspace.home.glob("graftline.duckdb.damaged-*"))


def test_the_lock_has_one_holder(workspace: Workspace) -> None:
    first = Lock(workspace)
    with pytest.raises(MachineError, match="another supervisor"):
        Lock(workspace)
    first.release()
    Lock(workspace).release()


@pytest.fixture(autouse=True)
def no_leak() -> Iterator[None]:
    yield
    assert threading.active_count() < 20


def test_a_journal_that_grows_while_we_look_is_taken_in_at_the_next_look(store: Store) -> None:
    path = store.workspace.home / "20261123-150000-pretrain-late-a1b2"
    from engine.config.load import convert
    from engine.config.schema import CorpusConfig
    from engine.launch import job

    config = convert({"kind": "corpus", "name": "late", "sources": []}, CorpusConfig, where="test")
    assert not path.exists()
    folder = job.create(store.workspace, config)
    row = store.database.read(lambda c: queries.run(c, folder.id))
    assert (row.state, row.name) == ("queued", "late")
    with JournalWriter(folder.journal) as journal:
        assert journal.seq == 1
