"""Models side by side on one suite: scores with intervals, and each one's difference to a baseline.

`compare` takes what the store has about one suite and gives a `Comparison`, which the command line prints and the app
draws. Differences are paired: they come from the same items answered by both models. Their p-values are corrected
(Holm) over the models compared, metric by metric. Where test items stood in what a model learned from, all scores and
differences are given a second time without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from engine.compare.contaminated import Answers, Flag, Seen, flags, keys_of, unknowns
from engine.compare.items import Item, items_of
from engine.compare.rescored import rescored
from engine.compare.statistics import (
    Measure,
    bootstrap_difference,
    holm,
    macro_f1_measure,
    mcnemar,
    mean_measure,
    randomisation_p,
)
from engine.errors import InputError, NotFoundError
from engine.store.rows import EvalRow, ModelRow, PredictionRow, ScoreRow

ALPHA = 0.05
PRIMARY = {"classification": "accuracy", "instruction": "token_f1", "language-model": "bits_per_byte"}
SHOWN = {
    "classification": ("accuracy", "macro_f1"),
    "instruction": ("token_f1", "exact_match", "rule_score"),
    "language-model": ("bits_per_byte",),
}
"""The metrics of a task's table, the primary one first."""
_PAIRED = {
    "classification": ("accuracy", "macro_f1"),
    "instruction": ("token_f1", "exact_match"),
    "language-model": ("bits_per_byte",),
}


class Difference(Struct, frozen=True, kw_only=True):
    """One metric of one model less the baseline's, on the same items."""

    metric: str
    value: float
    low: float
    high: float
    """95 % bootstrap interval."""
    p: float
    """Two-sided, of this comparison alone."""
    p_holm: float
    """Corrected over the models compared here."""
    test: str
    """`exact McNemar` or `randomisation`."""
    significant: bool
    better: bool
    """In the metric's own sense: fewer bits per byte are better."""


class Clean(Struct, frozen=True, kw_only=True):
    """One model on the items that stood in nobody's training text."""

    n: int
    """Items paired with the baseline's."""
    scores: tuple[ScoreRow, ...]
    """Those that single answers tell: a rule score is not among them."""
    differences: tuple[Difference, ...]
    verdict: str

    def score(self, metric: str) -> ScoreRow | None:
        return next((score for score in self.scores if score.metric == metric), None)


class ComparisonRow(Struct, frozen=True, kw_only=True):
    model: str
    name: str
    """What people call it; the id when no name was given."""
    baseline: bool
    n: int
    """Items paired with the baseline's."""
    scores: tuple[ScoreRow, ...]
    differences: tuple[Difference, ...]
    """The primary metric first; none for the baseline."""
    verdict: str
    """The primary difference in words."""
    confusion: dict[str, dict[str, int]]
    run_id: str
    learned: int = 0
    """Items that stood in what this model learned from."""
    clean: Clean | None = None
    """The same without the items that any of the models may know; None where there are none."""

    def score(self, metric: str) -> ScoreRow | None:
        return next((score for score in self.scores if score.metric == metric), None)


class Comparison(Struct, frozen=True, kw_only=True):
    suite: str
    task: str
    metric: str
    """The primary metric: what verdicts are about."""
    baseline: str
    items: int
    rows: tuple[ComparisonRow, ...]
    majority_class: str | None
    """classification: the most frequent target; always answering it gives `majority_accuracy`."""
    majority_accuracy: float | None
    disagreements: tuple[Item, ...]
    """The widest apart first."""
    disagreements_total: int
    notes: tuple[str, ...]
    flags: tuple[Flag, ...] = ()
    """Items that stood in what one of the models learned from."""


def default_baseline(models: Sequence[ModelRow]) -> str:
    """The scratch control when exactly one is among the models, else the first model."""
    controls = [model.id for model in models if model.scratch]
    return controls[0] if len(controls) == 1 else models[0].id


def compare(
    evals: Sequence[EvalRow],
    predictions: Mapping[str, Sequence[PredictionRow]],
    *,
    suite: str,
    baseline: str,
    names: Mapping[str, str] = MappingProxyType({}),
    seen: Mapping[str, Seen] = MappingProxyType({}),
    seed: int = 0,
    keep: int = 50,
) -> Comparison:
    """Compare the models of `evals` (one each, in the order given) on `suite`.

    `predictions` are by model id, and so are `names`, which verdicts use, and `seen`: what is known of test items in
    what each model learned from. `keep`: most disagreements kept.
    Raises `NotFoundError` when the baseline was not evaluated on the suite, and `InputError` when the models were
    given different versions of the test set.
    """
    chosen = {row.model_id: row for row in evals if row.suite == suite}
    if baseline not in chosen:
        raise NotFoundError(
            f"{baseline} has no evaluation on {suite}", fix=f"graftline evaluate {baseline} --suite ..."
        )
    base = chosen[baseline]
    _same_test_set(base, list(chosen.values()))
    answers = {model: {row.example_id: row for row in predictions.get(model, ())} for model in chosen}
    keys = keys_of(answers)
    flagged = flags(keys, {model: seen[model] for model in chosen if model in seen})
    rows = _rows(chosen, base, answers, names, seed)
    if flagged:
        rows = _with_clean(rows, chosen, base, answers, names, seed, flagged)
    apart = [item for item in items_of(answers, flagged) if item.differs]
    majority, majority_accuracy = _majority(base, answers[baseline])
    return Comparison(
        suite=suite,
        task=base.task,
        metric=PRIMARY[base.task],
        baseline=baseline,
        items=len(answers[baseline]),
        rows=tuple(rows),
        majority_class=majority,
        majority_accuracy=majority_accuracy,
        disagreements=tuple(apart[:keep]),
        disagreements_total=len(apart),
        notes=(*_notes(base, rows, answers), *unknowns(suite, keys, seen, names)),
        flags=tuple(flagged.values()),
    )


def _same_test_set(base: EvalRow, rows: Sequence[EvalRow]) -> None:
    for row in rows:
        if row.suite_sha256 != base.suite_sha256:
            raise InputError(
                f"{row.model_id} and {base.model_id} were evaluated on different versions of {base.suite}",
                fix=f"evaluate both again: graftline evaluate {base.model_id} {row.model_id} --suite ...",
            )


def _rows(
    chosen: Mapping[str, EvalRow], base: EvalRow, answers: Answers, names: Mapping[str, str], seed: int
) -> list[ComparisonRow]:
    """A row a model on these answers, tested, corrected and told in words."""
    rows = [_row(row, base, answers, names.get(row.model_id, row.model_id), seed) for row in chosen.values()]
    called = names.get(base.model_id, base.model_id)
    return [_with_verdict(row, base.task, called) for row in _corrected(rows)]


def _with_clean(
    rows: Sequence[ComparisonRow],
    chosen: Mapping[str, EvalRow],
    base: EvalRow,
    answers: Answers,
    names: Mapping[str, str],
    seed: int,
    flagged: Mapping[str, Flag],
) -> list[ComparisonRow]:
    """The same rows with what they are on the items that nobody learned from."""
    kept = {model: {k: row for k, row in mine.items() if k not in flagged} for model, mine in answers.items()}
    again = {row.model: row for row in _rows(chosen, base, kept, names, seed)}
    out = []
    for row in rows:
        learned = sum(row.model in flag.models and key in answers[row.model] for key, flag in flagged.items())
        clean = None
        if left := kept[row.model].values():
            new = again[row.model]
            scores = rescored(chosen[row.model], left, seed)
            clean = Clean(n=new.n, scores=scores, differences=new.differences, verdict=new.verdict)
        out.append(replace(row, learned=learned, clean=clean))
    return out


def _row(row: EvalRow, base: EvalRow, answers: Answers, name: str, seed: int) -> ComparisonRow:
    mine, theirs = answers[row.model_id], answers[base.model_id]
    shared = [key for key in theirs if key in mine]
    differences: list[Difference] = []
    if row is not base and shared:
        a, b = [mine[key] for key in shared], [theirs[key] for key in shared]
        metrics = [metric for metric in _PAIRED[row.task] if any(score.metric == metric for score in row.scores)]
        differences = [_difference(metric, row.task, a, b, seed) for metric in metrics]
    return ComparisonRow(
        model=row.model_id,
        name=name,
        baseline=row is base,
        n=len(shared),
        scores=row.scores,
        differences=tuple(differences),
        verdict="",
        confusion=row.confusion,
        run_id=row.run_id,
    )


def _difference(
    metric: str, task: str, a: Sequence[PredictionRow], b: Sequence[PredictionRow], seed: int
) -> Difference:
    measure_a, measure_b = _measures(metric, a, b)
    low, high = bootstrap_difference(measure_a, measure_b, seed=seed)
    if metric in ("accuracy", "exact_match"):
        test = "exact McNemar"
        p = mcnemar(
            sum(bool(x.correct) and not y.correct for x, y in zip(a, b, strict=True)),
            sum(bool(y.correct) and not x.correct for x, y in zip(a, b, strict=True)),
        )
    else:
        test, p = "randomisation", randomisation_p(measure_a, measure_b, seed=seed)
    value = measure_a() - measure_b()
    better = value < 0 if task == "language-model" else value > 0
    return Difference(
        metric=metric, value=value, low=low, high=high, p=p, p_holm=p, test=test, significant=False, better=better
    )


def _measures(metric: str, a: Sequence[PredictionRow], b: Sequence[PredictionRow]) -> tuple[Measure, Measure]:
    if metric == "macro_f1":
        classes = sorted({x.target for x in a} | {x.output for x in [*a, *b]})
        first, second = (
            macro_f1_measure([x.target for x in rows], [x.output for x in rows], classes) for rows in (a, b)
        )
        return first, second
    if metric in ("accuracy", "exact_match"):
        return mean_measure([float(bool(x.correct)) for x in a]), mean_measure([float(bool(x.correct)) for x in b])
    first, second = (mean_measure([x.score for x in rows], [x.weight for x in rows]) for rows in (a, b))
    return first, second


def _corrected(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    """Holm's correction over the models, for each metric by itself; then what is significant is known."""
    by_metric: dict[str, list[tuple[int, int]]] = {}
    for i, row in enumerate(rows):
        for j, difference in enumerate(row.differences):
            by_metric.setdefault(difference.metric, []).append((i, j))
    mended = [list(row.differences) for row in rows]
    for places in by_metric.values():
        for (i, j), p in zip(places, holm([mended[i][j].p for i, j in places]), strict=True):
            mended[i][j] = replace(mended[i][j], p_holm=p, significant=p < ALPHA)
    return [replace(row, differences=tuple(new)) for row, new in zip(rows, mended, strict=True)]


def _with_verdict(row: ComparisonRow, task: str, baseline: str) -> ComparisonRow:
    if row.baseline:
        return replace(row, verdict="the baseline")
    if not row.differences:
        return replace(row, verdict="no item was answered by both")
    return replace(row, verdict=in_words(row.differences[0], task, baseline))


def in_words(difference: Difference, task: str, baseline: str) -> str:
    """`significantly better than X: +12.3 points [+8.1, +16.4], p < 0.001 (exact McNemar, Holm)`."""
    if task == "language-model":
        size = f"{difference.value:+.4f} bits per byte [{difference.low:+.4f}, {difference.high:+.4f}]"
    else:
        value, low, high = (100 * x for x in (difference.value, difference.low, difference.high))
        size = f"{value:+.1f} points [{low:+.1f}, {high:+.1f}]"
    p = "p < 0.001" if difference.p_holm < 0.001 else f"p = {difference.p_holm:.3f}"
    if difference.significant:
        lead = f"significantly {'better' if difference.better else 'worse'} than {baseline}"
    else:
        lead = f"not significantly different from {baseline}"
    return f"{lead}: {size}, {p} ({difference.test}, Holm)"


def _majority(base: EvalRow, rows: Mapping[str, PredictionRow]) -> tuple[str | None, float | None]:
    if base.task != "classification" or not rows:
        return None, None
    counts = Counter(row.target for row in rows.values())
    name, count = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return name, count / len(rows)


def _notes(base: EvalRow, rows: Sequence[ComparisonRow], answers: Answers) -> list[str]:
    notes = []
    if base.task == "language-model":
        notes.append("bits per byte say how well text is predicted; they are not a task score")
    for row in rows:
        missing = len(answers[base.model_id]) - row.n
        if missing:
            notes.append(f"{row.model}: {missing} of the baseline's items have no answer and are left out of the pairs")
    return notes
