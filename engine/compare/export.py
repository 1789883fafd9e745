"""A comparison as a document: Markdown for a README, LaTeX (booktabs) for a paper, CSV for whatever comes next.

    Comparison  ->  markdown(...) | latex(...)     a row a model: scores and difference to the baseline, with intervals
                ->  csv(...)                       a row a model and metric, every figure in full

Names are foreign text: in each format they come out as themselves, whatever they hold.
"""

from __future__ import annotations

import csv as csv_module
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine import figures
from engine.compare.table import SHOWN, Comparison, ComparisonRow, Difference
from engine.markdown import inline, table
from engine.plain import one_line
from engine.store.rows import ScoreRow

FORMATS = ("md", "latex", "csv")
_NAMES = {
    "accuracy": "accuracy", "macro_f1": "macro F1", "token_f1": "token F1", "exact_match": "exact match",
    "rule_score": "rule score", "bits_per_byte": "bits per byte",
}  # fmt: skip
_CSV = (
    "suite", "task", "model", "name", "metric", "value", "low", "high", "n", "seconds", "baseline", "difference",
    "difference_low", "difference_high", "p", "p_holm", "test", "significant", "known", "clean_value", "clean_n",
)  # fmt: skip
Costs = Mapping[str, float]
"""Seconds by model id: what making each model took."""
_NO_COSTS: Costs = MappingProxyType({})


def export(comparison: Comparison, form: str, costs: Costs = _NO_COSTS) -> str:
    """The comparison in one of `FORMATS`. Raises `KeyError` for another."""
    return {"md": markdown, "latex": latex, "csv": csv}[form](comparison, costs)


def markdown(comparison: Comparison, costs: Costs = _NO_COSTS) -> str:
    """A table with its title above and what to keep in mind below. Scores in points of 100, or bits per byte."""
    metrics = _metrics(comparison)
    head = ["model", *(f"{_NAMES.get(m, m)} [95 %]" for m in metrics), _less(comparison, inline), "p (Holm)"]
    head += ["cost"] * bool(costs)
    rows = []
    for row in comparison.rows:
        name = f"**{inline(row.name)}**" if row.baseline else inline(row.name)
        cells = [name, *(_score(row.score(m)) for m in metrics), *_difference(row, comparison.metric)]
        rows.append(cells + [figures.duration(costs.get(row.model))] * bool(costs))
    lines = [f"**{inline(comparison.suite)}**: {comparison.task}, {comparison.items:,} items.", ""]
    lines += table(head, rows)
    lines += ["", *(f"- {inline(said)}" for said in _sentences(comparison))]
    return "\n".join(lines) + "\n"


def latex(comparison: Comparison, costs: Costs = _NO_COSTS) -> str:
    """A `table` for the booktabs package: the best score of a column bold, significant differences starred."""
    metrics = _metrics(comparison)
    head = ["Model", *(_capital(_NAMES.get(m, m)) for m in metrics), _less(comparison, _tex), r"$p$ (Holm)"]
    head += ["Cost"] * bool(costs)
    known = "".join(f" {_tex(said)}" for said in _without_known(comparison))
    lines = [
        r"\begin{table}", r"  \centering",
        rf"  \caption{{{_tex(comparison.suite)}: {comparison.task}, {_plural(comparison.items)}.{known} {_KEY}}}",
        rf"  \begin{{tabular}}{{l{'r' * (len(head) - 1)}}}", r"    \toprule",
        f"    {' & '.join(head)} " + r"\\", r"    \midrule",
    ]  # fmt: skip
    for row in comparison.rows:
        cells = [_tex(row.name), *(_tex_score(comparison, row, m) for m in metrics), *_tex_difference(row, comparison)]
        cells += [figures.duration(costs.get(row.model)).replace("–", "--")] * bool(costs)
        lines.append(f"    {' & '.join(cells)} " + r"\\")
    lines += [r"    \bottomrule", r"  \end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def csv(comparison: Comparison, costs: Costs = _NO_COSTS) -> str:
    """Tidy: one line a model and metric, a class's own too. Values as they are (0.8, not 80); unknown ones empty."""
    text = io.StringIO()
    writer = csv_module.writer(text, lineterminator="\n")
    writer.writerow(_CSV)
    for row in comparison.rows:
        for score in row.scores:
            found = next((d for d in row.differences if d.metric == score.metric), None)
            line = {
                "suite": comparison.suite, "task": comparison.task, "model": row.model, "name": row.name,
                "metric": score.metric, "value": score.value, "low": score.low, "high": score.high, "n": score.n,
                "seconds": costs.get(row.model), "baseline": comparison.baseline, "known": row.learned,
            }  # fmt: skip
            if row.clean is not None and (clean := row.clean.score(score.metric)):
                line |= {"clean_value": clean.value, "clean_n": clean.n}
            if found is not None:
                line |= {
                    "difference": found.value, "difference_low": found.low, "difference_high": found.high,
                    "p": found.p, "p_holm": found.p_holm, "test": found.test, "significant": found.significant,
                }  # fmt: skip
            writer.writerow(["" if (value := line.get(key)) is None else value for key in _CSV])
    return text.getvalue()


_KEY = r"95\,\% intervals in brackets; differences are paired, $^{*}$: significant at 0.05 after Holm's correction."


def _metrics(comparison: Comparison) -> list[str]:
    return [m for m in SHOWN[comparison.task] if any(row.score(m) for row in comparison.rows)]


def _less(comparison: Comparison, escape: Callable[[str], str]) -> str:
    baseline = next((row.name for row in comparison.rows if row.baseline), comparison.baseline)
    return f"{_NAMES[comparison.metric]} less {escape(baseline)}'s"


def _numbers(values: tuple[float, ...], metric: str, sign: str = "") -> list[str]:
    scale, digits = (1, 3) if metric == "bits_per_byte" else (100, 1)
    return [f"{scale * value:{sign}.{digits}f}" for value in values]


def _score(score: ScoreRow | None) -> str:
    """`80.0 [73.1, 85.5]`."""
    if score is None:
        return figures.UNKNOWN
    if score.low is None or score.high is None:
        return _numbers((score.value,), score.metric)[0]
    value, low, high = _numbers((score.value, score.low, score.high), score.metric)
    return f"{value} [{low}, {high}]"


def _of(row: ComparisonRow, metric: str) -> Difference | None:
    return next((d for d in row.differences if d.metric == metric), None)


def _difference(row: ComparisonRow, metric: str) -> tuple[str, str]:
    found = _of(row, metric)
    if found is None:
        return ("baseline" if row.baseline else figures.UNKNOWN), ""
    value, low, high = _numbers((found.value, found.low, found.high), metric, "+")
    return f"{value} [{low}, {high}]", "< 0.001" if found.p_holm < 0.001 else f"{found.p_holm:.3f}"


def _sentences(comparison: Comparison) -> list[str]:
    said = [f"{row.name} is {row.verdict}." for row in comparison.rows if not row.baseline]
    if comparison.majority_class is not None and comparison.majority_accuracy is not None:
        share = figures.share(comparison.majority_accuracy)
        said.append(f"Always answering {comparison.majority_class!r} would score {share}.")
    return [*said, *_without_known(comparison), *(f"{note}." for note in comparison.notes)]


def _without_known(comparison: Comparison) -> list[str]:
    """What the scores are without the items that stood in training text."""
    if not comparison.flags:
        return []
    told = []
    for row in comparison.rows:
        if row.clean is not None and (score := row.clean.score(comparison.metric)):
            verdict = "" if row.baseline else f", {row.clean.verdict}"
            told.append(f"{row.name} ({row.learned:,} known): {_score(score)}{verdict}")
    items = f"{len(comparison.flags):,} of {comparison.items:,} items stood in text that a model learned from"
    return [f"{items}. Without them: {'; '.join(told)}." if told else f"{items}."]


# --- LaTeX ----------------------------------------------------------------------------------------


def _tex_score(comparison: Comparison, row: ComparisonRow, metric: str) -> str:
    score = row.score(metric)
    if score is None:
        return "--"
    values = [other.value for each in comparison.rows if (other := each.score(metric))]
    best = (min if metric == "bits_per_byte" else max)(values)
    value, *rest = _score(score).split(" ", 1)
    strong = rf"\textbf{{{value}}}" if score.value == best and len(values) > 1 else value
    return " ".join([strong, *(rf"{{\scriptsize {interval}}}" for interval in rest)])


def _tex_difference(row: ComparisonRow, comparison: Comparison) -> tuple[str, str]:
    found = _of(row, comparison.metric)
    if found is None:
        return ("baseline" if row.baseline else "--"), ""
    value, low, high = _numbers((found.value, found.low, found.high), comparison.metric, "+")
    star = "^{*}" if found.significant else ""
    p = "$< 0.001$" if found.p_holm < 0.001 else f"{found.p_holm:.3f}"
    return rf"${value}{star}$ {{\scriptsize $[{low}, {high}]$}}", p


def _plural(count: int) -> str:
    return f"{count:,} item{'s' * (count != 1)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}",
}  # fmt: skip


def _tex(text: str) -> str:
    """Foreign text that LaTeX sets as it stands; a bracket after a line's end would be an argument of it."""
    return "".join(_TEX.get(character, character) for character in one_line(text))
