"""The questions that the app and the command line ask, each a plain function from a connection to typed rows.

User text only ever goes in as a bound parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import duckdb
import msgspec

from engine.errors import NotFoundError
from engine.store.rows import (
    CheckpointRow,
    CorpusRow,
    Cost,
    EvalRow,
    Evaluation,
    EventRow,
    MachineRow,
    ModelRow,
    Point,
    PredictionRow,
    RunRow,
    ScoreRow,
)

Connection = duckdb.DuckDBPyConnection
R = TypeVar("R")

_COST = tuple(f.name for f in msgspec.structs.fields(Cost))
_PLAIN = tuple(f.name for f in msgspec.structs.fields(RunRow) if f.name not in ("cost", "tags", "note", "parents"))

# Of each model on each suite, the evaluation that came last.
_NEWEST = """
    SELECT * FROM evals QUALIFY
        dense_rank() OVER (PARTITION BY model_id, suite ORDER BY time DESC, run_id DESC, seq DESC) = 1
"""

_CHOSEN = """($suite IS NULL OR suite = $suite) AND ($models IS NULL OR list_contains($models, model_id))"""


def records(
    connection: Connection, query: str, parameters: list[Any] | dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """A query's rows by column name."""
    cursor = connection.execute(query, parameters or [])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def _rows(
    connection: Connection, kind: type[R], query: str, parameters: list[Any] | dict[str, Any] | None = None
) -> list[R]:
    return [msgspec.convert(row, kind) for row in records(connection, query, parameters)]


def runs(connection: Connection) -> list[RunRow]:
    """Every run, oldest first."""
    tags: dict[str, tuple[str, ...]] = tags_by_target(connection)
    notes = notes_by_target(connection)
    return [run_row(row, tags, notes) for row in records(connection, "SELECT * FROM runs ORDER BY created, id")]


def tags_by_target(connection: Connection) -> dict[str, tuple[str, ...]]:
    found = connection.execute("SELECT target, list(tag ORDER BY time, tag) FROM tags GROUP BY 1").fetchall()
    return {target: tuple(tags) for target, tags in found}


def notes_by_target(connection: Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT target, text FROM notes").fetchall())


def run_row(row: Mapping[str, Any], tags: Mapping[str, tuple[str, ...]], notes: Mapping[str, str]) -> RunRow:
    """A row of `runs` by column name, as it is told."""
    return RunRow(
        **{name: row[name] for name in _PLAIN},
        cost=Cost(**{name: row[name] for name in _COST}),
        tags=tags.get(row["id"], ()),
        note=notes.get(row["id"], ""),
        parents=tuple(row["parents"]),
    )


def run(connection: Connection, ref: str) -> RunRow:
    return find_run(runs(connection), ref)


def find_run(everything: Sequence[RunRow], ref: str) -> RunRow:
    """By id, by a unique beginning of one, or the newest run of that name. Raises `NotFoundError`."""
    exact = [r for r in everything if r.id == ref]
    beginning = [r for r in everything if ref and r.id.startswith(ref)]
    named = [r for r in everything if r.name == ref]
    if exact or named:
        return (exact or named)[-1]
    if len(beginning) == 1:
        return beginning[0]
    if beginning:
        some = ", ".join(r.id for r in beginning[-5:])
        raise NotFoundError(f"{ref!r} begins the ids of {len(beginning)} runs", fix=f"write more of one: {some}")
    known = ", ".join(dict.fromkeys(r.name for r in reversed(everything[-8:])))
    raise NotFoundError(f"no run {ref!r}", fix=f"there are {known}" if known else "this workspace has no runs yet")


def metrics(connection: Connection, run_id: str, names: tuple[str, ...]) -> dict[str, list[Point]]:
    """Curves by name; values that were not a number are left out."""
    found = connection.execute(
        """SELECT name, step, tokens, seconds, value FROM metrics
           WHERE run_id = ? AND value IS NOT NULL AND (len(?) = 0 OR list_contains(?, name))
           ORDER BY name, step, time""",
        [run_id, list(names), list(names)],
    ).fetchall()
    curves: dict[str, list[Point]] = {}
    for name, step, tokens, seconds, value in found:
        curves.setdefault(name, []).append(Point(step=step, tokens=tokens, seconds=seconds, value=value))
    return curves


def events(connection: Connection, run_id: str | None) -> list[EventRow]:
    query = "SELECT * EXCLUDE (data) FROM events WHERE run_id IS NOT DISTINCT FROM ? ORDER BY seq"
    return _rows(connection, EventRow, query, [run_id])


def checkpoints(connection: Connection, run_id: str) -> list[CheckpointRow]:
    """Those that the retention rule left; `best` is true for the newest best alone."""
    return _rows(
        connection,
        CheckpointRow,
        """SELECT * REPLACE (best AND step = max(step) FILTER (best) OVER () AS best)
           FROM checkpoints WHERE run_id = ? ORDER BY step""",
        [run_id],
    )


def models(connection: Connection, ids: Sequence[str] | None = None) -> list[ModelRow]:
    """Frozen models and finished variants, oldest first: these, or all."""
    return _rows(
        connection,
        ModelRow,
        """SELECT m.* EXCLUDE (corpus_id, heldout_loss) FROM models m LEFT JOIN runs r ON r.id = m.run_id
           WHERE $ids IS NULL OR list_contains($ids, m.id)
           ORDER BY coalesce(m.frozen_at, r.ended, r.updated), m.id""",
        {"ids": None if ids is None else list(ids)},
    )


def corpora(connection: Connection) -> list[CorpusRow]:
    return _rows(connection, CorpusRow, "SELECT * FROM corpora ORDER BY built, id")


def evaluations(connection: Connection) -> list[Evaluation]:
    """Who was evaluated on what, by suite and model: all that choosing needs, and a fifth of what `evals` takes."""
    found = connection.execute(
        """SELECT model_id, suite, arg_max(task, (time, run_id, seq)), max(time) FROM evals
           GROUP BY model_id, suite ORDER BY suite, model_id"""
    ).fetchall()
    return [Evaluation(model_id=model, suite=suite, task=task, time=time) for model, suite, task, time in found]


def evals(connection: Connection, suite: str | None, models: Sequence[str] | None = None) -> list[EvalRow]:
    """The newest evaluation of each model on each suite, by suite and model; of these models, or of every one."""
    chosen = {"suite": suite, "models": None if models is None else list(models)}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in records(connection, f"SELECT * FROM ({_NEWEST}) WHERE {_CHOSEN} ORDER BY suite, model_id, metric",
                       chosen):  # fmt: skip
        groups.setdefault((row["suite"], row["model_id"]), []).append(row)
    confusions = _confusions(connection, chosen)
    return [_eval(rows, confusions) for rows in groups.values()]


def scores(connection: Connection, models: Sequence[str] | None = None) -> dict[str, tuple[ScoreRow, ...]]:
    """By model, all that its newest evaluations found, by suite and importance; of these models, or of every one."""
    found: dict[str, list[ScoreRow]] = {}
    query = f"SELECT * FROM ({_NEWEST}) WHERE $models IS NULL OR list_contains($models, model_id) ORDER BY suite"
    for row in sorted(
        records(connection, query, {"models": None if models is None else list(models)}),
        key=lambda row: (row["suite"], _by_importance(row)),
    ):
        found.setdefault(row["model_id"], []).append(_score(row))
    return {model_id: tuple(rows) for model_id, rows in found.items()}


def _confusions(connection: Connection, chosen: dict[str, Any]) -> dict[tuple[str, int], dict[str, dict[str, int]]]:
    """By run and event: target -> output -> items."""
    counts = connection.execute(
        f"SELECT run_id, seq, target, output, n FROM confusions WHERE {_CHOSEN} ORDER BY target, output", chosen
    ).fetchall()
    found: dict[tuple[str, int], dict[str, dict[str, int]]] = {}
    for run_id, seq, target, output, n in counts:
        found.setdefault((run_id, seq), {}).setdefault(target, {})[output] = n
    return found


def _eval(rows: list[dict[str, Any]], confusions: dict[tuple[str, int], dict[str, dict[str, int]]]) -> EvalRow:
    first = rows[0]
    return EvalRow(
        model_id=first["model_id"],
        suite=first["suite"],
        task=first["task"],
        suite_sha256=first["suite_sha256"],
        run_id=first["run_id"],
        scores=tuple(_score(row) for row in sorted(rows, key=_by_importance)),
        confusion=confusions.get((first["run_id"], first["seq"]), {}),
        time=first["time"],
    )


def _by_importance(row: dict[str, Any]) -> tuple[int, str]:
    """The metrics of a whole suite before those of one class; the headline first."""
    order = ("accuracy", "macro_f1", "exact_match", "token_f1", "rule_score", "bits_per_byte")
    metric = str(row["metric"])
    return (order.index(metric) if metric in order else len(order), metric)


def _score(row: dict[str, Any]) -> ScoreRow:
    return ScoreRow(
        model_id=row["model_id"],
        suite=row["suite"],
        task=row["task"],
        metric=row["metric"],
        value=row["value"],
        low=row["low"],
        high=row["high"],
        n=row["n"],
    )


_ANSWERS = """
    WITH newest AS (
        SELECT model_id, run_id, seq FROM evals WHERE suite = $suite AND list_contains($models, model_id)
        QUALIFY row_number() OVER (PARTITION BY model_id ORDER BY time DESC, run_id DESC, seq DESC) = 1)
    SELECT p.model_id, example_id, input, target, output, correct, score, weight
    FROM predictions p JOIN newest USING (model_id, run_id, seq)
    WHERE p.suite = $suite AND list_contains($models, p.model_id)
    ORDER BY p.model_id, example_id
"""


def predictions(connection: Connection, model_ids: Sequence[str], suite: str) -> dict[str, list[PredictionRow]]:
    """By model, the items of its newest evaluation on a suite, by example id; one pass for all of them."""
    found: dict[str, list[PredictionRow]] = {model_id: [] for model_id in model_ids}
    for row in records(connection, _ANSWERS, {"models": list(model_ids), "suite": suite}):
        found[row.pop("model_id")].append(msgspec.convert(row, PredictionRow))
    return found


def machine(connection: Connection, since: float) -> list[MachineRow]:
    found = records(connection, "SELECT * FROM machine_samples WHERE time > ? ORDER BY time", [since])
    return [msgspec.convert(row | {"gpus": msgspec.json.decode(row["gpus"])}, MachineRow) for row in found]
