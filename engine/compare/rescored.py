"""A model's scores from some of its answers, as evaluation would give them, intervals included."""

from __future__ import annotations

from collections.abc import Collection

from engine.journal.events import Score
from engine.scores import classification
from engine.scores.intervals import mean, ratio, share
from engine.store.rows import EvalRow, PredictionRow, ScoreRow


def rescored(row: EvalRow, answers: Collection[PredictionRow], seed: int) -> tuple[ScoreRow, ...]:
    """The scores of these answers (at least one). A rule score is not among them: answers do not say if rules held."""
    had = {score.metric for score in row.scores}
    return tuple(
        ScoreRow(
            model_id=row.model_id,
            suite=row.suite,
            task=row.task,
            metric=score.metric,
            value=score.value,
            low=score.low,
            high=score.high,
            n=score.n,
        )
        for score in _scores(row.task, answers, seed)
        if score.metric in had
    )


def _scores(task: str, answers: Collection[PredictionRow], seed: int) -> tuple[Score, ...]:
    if task == "classification":
        return classification.scores([a.target for a in answers], [a.output for a in answers], seed)
    if task == "language-model":
        return (ratio("bits_per_byte", [a.score for a in answers], [a.weight for a in answers], seed),)
    exact = share("exact_match", sum(bool(a.correct) for a in answers), len(answers))
    return exact, mean("token_f1", [a.score for a in answers], seed)
