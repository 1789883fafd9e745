"""Thinned curves against the same thinning done point by point, and what may never be lost in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pytest

from engine.errors import InputError
from engine.store.curves import curves
from engine.store.migrations import migrate
from engine.store.rows import CurveRow
from tests.store.tables import Store
from tests.support.workspace import RUNS

STEPS = 5000
COLUMNS = 50
Floats = np.ndarray[Any, np.dtype[np.float64]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two runs of two metrics, their rows mixed as live ingest mixes them; one has a gap and a spike."""
    with duckdb.connect(":memory:") as connection:
        migrate(connection)
        rows = {"run_id": [], "name": [], "step": [], "tokens": [], "seconds": [], "time": [], "value": []}  # type: ignore[var-annotated]
        noise = np.random.default_rng(3)
        for step, run, name in itertools.product(range(1, STEPS + 1), ("a", "b"), ("loss", "lr")):
            value = None if (run, name) == ("a", "loss") and 3000 <= step < 3010 else float(noise.standard_normal())
            value = 1e6 if (run, name, step) == ("a", "loss", 1234) else value
            for key, item in zip(rows, (run, name, step, step * 10, step / 4, 1e9 + step, value)):
                rows[key].append(item)
        values = np.array([np.nan if v is None else v for v in rows["value"]])
        batch = {
            key: np.array(found, dtype=object if key in ("run_id", "name") else None) for key, found in rows.items()
        }
        batch["value"] = np.ma.masked_invalid(values)
        connection.register("batch", batch)
        connection.execute("INSERT INTO metrics BY NAME SELECT * FROM batch")
        yield connection


def array(row: CurveRow) -> Floats:
    return np.frombuffer(row.points, dtype="<f8").reshape(-1, 4)


def everything(connection: duckdb.DuckDBPyConnection, run: str, name: str) -> Floats:
    query = "SELECT step, tokens, seconds, coalesce(value, 'nan') FROM metrics WHERE run_id = ? AND name = ? ORDER BY 1"
    return np.array(connection.execute(query, [run, name]).fetchall(), dtype=float)


def reference(points: Floats, column: int, columns: int) -> Floats:
    """First, lowest, highest, last and first missing point of each bucket, one bucket at a time."""
    x = points[:, column]
    bucket = np.minimum(np.floor((x - x[0]) * (columns / (x[-1] - x[0]))), columns - 1)
    kept: set[int] = set()
    for number in range(columns):
        [inside] = np.nonzero(bucket == number)
        values = points[inside, 3]
        kept |= {int(inside[0]), int(inside[-1])}
        if np.isfinite(values).any():
            kept |= {int(inside[np.nanargmin(values)]), int(inside[np.nanargmax(values)])}
        if np.isnan(values).any():
            kept.add(int(inside[np.isnan(values)][0]))
    return points[sorted(kept)]


@pytest.mark.parametrize(("x", "column"), [("step", 0), ("tokens", 1), ("seconds", 2)])
def test_as_when_it_is_done_point_by_point(connection: duckdb.DuckDBPyConnection, x: str, column: int) -> None:
    found = curves(connection, ["b", "a"], x=x, columns=COLUMNS)
    assert [(row.run_id, row.name, row.count) for row in found] == [
        (run, name, STEPS) for run in ("a", "b") for name in ("loss", "lr")
    ]
    for row in found:
        expected = reference(everything(connection, row.run_id, row.name), column, COLUMNS)
        np.testing.assert_array_equal(array(row), expected)
        assert len(expected) <= 5 * COLUMNS


@pytest.mark.parametrize("columns", [1, 7, 100, 1000])
def test_a_spike_of_one_step_and_a_gap_are_there_at_every_width(
    connection: duckdb.DuckDBPyConnection, columns: int
) -> None:
    [row] = curves(connection, ["a"], ["loss"], columns=columns)
    points = array(row)
    assert [1234, 1e6] in points[:, [0, 3]].tolist()
    assert np.isnan(points[:, 3]).any()


def test_limits_keep_the_nearest_point_beyond_each(connection: duckdb.DuckDBPyConnection) -> None:
    [row] = curves(connection, ["a"], ["lr"], low=2000, high=2100, columns=40)
    assert (array(row)[:, 0] == np.arange(1999, 2102)).all()  # few enough to come whole
    assert row.count == 101
    [between] = curves(connection, ["a"], ["lr"], x="seconds", low=500.05, high=500.1)
    assert array(between)[:, 2].tolist() == [500.0, 500.25]
    assert between.count == 0


def test_a_short_curve_comes_whole_beside_long_ones(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DELETE FROM metrics WHERE run_id = 'b' AND step > 90")
    long, short = curves(connection, ["a", "b"], ["lr"], columns=30)
    assert len(array(short)) == short.count == 90
    assert len(array(long)) < long.count


def test_nothing_asked_nothing_found_and_nonsense_refused(connection: duckdb.DuckDBPyConnection) -> None:
    assert curves(connection, []) == curves(connection, ["nobody"]) == curves(connection, ["a"], ["none"]) == []
    for wrong in ({"x": "value; DROP TABLE runs"}, {"columns": 0}):
        with pytest.raises(InputError):
            curves(connection, ["a"], **wrong)  # type: ignore[arg-type]


def test_it_tells_how_far_into_the_journal_it_goes(store: Store) -> None:
    run = RUNS["helper-long"]
    [row] = store.database.read(lambda c: curves(c, [run], ["train_loss"]))
    assert row.offset == store.workspace.run(run).journal.stat().st_size
    assert row.attempt == 1
    assert array(row)[-1, 0] == 260
