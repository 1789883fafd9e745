"""Verbs that steer runs and label things: stop, resume, cancel, rm, note, tag, rename."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import examples, home_option, say, workspace
from engine.cli.launch import wait_option, watch_to_the_end

if TYPE_CHECKING:
    from engine.launch.client import Client

run_argument = click.argument("run", metavar="RUN")


@click.command(epilog=examples("graftline stop tiny"))
@run_argument
@home_option
def stop(run: str, home: Path) -> None:
    """Have a run checkpoint and end; it can be resumed."""
    with workspace(home) as client:
        row = client.run(run)
        client.stop(row.id)
        say(f"{row.id}: asked to checkpoint and stop")


@click.command(epilog=examples("graftline resume tiny", "graftline resume tiny --wait"))
@run_argument
@wait_option
@home_option
def resume(run: str, wait: bool, home: Path) -> None:
    """Go on with a stopped or failed run from its last checkpoint."""
    with workspace(home) as client:
        row = client.run(run)
        client.resume(row.id)
        print(row.id, flush=True)
        if wait:
            watch_to_the_end(client, row.id, as_json=False)


@click.command(epilog=examples("graftline cancel areas-last"))
@run_argument
@home_option
def cancel(run: str, home: Path) -> None:
    """Take a run out of the queue before it starts."""
    with workspace(home) as client:
        row = client.run(run)
        client.cancel(row.id)
        say(f"{row.id}: cancelled")


@click.command(epilog=examples("graftline rm 20261123-144210-branch-areas-head-f7c3"))
@run_argument
@home_option
def rm(run: str, home: Path) -> None:
    """Delete a run's folder; refused while others descend from it."""
    with workspace(home) as client:
        row = client.run(run)
        client.remove(row.id)
        say(f"{row.id}: deleted")


target_argument = click.argument("target", metavar="RUN|MODEL")


@click.command(epilog=examples("graftline note tiny@1 'first base whose loss flattened'", "graftline note tiny@1 ''"))
@target_argument
@click.argument("text")
@home_option
def note(target: str, text: str, home: Path) -> None:
    """Write a note on a run or model; empty text takes it away."""
    with workspace(home) as client:
        client.note(_target(client, target), text)


@click.command(epilog=examples("graftline tag areas keep", "graftline tag areas keep --remove"))
@target_argument
@click.argument("tag")
@click.option("--remove", is_flag=True, help="Take the tag away.")
@home_option
def tag(target: str, tag: str, remove: bool, home: Path) -> None:
    """Put a tag on a run or model, or take it off."""
    with workspace(home) as client:
        client.tag(_target(client, target), tag, removed=remove)


@click.command(epilog=examples("graftline rename 20261123-142301-branch-areas-m2x7 areas-v2"))
@run_argument
@click.argument("name")
@home_option
def rename(run: str, name: str, home: Path) -> None:
    """Give a run another name; its id stays."""
    with workspace(home) as client:
        client.rename(client.run(run).id, name)


def _target(client: Client, ref: str) -> str:
    """The id of the run or model that `ref` names."""
    from engine.cli.find import find_anything

    return find_anything(client, ref).id


VERBS = (stop, resume, cancel, rm, note, tag, rename)
