"""Held-out losses per run, thinned to a sparkline's length in the store, and asked again only for runs that moved."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from engine.store.rows import RunRow

LENGTH = 60

# At most LENGTH values, evenly spread, the first and the last among them.
_QUERY = f"""
    SELECT run_id, CASE WHEN len(losses) <= {LENGTH} THEN losses ELSE
        [losses[1 + round_even(i * (len(losses) - 1) / {LENGTH - 1}, 0)::INTEGER] FOR i IN range({LENGTH})] END
    FROM (SELECT run_id, list(value ORDER BY step) AS losses FROM metrics
          WHERE name = 'heldout_loss' AND value IS NOT NULL AND run_id IN (SELECT unnest(?)) GROUP BY 1)
"""


class Histories:
    """What a sparkline shows, by run id."""

    def __init__(self) -> None:
        self._marks: dict[str, tuple[int, int, float | None]] = {}
        self._losses: dict[str, tuple[float, ...]] = {}

    def refresh(self, connection: duckdb.DuckDBPyConnection, runs: Iterable[RunRow]) -> None:
        """Ask again for those of these runs that have trained since."""
        marks = {run.id: (run.attempt, run.step, run.heldout_loss) for run in runs}
        stale = [run_id for run_id, mark in marks.items() if self._marks.get(run_id) != mark]
        measured = [run_id for run_id in stale if marks[run_id][2] is not None]
        found = dict(connection.execute(_QUERY, [measured]).fetchall()) if measured else {}
        for run_id in stale:
            self._marks[run_id] = marks[run_id]
            self._losses[run_id] = tuple(found.get(run_id, ()))

    def of(self, run_id: str | None) -> tuple[float, ...]:
        return self._losses.get(run_id or "", ())

    def forget(self, run_id: str) -> None:
        self._marks.pop(run_id, None)
        self._losses.pop(run_id, None)
