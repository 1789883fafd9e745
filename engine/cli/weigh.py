"""`compare`: models side by side on one suite, with intervals, paired tests, and the verdict in words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace
from engine.errors import InputError, NotFoundError
from engine.paths import Workspace
from engine.plain import many_lines

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from engine.compare.table import Comparison, Difference
    from engine.launch.client import Client
    from engine.store.rows import EvalRow


@click.command(
    epilog=examples(
        "graftline compare areas areas-scratch --suite areas",
        "graftline compare --suite areas --baseline areas-scratch --json",
        "graftline compare tiny@1 reference --suite email-text",
        "graftline compare --suite areas --format latex > areas.tex",
    )
)
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--suite", metavar="SUITE", help="By name, or its file. [default: the one that all share]")
@click.option("--baseline", metavar="MODEL", help="[default: the scratch control if there is just one, else the first]")
@click.option("--items", default=0, show_default=True, type=click.IntRange(min=0), help="Show so many disagreements.")
@click.option(
    "--format", "form", type=click.Choice(["text", "md", "latex", "csv"]), default="text", show_default=True,
    help="text; a Markdown or LaTeX (booktabs) table; or CSV, a line per model and metric.",
)  # fmt: skip
@home_option
@json_option
def compare(
    models: tuple[str, ...], suite: str | None, baseline: str | None, items: int, form: str, home: Path, as_json: bool
) -> None:
    """Put models side by side, with intervals and tests.

    Without a MODEL, all that were evaluated on the suite. Differences are paired (same items for both models), their
    intervals bootstrapped, their p-values corrected for the number of models (Holm). Items that stood in what a model
    learned from are flagged, and scores given without them.
    """
    with workspace(home) as client:
        comparison = compare_here(client, Workspace(home), models, suite, baseline)
        configs = _configs(client, comparison) if form == "text" and not as_json else {}
        costs = _costs(client) if form != "text" else {}
    if as_json:
        emit(comparison)
    elif form == "text":
        _print(comparison, configs, items)
    else:
        _export(comparison, form, costs)


def _costs(client: Client) -> dict[str, float]:
    """Seconds that making each model took, by model id."""
    seconds = {run.id: run.cost.seconds for run in client.runs() if run.cost.seconds}
    made = {model.id: model.run_id or "" for model in client.models()} | {run: run for run in seconds}
    return {model: seconds[run] for model, run in made.items() if run in seconds}


def _export(comparison: Comparison, form: str, costs: dict[str, float]) -> None:
    """The document on stdout: as it is into a file, with controls made visible on a terminal."""
    from engine.compare.export import export

    text = export(comparison, form, costs)
    sys.stdout.write(many_lines(text) if sys.stdout.isatty() else text)


def compare_here(
    client: Client, home: Workspace, models: tuple[str, ...], suite: str | None, baseline: str | None
) -> Comparison:
    """Resolve what was typed, and compare. Raises `NotFoundError` for what is not here or was not evaluated."""
    from engine.cli.find import evaluated_model
    from engine.compare.contaminated import seen_by
    from engine.compare.table import compare as compare_rows
    from engine.compare.table import default_baseline

    evals, known = client.evals(), client.models()
    asked = [*models, *([baseline] if baseline and models and baseline not in models else [])]
    ids = list(dict.fromkeys(evaluated_model(known, evals, model) for model in asked))
    suite = _suite(suite, ids, evals)
    rows = {row.model_id: row for row in evals if row.suite == suite}
    ids = ids or list(rows)
    for model in ids:
        if model not in rows:
            raise NotFoundError(f"{model} was not evaluated on {suite}", fix=f"graftline evaluate {model} --suite ...")
    by_id = {model.id: model for model in known} | {m.run_id: m for m in known if m.run_id and m.version is None}
    base = evaluated_model(known, evals, baseline) if baseline else ""
    if not base:
        listed = [by_id[model] for model in ids if model in by_id]
        controls = default_baseline(listed) if listed else ids[0]
        base = controls if controls in ids else ids[0]
    return compare_rows(
        [rows[model] for model in ids],
        client.predictions(ids, suite),
        suite=suite,
        baseline=base,
        names=_names(ids, {model: row.name for model, row in by_id.items() if row.version is None}),
        seen=seen_by(home, ids),
    )


def _names(ids: list[str], names: dict[str, str]) -> dict[str, str]:
    """A run's name where it is the only one of that name here; else ids say who is who."""
    chosen = [names.get(model, model) for model in ids]
    return {model: name for model, name in zip(ids, chosen, strict=True) if chosen.count(name) == 1}


def _suite(suite: str | None, ids: list[str], evals: list[EvalRow]) -> str:
    """The suite's name: as given, from its file, or the only one on which all these models were evaluated."""
    there = list(dict.fromkeys(row.suite for row in evals))
    if suite is not None:
        if suite not in there and suite.endswith(".toml"):
            from engine.config.load import load
            from engine.config.schema import SuiteConfig

            suite = load(Path(suite), SuiteConfig).name
        if suite not in there:
            known = f"evaluated here: {', '.join(there)}" if there else "graftline evaluate MODEL --suite SUITE"
            raise NotFoundError(f"nothing was evaluated on suite {suite!r}", fix=known)
        return suite
    done = {(row.model_id, row.suite) for row in evals}
    shared = [name for name in there if all((model, name) in done for model in ids)]
    if len(shared) == 1:
        return shared[0]
    if not shared:
        raise NotFoundError("these models share no suite", fix="graftline evaluate MODEL... --suite SUITE")
    raise InputError("which suite?", key="--suite", fix=f"one of {', '.join(shared)}")


def _configs(client: Client, comparison: Comparison) -> dict[str, dict[str, object]]:
    """The configurations of the runs that made these models, by model; none when they are not of one kind."""
    from engine.cli.cards import config_of

    runs = {model.id: model.run_id for model in client.models()}
    made_by = {row.name: runs.get(row.model) for row in comparison.rows}
    configs = {name: config_of(client, run_id) for name, run_id in made_by.items() if run_id}
    return configs if len({config.get("kind") for config in configs.values()}) == 1 else {}


def _print(comparison: Comparison, configs: dict[str, dict[str, object]], items: int) -> None:
    from engine import figures
    from engine.cli import render
    from engine.compare.config_diff import differences

    render.show(_score_table(comparison), "", *_sentences(comparison))
    if comparison.flags:
        print()
        render.show(*_learned(comparison, items))
    if len(configs) > 1 and (changed := differences(configs)):
        table = render.table("WHERE THE RECIPES DIFFER", *configs)
        for change in changed:
            values = [render.text(change.values.get(name, figures.UNKNOWN)) for name in configs]
            table.add_row(render.text(change.key), *values)
        print()
        render.show(table)
    if items:
        _print_items(comparison, items)
    for note in comparison.notes:
        say(note)


def _score_table(comparison: Comparison) -> Table:
    from engine.cli import render
    from engine.compare.table import SHOWN

    metrics = [m for m in SHOWN[comparison.task] if any(row.score(m) for row in comparison.rows)]
    return render.fitted(lambda spared: _scores(comparison, [m for m in metrics if m not in spared]), *metrics[:0:-1])


def _scores(comparison: Comparison, metrics: list[str]) -> Table:
    from engine import figures
    from engine.cli import render

    shown = {"language-model": "bits per byte, not a task score"}.get(comparison.task, comparison.task)
    title = f"{comparison.suite}: {shown}, {comparison.items:,} items"
    table = render.table("MODEL", *(f">{m} [95 %]" for m in metrics), ">DIFFERENCE [95 %]", ">P", title=title)
    for row in comparison.rows:
        scores = [render.score(found) if (found := row.score(m)) else figures.UNKNOWN for m in metrics]
        name = render.text(row.name, "bold" if row.baseline else "")
        table.add_row(name, *scores, *_difference(row.differences, comparison.metric, row.baseline))
    return table


def _difference(differences: Sequence[Difference], primary: str, baseline: bool) -> tuple[str, str]:
    found = next((d for d in differences if d.metric == primary), None)
    if found is None:
        return ("baseline" if baseline else "–"), ""
    scale, digits = (1, 3) if primary == "bits_per_byte" else (100, 1)
    value, low, high = (f"{scale * x:+.{digits}f}" for x in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]", "<0.001" if found.p_holm < 0.001 else f"{found.p_holm:.3f}"


def _sentences(comparison: Comparison) -> list[Text]:
    from engine.cli import render

    lines: list[Text] = []
    for row in comparison.rows:
        if row.baseline:
            continue
        good = any(d.significant for d in row.differences[:1])
        style = ("green" if row.differences[0].better else "red") if good else ""
        lines.append(render.text(f"{row.name} is {row.verdict}.", style))
    if comparison.majority_accuracy is not None:
        always = f"Always answering {comparison.majority_class!r} would score {100 * comparison.majority_accuracy:.1f}."
        lines.append(render.text(always, "dim"))
    return lines


def _learned(comparison: Comparison, items: int) -> list[Table | Text]:
    """The scores without the items that stood in training text, and some of these."""
    from engine import figures
    from engine.cli import render

    metric, total = comparison.metric, len(comparison.flags)
    title = f"{total:,} of {comparison.items:,} items stood in what a model learned from; without them:"
    table = render.table("MODEL", ">LEARNED", f">{metric} [95 %]", ">WITHOUT [95 %]", ">DIFFERENCE", ">P", title=title)
    for row in comparison.rows:
        had, clean = row.score(metric), row.clean
        left = clean.score(metric) if clean else None
        scores = [render.score(found) if found else figures.UNKNOWN for found in (had, left)]
        difference = _difference(clean.differences if clean else (), metric, row.baseline)
        table.add_row(render.text(row.name), f"{row.learned:,}", *scores, *difference)
    if not items:
        return [table, render.text("--items N shows some of them; --json gives all, each with its passage.", "dim")]
    shown = render.table("ITEM", "LEARNED BY", "WHERE", "PASSAGE")
    names = {row.model: row.name for row in comparison.rows}
    for flag in comparison.flags[:items]:
        learners = ", ".join(names.get(model, model) for model in flag.models)
        cells = (flag.example_id, learners, flag.why, flag.passage[:120])
        shown.add_row(*map(render.text, cells))
    return [table, render.text(""), shown]


def _print_items(comparison: Comparison, items: int) -> None:
    from engine.cli import render

    names = {row.model: row.name for row in comparison.rows}
    total = comparison.disagreements_total
    table = render.table("ITEM", "INPUT", "TARGET", *names.values(), title=f"{total:,} items tell the models apart")
    for item in comparison.disagreements[:items]:
        outputs = [
            render.text(item.outputs[model][:60] or f"{item.scores[model]:.3g}", "green" if item.correct[model] else "")
            for model in names
        ]
        table.add_row(render.text(item.example_id), render.text(item.input[:80]), render.text(item.target), *outputs)
    print()
    render.show(table)


VERBS = (compare,)
