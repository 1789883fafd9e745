"""The tables are a function of what lies in the workspace, however it came there."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from engine.journal.events import Checkpoint, Decision, Finished, Metrics, Noted, Renamed, Started, Tagged
from engine.journal.reader import read, superseding
from engine.paths import Workspace
from engine.store import ingest, queries
from tests.store.tables import Store, everything
from tests.support.workspace import RUNS, Journal, make_workspace


def test_every_kind_of_row_is_there(store: Store) -> None:
    rows = everything(store.database)
    empty = [table for table, found in rows.items() if not found]
    assert empty == ["names"]  # nothing was renamed


def test_rebuilding_gives_the_same_rows_in_every_table(store: Store) -> None:
    store.journal.append(Renamed(target=RUNS["areas"], name="renamed"))
    before = everything(store.database)
    counts = store.database.rebuild()
    after = everything(store.database)
    for table in before:
        assert after[table] == before[table], table
        assert counts[table] == len(before[table])


def test_growing_a_line_at_a_time_gives_the_same_as_reading_at_once(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same journals, appended line by line with a sync in between, and in chunks of a few lines."""
    whole = everything(store.database)
    monkeypatch.setattr(ingest, "_CHUNK", 5_000)
    for name in ("tiny", "evaluate", "areas-head"):
        path = store.workspace.run(RUNS[name]).journal
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"")  # as if it had been empty: what was read of it goes
        store.database.sync()
        step = max(1, len(lines) // 12)
        for start in range(0, len(lines), step):
            with path.open("ab") as file:
                file.write(b"".join(lines[start : start + step]))
            store.database.sync()
    assert everything(store.database) == whole


def test_a_restart_goes_on_where_the_last_one_ended(store: Store) -> None:
    path = store.workspace.run(RUNS["helper-long"]).journal
    before = everything(store.database)
    seq = len(read(path).records)
    journal = Journal(path, 1.0, attempt=1)
    journal.seq, journal.time = seq, 1_800_000_000.0
    journal.add(Metrics(step=262, tokens=1, seconds=1.0, values={"train_loss": 1.5}))
    journal.add(Finished(seconds=5.0, step=262))
    from engine.store.database import Database

    store.database.close()
    with path.open("ab") as file:
        file.write(b"".join(journal._lines))
    again = Database(store.workspace, store.journal, store.said.append)
    try:
        after = everything(again)
        assert len(after["metrics"]) == len(before["metrics"]) + 1
        run = next(r for r in again.read(queries.runs) if r.id == RUNS["helper-long"])
        assert (run.state, run.step, run.train_loss, run.cost.seconds) == ("finished", 262, 1.5, 5.0)
        again.rebuild()
        assert everything(again) == after
    finally:
        again.close()


def test_an_attempt_replaces_what_it_does_again(store: Store) -> None:
    """What the tables hold after a resume is what `superseding` says of the journal."""
    folder = store.workspace.run(RUNS["tiny"])
    path = folder.journal
    store.database.sync()
    journal = Journal(path, 1_800_000_000.0, attempt=2)
    journal.seq = len(read(path).records)
    journal.add(Started(pid=1, start_ticks=1.0, boot_id="b", host="h", from_step=100))
    for step in (110, 120):
        journal.add(Metrics(step=step, tokens=step, seconds=step, values={"heldout_loss": 9.0 - step / 100}), 1)
    journal.add(Checkpoint(step=120, tokens=120, heldout_loss=7.8, removed=(100,)), 1)
    with path.open("ab") as file:
        file.write(b"".join(journal._lines))
    kept = superseding(read(path).records)
    steps = [r.event.step for r in kept if isinstance(r.event, Metrics) and "heldout_loss" in r.event.values]
    curve = store.database.read(lambda c: queries.metrics(c, RUNS["tiny"], ("heldout_loss",)))["heldout_loss"]
    assert [point.step for point in curve] == steps
    assert curve[-1].value == pytest.approx(7.8)
    assert [c.step for c in store.database.read(lambda c: queries.checkpoints(c, RUNS["tiny"]))] == [120]
    run = store.database.read(lambda c: queries.run(c, "tiny"))
    assert (run.state, run.attempt, run.step, run.heldout_loss) == ("running", 2, 120, pytest.approx(7.8))
    best = min(
        r.event.values["heldout_loss"] or 9
        for r in kept
        if isinstance(r.event, Metrics) and "heldout_loss" in r.event.values
    )
    assert run.best_heldout_loss == best
    events = store.database.read(lambda c: queries.events(c, RUNS["tiny"]))
    decisions = [r.event.what for r in kept if isinstance(r.event, Decision)]
    assert [e.type for e in events].count("decision") == len(decisions) == 0
    before = everything(store.database)
    store.database.rebuild()
    assert everything(store.database) == before


def test_money_is_device_time_at_the_price_named(store: Store) -> None:
    run = store.database.read(lambda c: queries.run(c, "tiny"))
    assert run.cost.money == pytest.approx(180.0 / 3600 * 2.0)
    assert store.database.read(lambda c: queries.run(c, "evaluate")).cost.money is None


def test_notes_and_tags_follow_their_journal(store: Store) -> None:
    run = RUNS["areas"]
    store.journal.append(Noted(target=run, text="first"))
    store.journal.append(Noted(target=run, text="second"))
    store.journal.append(Tagged(target=run, tag_name="b"))
    store.journal.append(Tagged(target=run, tag_name="keep", removed=True))
    row = store.database.read(lambda c: queries.run(c, "areas"))
    assert (row.note, row.tags) == ("second", ("b",))
    store.journal.append(Noted(target=run, text=""))
    assert store.database.read(lambda c: queries.run(c, "areas")).note == ""


def test_a_folder_that_is_gone_takes_its_rows_with_it(store: Store) -> None:
    store.database.sync()
    shutil.rmtree(store.workspace.run(RUNS["evaluate"]).path)
    rows = everything(store.database)
    assert not any(RUNS["evaluate"] in row for table in rows.values() for row in table)
    assert rows["evals"] == rows["predictions"] == rows["suites"] == []
    store.database.rebuild()
    assert everything(store.database) == rows


def test_damage_in_the_middle_is_told_once_and_costs_one_line(store: Store) -> None:
    path = store.workspace.run(RUNS["tiny"]).journal
    whole = everything(store.database)
    data = bytearray(path.read_bytes())
    line = next(i for i, text in enumerate(bytes(data).splitlines()) if b'"type":"metrics","step":8,' in text)
    start = sum(len(text) for text in bytes(data).splitlines(keepends=True)[:line])
    data[start + 30] ^= 1
    path.write_bytes(bytes(data) + bytes(data).splitlines(keepends=True)[-1])  # damaged, and one line longer
    rows = everything(store.database)
    assert len(whole["metrics"]) - len(rows["metrics"]) == 0  # read so far: what was taken in before stands
    assert store.said == []
    store.database.rebuild()
    assert len(whole["metrics"]) - len(everything(store.database)["metrics"]) == 4  # the four values of that line
    assert [line for line in store.said if f"byte {start}" in line] == store.said
    assert len(store.said) == 1


@pytest.mark.parametrize("name", ["../../outside.jsonl", "predictions/none.jsonl"])
def test_predictions_are_only_ever_read_from_the_run_itself(tmp_path: Path, name: str) -> None:
    workspace = make_workspace(tmp_path / "ws")
    item = workspace.run(RUNS["evaluate"]).predictions
    (tmp_path / "outside.jsonl").write_bytes(next(item.iterdir()).read_bytes())
    path = workspace.run(RUNS["evaluate"]).journal
    journal = Journal(path, 1.0)
    for record in read(path).records:
        event = record.event
        if hasattr(event, "predictions"):
            event = msgspec.structs.replace(event, predictions=name)
        journal.add(event)
    path.unlink()
    journal.write()
    from engine.journal.writer import JournalWriter
    from engine.store.database import Database

    said: list[str] = []
    with JournalWriter(workspace.journal) as writer:
        database = Database(workspace, writer, said.append)
        try:
            rows = everything(database)
        finally:
            database.close()
    assert rows["predictions"] == []
    assert rows["evals"]
    assert said
    assert all("predictions cannot be read" in line for line in said)


def test_a_workspace_with_nothing_in_it_is_fine(tmp_path: Path) -> None:
    from engine.journal.writer import JournalWriter
    from engine.store.database import Database

    (tmp_path / "ws").mkdir()
    workspace = Workspace(tmp_path / "ws")
    with JournalWriter(workspace.journal) as writer:
        database = Database(workspace, writer, lambda text: None)
        try:
            assert database.read(queries.runs) == []
        finally:
            database.close()
