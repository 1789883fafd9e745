"""All suites at a glance: one score of every model on every suite that knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.compare.table import PRIMARY
from engine.store.rows import EvalRow, ScoreRow


@dataclass(frozen=True)
class Column:
    """One suite."""

    suite: str
    task: str
    metric: str
    """What its scores are: the task's primary metric."""
    best: float | None
    """The best value in the column, when several models have one."""


@dataclass(frozen=True)
class Overview:
    columns: tuple[Column, ...]
    """Tasks first, language models after them; by name."""
    models: tuple[str, ...]
    scores: dict[tuple[str, str], ScoreRow]
    """By model and suite; what was not evaluated is absent."""

    def is_best(self, model: str, column: Column) -> bool:
        score = self.scores.get((model, column.suite))
        return score is not None and column.best is not None and score.value == column.best


def overview(evals: Sequence[EvalRow], models: Sequence[str]) -> Overview:
    """These models, in this order, on every suite that any of them was evaluated on."""
    shown = set(models)
    chosen = [row for row in evals if row.model_id in shown]
    scores = {(row.model_id, row.suite): score for row in chosen if (score := _primary(row)) is not None}
    tasks = sorted({(row.suite, row.task) for row in chosen}, key=lambda pair: (pair[1] == "language-model", pair[0]))
    columns = []
    for suite, task in tasks:
        values = [score.value for (_, where), score in scores.items() if where == suite]
        best = min if task == "language-model" else max
        columns.append(Column(suite, task, PRIMARY[task], best(values) if len(values) > 1 else None))
    return Overview(tuple(columns), tuple(models), scores)


def _primary(row: EvalRow) -> ScoreRow | None:
    return next((score for score in row.scores if score.metric == PRIMARY[row.task]), None)
