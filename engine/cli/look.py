"""Verbs that look: lineage, runs, show, watch, logs, metrics. None of them changes anything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from engine.launch.client import Client
    from engine.store.rows import Point, RunRow

STATES = ("queued", "running", "stopping", "stopped", "finished", "failed", "cancelled")
KINDS = ("corpus", "import", "pretrain", "branch", "evaluate")


@click.command(epilog=examples("graftline lineage", "graftline lineage --json"))
@home_option
@json_option
def lineage(home: Path, as_json: bool) -> None:
    """The tree of models: state, loss, scores and cost."""
    from engine.cli import tree

    with workspace(home) as client:
        found = client.lineage()
    if as_json:
        emit(found)
    elif not found.roots:
        say("nothing here yet: graftline demo, or graftline corpus build CONFIG")
    else:
        tree.print_lineage(found)


@click.command(
    epilog=examples(
        "graftline runs", "graftline runs --state failed --limit 5", "graftline runs 'lr>=1e-3 kind:branch loss<2.1'",
        "graftline runs --filter '-tag:old (areas or helper)' --json",
    )
)  # fmt: skip
@click.argument("query", nargs=-1, metavar="[QUERY]")
@click.option("--filter", "filter_", metavar="QUERY", help="As QUERY; for one that begins with a minus.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these. Repeatable.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these. Repeatable.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@home_option
@json_option
def runs(
    query: tuple[str, ...],
    filter_: str | None,
    states: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int | None,
    home: Path,
    as_json: bool,
) -> None:
    """Every run, or those that a query means, the newest last. docs/search.md tells what a query may ask."""
    from engine.cli import render

    wanted = " ".join([*query, *([f"({filter_})"] if filter_ and query else [filter_ or ""])]).strip()
    with workspace(home) as client:
        rows = client.runs()
        if wanted:
            found = set(client.search(wanted))
            rows = [row for row in rows if row.id in found]
    rows = [row for row in rows if (not states or row.state in states) and (not kinds or row.kind in kinds)]
    rows = rows[-limit:] if limit else rows
    if as_json:
        return emit(rows)
    if not rows:
        return say("no such run" if states or kinds or wanted else "no run yet")
    # A run's id tells its kind and first name too, and where room is scarce it does.
    return render.show(render.fitted(lambda spared: _run_table(rows, spared), "KIND", "NAME", ">STEP"))


def _run_table(rows: list[RunRow], spared: frozenset[str]) -> Table:
    from engine import figures
    from engine.cli import render

    headings = [h for h in ("RUN", "NAME", "KIND", "STATE", ">STEP", ">HELD-OUT", ">TIME") if h not in spared]
    table = render.table(*headings)
    for row in rows:
        cells: dict[str, Text | str] = {
            "RUN": render.text(row.id),
            "NAME": render.text(row.name),
            "KIND": render.text(row.method or row.kind),
            "STATE": render.state(row.state),
            ">STEP": f"{row.step:,}" if row.step else figures.UNKNOWN,
            ">HELD-OUT": render.number(row.heldout_loss),
            ">TIME": render.duration(row.cost.seconds) if row.started else figures.UNKNOWN,
        }
        table.add_row(*(cells[heading] for heading in headings))
    return table


@click.command(epilog=examples("graftline show tiny@1", "graftline show areas", "graftline show python-docs --json"))
@click.argument("thing", metavar="RUN|MODEL|CORPUS")
@home_option
@json_option
def show(thing: str, home: Path, as_json: bool) -> None:
    """All about one run, model or corpus."""
    from engine.cli import cards
    from engine.cli.find import find_anything

    with workspace(home) as client:
        card = cards.card(client, find_anything(client, thing))
    emit(card) if as_json else cards.print_card(card)


@click.command(epilog=examples("graftline watch tiny"))
@click.argument("run", metavar="RUN")
@home_option
@json_option
def watch(run: str, home: Path, as_json: bool) -> None:
    """Follow a run with a live bar until it ends, and exit as it did."""
    from engine.cli.launch import watch_to_the_end

    with workspace(home) as client:
        watch_to_the_end(client, client.run(run).id, as_json=as_json)


@click.command(epilog=examples("graftline logs tiny", "graftline logs tiny -n 200", "graftline logs tiny -f"))
@click.argument("run", metavar="RUN")
@click.option("-n", "--lines", default=50, show_default=True, type=click.IntRange(min=0), help="How many of the last.")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on printing until the run ends.")
@home_option
@json_option
def logs(run: str, lines: int, following: bool, home: Path, as_json: bool) -> None:
    """What a run's engine printed."""
    if following and as_json:
        raise click.UsageError("--follow and --json do not go together: JSON is one document")
    with workspace(home) as client:
        row = client.run(run)
        path = client.workspace.run(row.id).log
        last, end = _last_lines(path, lines)
        if as_json:
            return emit({"run_id": row.id, "lines": last})
        for line in last:
            _print_line(line)
        if following:
            return _follow_log(client, row.id, path, end)
        return None


@click.command(
    epilog=examples(
        "graftline metrics tiny",
        "graftline metrics tiny --name heldout_loss",
        "graftline metrics tiny --name train_loss --name lr --csv > curve.csv",
    )
)
@click.argument("run", metavar="RUN")
@click.option("--name", "names", multiple=True, help="A curve, such as heldout_loss. Repeatable. [default: a summary]")
@click.option("--csv", "as_csv", is_flag=True, help="name,step,tokens,seconds,value lines on stdout.")
@home_option
@json_option
def metrics(run: str, names: tuple[str, ...], as_csv: bool, home: Path, as_json: bool) -> None:
    """A run's curves: a summary of all, or every point of some."""
    with workspace(home) as client:
        row = client.run(run)
        curves = client.metrics(row.id, names)
        missing = [name for name in names if not curves.get(name)]
        if missing:
            from engine.errors import NotFoundError

            known = ", ".join(client.metrics(row.id)) or "none yet"
            raise NotFoundError(f"{row.id} has no metric {missing[0]!r}", fix=f"it has: {known}")
    curves = {name: curves[name] for name in names or sorted(curves)}
    if as_json:
        emit(curves)
    elif as_csv:
        from engine.cli.ask import print_csv

        flat = [(name, p.step, p.tokens, p.seconds, p.value) for name, points in curves.items() for p in points]
        print_csv(("name", "step", "tokens", "seconds", "value"), flat)
    elif names:
        _print_points(curves)
    else:
        _print_summary(curves)


def _print_points(curves: dict[str, list[Point]]) -> None:
    from engine import figures
    from engine.cli import render

    by_step: dict[int, dict[str, Point]] = {}
    for name, points in curves.items():
        for point in points:
            by_step.setdefault(point.step, {})[name] = point
    table = render.table(">STEP", ">TOKENS", ">TIME", *(f">{name}" for name in curves))
    for step, row in sorted(by_step.items()):
        any_point = next(iter(row.values()))
        values = [render.number(row[name].value, 6) if name in row else "" for name in curves]
        table.add_row(f"{step:,}", figures.count(any_point.tokens), render.duration(any_point.seconds), *values)
    render.show(table)


def _print_summary(curves: dict[str, list[Point]]) -> None:
    from engine.cli import render

    if not curves:
        return say("no metric yet")
    table = render.table("METRIC", ">POINTS", ">FIRST", ">LAST", ">LEAST", ">MOST", "CURVE")
    for name, points in curves.items():
        values = [point.value for point in points if point.value is not None]
        if not values:
            continue
        cells = [render.number(value) for value in (values[0], values[-1], min(values), max(values))]
        table.add_row(render.text(name), f"{len(points):,}", *cells, render.text(render.spark(values, 30), "cyan"))
    return render.show(table)


def _last_lines(path: Path, lines: int) -> tuple[list[str], int]:
    """The last lines of a log, and where in the file they end. A missing log is empty."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            data, start = b"", end
            while start > 0 and data.count(b"\n") <= lines:
                step = min(1 << 16, start)
                start -= step
                file.seek(start)
                data = file.read(step) + data
    except FileNotFoundError:
        return [], 0
    found = data.decode("utf-8", "replace").split("\n")
    if found and not found[-1]:
        found.pop()
    return found[max(0, len(found) - lines) :], end


def _print_line(line: str) -> None:
    from engine.plain import one_line

    # A bar redraws its line with CR: what it drew last is what it says.
    print(one_line(line.rstrip("\r").rpartition("\r")[2]), flush=True)


def _follow_log(client: Client, run_id: str, path: Path, at: int) -> None:
    """Print what is added until the run is over. A line is printed when it is whole."""
    from engine.cli.follow import OVER

    kept = b""
    while True:
        over = client.run(run_id).state in OVER
        if path.exists():
            with path.open("rb") as file:
                file.seek(at)
                data = file.read()
            at += len(data)
            *whole, kept = (kept + data).split(b"\n")
            for line in whole:
                _print_line(line.decode("utf-8", "replace"))
        if over:
            if kept:
                _print_line(kept.decode("utf-8", "replace"))
            return
        time.sleep(0.3)


VERBS = (lineage, runs, show, watch, logs, metrics)
