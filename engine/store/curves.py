"""Curves thinned for drawing: of each x-bucket the first, the lowest, the highest and the last point.

    metrics (millions of rows) -> buckets -> the rows that draw the same picture -> one float64 array a curve

What must hold: a single high or low value is never lost, a point that was not a number (null) stays as a NaN so that
the gap shows, and a curve that needs no thinning comes whole. All curves come from one pass: measured on 2 cores,
250 curves of 20,000 points each in 0.3 s, one curve of a million in 0.03 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np

from engine.errors import InputError
from engine.store.rows import CurveRow

_AXES = ("step", "tokens", "seconds")

# `list_contains` and not a join with the list: it lets DuckDB pass over all parts of the table without these runs.
# One row a curve: its number, its own x-range within the wanted one, and how many points that holds.
_RANGES = """
    SELECT run_id, name, count(*) FILTER (inside) AS n,
        coalesce(min(x) FILTER (inside), 0) AS low, coalesce(max(x) FILTER (inside), 0) AS high
    FROM (SELECT run_id, name, {x}::DOUBLE AS x, x BETWEEN $low AND $high AS inside FROM metrics
          WHERE list_contains($runs, run_id) AND (len($names) = 0 OR name IN (SELECT unnest($names))))
    GROUP BY 1, 2 ORDER BY 1, 2
"""

# Rows are told apart by `rowid`, which holds still within one query. Of what lies outside the wanted range only the
# nearest point on each side is kept: the line runs on to the edge of the chart.
_PICKED = """
    WITH placed AS (
        SELECT curve, metrics.rowid AS row, step, value, CASE
            WHEN {x} < $low THEN -1 WHEN {x} > $high THEN $columns WHEN whole THEN -2
            ELSE least(floor(({x} - k.low) * k.scale), $columns - 1) END::INTEGER AS bucket
        FROM metrics JOIN _curves k ON metrics.run_id = k.run_id AND metrics.name = k.name
        WHERE list_contains($runs, metrics.run_id)
    ), picked AS (
        SELECT unnest(CASE
            WHEN bucket = -1 THEN [arg_max(row, step)]
            WHEN bucket = $columns THEN [arg_min(row, step)]
            ELSE [arg_min(row, step), arg_min(row, value), arg_max(row, value), arg_max(row, step),
                  arg_min(row, step) FILTER (value IS NULL)] END) AS row
        FROM placed WHERE bucket <> -2 GROUP BY curve, bucket
        UNION ALL SELECT row FROM placed WHERE bucket = -2
    )
    SELECT curve, step::DOUBLE AS step, tokens::DOUBLE AS tokens, seconds, coalesce(value, 'nan') AS value
    FROM metrics JOIN _curves k ON metrics.run_id = k.run_id AND metrics.name = k.name
    WHERE list_contains($runs, metrics.run_id) AND metrics.rowid IN (SELECT row FROM picked)
    ORDER BY curve, metrics.step
"""


def curves(
    connection: duckdb.DuckDBPyConnection,
    run_ids: Sequence[str],
    names: Sequence[str] = (),
    *,
    x: str = "step",
    low: float | None = None,
    high: float | None = None,
    columns: int = 1000,
) -> list[CurveRow]:
    """The curves of these runs (all of their metrics when `names` is empty), by run and name.

    `low` and `high` are limits on `x` (step, tokens or seconds), both inclusive; None: none. `columns` is the number
    of buckets that each curve's own part of that range is cut into. Raises `InputError` for another `x` or no columns.
    """
    if x not in _AXES or columns < 1:
        raise InputError(f"no curves by {x!r} in {columns} columns", fix="use step, tokens or seconds")
    limits = {"low": -np.inf if low is None else low, "high": np.inf if high is None else high}
    wanted = {"runs": list(run_ids), **limits}
    ranges = connection.execute(_RANGES.format(x=x), {**wanted, "names": list(names)}).fetchnumpy()
    if not len(ranges["n"]):
        return []
    connection.register("_curves", _buckets(ranges, columns))
    try:
        rows = connection.execute(_PICKED.format(x=x), {**wanted, "columns": columns}).fetchnumpy()
    finally:
        connection.unregister("_curves")
    return _split(connection, ranges, rows)


def _buckets(ranges: dict[str, Any], columns: int) -> dict[str, Any]:
    """Each curve's number and how its x becomes a bucket; those with no more points than would be kept come whole."""
    span = np.asarray(ranges["high"] - ranges["low"])
    return {
        "run_id": np.asarray(ranges["run_id"]),
        "name": np.asarray(ranges["name"]),
        "curve": np.arange(len(span), dtype=np.int32),
        "low": np.asarray(ranges["low"]),
        "scale": columns / np.where(span > 0, span, 1.0),
        "whole": np.asarray(ranges["n"] <= 4 * columns),
    }


def _split(connection: duckdb.DuckDBPyConnection, ranges: dict[str, Any], rows: dict[str, Any]) -> list[CurveRow]:
    """One array of rows, cut where a curve ends."""
    points = np.stack([rows[name] for name in ("step", "tokens", "seconds", "value")], axis=1).astype("<f8", copy=False)
    ends = np.searchsorted(rows["curve"], np.arange(len(ranges["n"]) + 1))
    told = "SELECT id, position, attempt FROM runs JOIN journals ON path = id WHERE id IN (SELECT unnest(?))"
    found = connection.execute(told, [ranges["run_id"].tolist()]).fetchall()
    known = {run_id: (position, attempt) for run_id, position, attempt in found}
    return [
        CurveRow(
            run_id=run_id,
            name=name,
            points=points[ends[i] : ends[i + 1]].tobytes(),
            count=int(ranges["n"][i]),
            offset=known.get(run_id, (0, 0))[0],
            attempt=known.get(run_id, (0, 0))[1],
        )
        for i, (run_id, name) in enumerate(zip(ranges["run_id"], ranges["name"]))
    ]
