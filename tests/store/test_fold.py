"""A run's short history of held-out losses, kept as they come."""

from __future__ import annotations

import duckdb
import pytest

from engine.journal.events import Metrics, Record
from engine.store import migrations
from engine.store.fold import HISTORY, RunState
from engine.store.migrations import MIGRATIONS, migrate


def measured(count: int) -> RunState:
    """A run whose losses are 0, 1, 2 ..."""
    run = RunState(id="r")
    for step in range(count):
        event = Metrics(step=step, tokens=step, seconds=step, values={"heldout_loss": float(step), "lr": 1.0})
        run.apply(Record(step, 1, float(step), event))
    return run


@pytest.mark.parametrize("count", [0, 1, 2, 59, 60, 61, 62, 119, 120, 121, 122, 240, 241, 999, 5000])
def test_evenly_spread_from_the_first_to_the_last(count: int) -> None:
    run = measured(count)
    assert run.heldout_count == count
    assert len(run.heldout_history) <= HISTORY
    assert len(run.heldout_history) >= min(count, HISTORY // 2)
    strides = {b - a for a, b in zip(run.heldout_history, run.heldout_history[1:])}
    assert len(strides) <= 1
    assert run.losses[:1] == ((0.0,) if count else ())
    assert run.losses[-1:] == ((count - 1.0,) if count else ())
    assert len(run.losses) == len(set(run.losses)) <= HISTORY + 1


@pytest.mark.parametrize("count", [0, 1, 60, 61, 120, 121, 5000])
def test_measured_again_and_migrated_are_the_same_as_folded(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run, again = measured(count), measured(7)
    again.remeasured([float(step) for step in range(count)])
    assert (again.heldout_count, again.heldout_history) == (run.heldout_count, run.heldout_history)
    assert (again.heldout_loss, again.best_heldout_loss) == (run.heldout_loss, run.best_heldout_loss)
    new = "0003-heldout-history"
    with duckdb.connect(":memory:") as connection:
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "MIGRATIONS", {name: text for name, text in MIGRATIONS.items() if name < new})
            migrate(connection)
        connection.execute("INSERT INTO runs (id) VALUES ('r')")
        connection.execute(f"INSERT INTO metrics SELECT 'r', 'heldout_loss', range, 0, 0, 0, range FROM range({count})")
        assert migrate(connection) == [name for name in MIGRATIONS if name >= new]
        [(total, history)] = connection.execute("SELECT heldout_count, heldout_history FROM runs").fetchall()
    assert (total, history) == (run.heldout_count, run.heldout_history)
