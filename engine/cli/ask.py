"""Verbs that ask: sql (the store), reindex (the journals), doctor (the machine)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace
from engine.errors import GraftlineError
from engine.plain import one_line


@click.command(
    epilog=examples(
        'graftline sql "SELECT name, state FROM runs"',
        "graftline sql \"SELECT * FROM evals WHERE metric = 'accuracy'\" --csv",
        "graftline sql - < query.sql",
    )
)
@click.argument("query", metavar="QUERY")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated lines with a heading.")
@click.option("--limit", default=10_000, show_default=True, type=click.IntRange(min=1), help="Most rows.")
@home_option
@json_option
def sql(query: str, as_csv: bool, limit: int, home: Path, as_json: bool) -> None:
    """Ask the store a read-only question in SQL.

    `-` reads the query from stdin. The tables are described in docs/schema.md.
    """
    from engine.cli import render

    with workspace(home) as client:
        result = client.sql(sys.stdin.read() if query == "-" else query, limit)
    columns = _distinct(result.columns)
    if as_json:
        emit([dict(zip(columns, row, strict=True)) for row in result.rows])
    elif as_csv:
        print_csv(columns, result.rows)
    else:
        numeric = [_is_numeric([row[i] for row in result.rows]) for i in range(len(columns))]
        table = render.table(*(f">{name}" if right else name for name, right in zip(columns, numeric, strict=True)))
        for row in result.rows:
            table.add_row(*(render.text("NULL", "dim") if cell is None else render.text(cell) for cell in row))
        render.show(table)
    if result.truncated:
        say(f"there are more rows: these are the first {limit:,} (see --limit)")


def _is_numeric(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, int | float) for cell in cells) and not any(isinstance(cell, str) for cell in cells)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names with a number put to those that come again, since a JSON object holds each but once."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, -1) + 1
        made.append(f"{name}_{seen[name]}" if seen[name] else name)
    return made


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV on stdout: the data itself into a file or pipe, with controls made visible on a terminal."""
    safe = sys.stdout.isatty()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in [columns, *rows]:
        writer.writerow([one_line(cell) if safe and isinstance(cell, str) else cell for cell in row])


@click.command(epilog=examples("graftline reindex"))
@home_option
@json_option
def reindex(home: Path, as_json: bool) -> None:
    """Rebuild the database from the run folders."""
    from engine.cli import render

    with workspace(home) as client:
        rows = client.reindex()
    if as_json:
        return emit(rows)
    table = render.table("TABLE", ">ROWS")
    for name, count in rows.items():
        table.add_row(render.text(name), f"{count:,}")
    return render.show(table)


@click.command(epilog=examples("graftline doctor", "graftline doctor --json"))
@home_option
@json_option
def doctor(home: Path, as_json: bool) -> None:
    """Check this machine and workspace.

    Exit code 1 when something is missing; each line says what to do about it.
    """
    from engine.cli import checks, render

    found = checks.all_checks(home)
    if as_json:
        emit(found)
    else:
        signs = {"ok": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}
        table = render.table("", "CHECK", "FOUND", "WHAT TO DO")
        for check in found:
            table.add_row(
                render.text(*signs[check.state]),
                render.text(check.name),
                render.text(check.found),
                render.text(check.fix),
            )
        render.show(table)
    bad = [check.name for check in found if check.state == "bad"]
    if bad:
        raise GraftlineError(f"needs attention: {', '.join(bad)}")


VERBS = (sql, reindex, doctor)
