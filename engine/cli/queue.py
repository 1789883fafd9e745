"""`queue`: what runs and what waits, in the order in which it will start, and how to change that order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace

if TYPE_CHECKING:
    from rich.table import Table

    from engine.launch.client import Client
    from engine.store.rows import RunRow


@click.command(epilog=examples("graftline queue", "graftline queue --first areas-last", "graftline queue --json"))
@click.option("--first", "firsts", multiple=True, metavar="RUN", help="Put a waiting run first. Repeatable, in order.")
@home_option
@json_option
def queue(firsts: tuple[str, ...], home: Path, as_json: bool) -> None:
    """What runs, and what waits in which order."""
    with workspace(home) as client:
        if firsts:
            _put_first(client, firsts)
        running, waiting = look(client)
    if as_json:
        return emit({"running": running, "waiting": waiting})
    if not running and not waiting:
        return say("nothing runs and nothing waits")
    from engine.cli import render

    return render.show(_table(running, waiting))


def look(client: Client) -> tuple[list[RunRow], list[RunRow]]:
    """Runs that run, and runs that wait, the next first."""
    rows = {row.id: row for row in client.runs()}
    running = [row for row in rows.values() if row.state in ("running", "stopping")]
    return running, [rows[run_id] for run_id in client.waiting() if run_id in rows]


def _put_first(client: Client, refs: tuple[str, ...]) -> None:
    """Raises `InputError` when one of them does not wait; the others are then first all the same."""
    from engine.errors import InputError

    rows = {row.id: row for row in map(client.run, refs)}
    skipped = client.reorder(tuple(rows))
    if skipped:
        states = ", ".join(f"{rows[run_id].name} is {client.run(run_id).state}" for run_id in skipped)
        raise InputError(f"not waiting: {states}", key="--first", fix="only a queued run can be put first")


def _table(running: list[RunRow], waiting: list[RunRow]) -> Table:
    from engine import figures
    from engine.cli import render

    table = render.table(">", "RUN", "NAME", "KIND", "STATE", ">STEP", ">LEFT")
    for place, row in [*(("", row) for row in running), *((str(n), row) for n, row in enumerate(waiting, 1))]:
        steps = f"{row.step:,}/{row.steps:,}" if row.steps else figures.UNKNOWN
        left = render.duration(row.seconds_left) if row.seconds_left is not None else figures.UNKNOWN
        kind = render.text(row.method or row.kind)
        table.add_row(place, render.text(row.id), render.text(row.name), kind, render.state(row.state), steps, left)
    return table


VERBS = (queue,)
