"""Verbs that make the things others grow from: freeze, verify, and the demo that does it all."""

from __future__ import annotations

import time
from pathlib import Path

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace


@click.command(epilog=examples("graftline demo", "graftline demo --headless --home /tmp/demo"))
@click.option("--headless", is_flag=True, help="No app: print what happens and end with the results.")
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="A new workspace. [default: runs/demo]")
@click.pass_context
def demo(ctx: click.Context, headless: bool, home: Path | None) -> None:
    """Run the whole method, in minutes, on text that every Python carries."""
    from engine.demo.run import main

    # `--home` before the verb counts too, but a default workspace does not: the demo finds itself a fresh one.
    root = ctx.find_root()
    given = root.get_parameter_source("home")
    if home is None and given is click.core.ParameterSource.COMMANDLINE:
        home = root.params["home"]
    main(home, headless=headless)


@click.command(
    epilog=examples("graftline freeze tiny --as tiny", "graftline freeze 20261123-141502-pretrain-tiny-k3f9@400 --as t")
)
@click.argument("run", metavar="RUN[@STEP]")
@click.option("--as", "name", required=True, metavar="NAME", help="The frozen model's name; the version is the next.")
@home_option
@json_option
def freeze(run: str, name: str, home: Path, as_json: bool) -> None:
    """Make a checkpoint a base: versioned, hashed, read-only."""
    from engine.cli.find import run_reference
    from engine.freeze.freeze import freeze as freeze_run
    from engine.paths import Workspace

    with workspace(home) as client:
        manifest = freeze_run(Workspace(home), run_reference(client, run), name, now=time.time(), say=say)
        client.sync()
    emit(manifest) if as_json else print(manifest.id)


@click.command(epilog=examples("graftline verify tiny@1"))
@click.argument("model", metavar="NAME@N")
@home_option
@json_option
def verify(model: str, home: Path, as_json: bool) -> None:
    """Check every byte of a frozen model against its hashes."""
    from engine.errors import FrozenError
    from engine.freeze.refs import find_model
    from engine.freeze.verify import verify as verify_model
    from engine.paths import Workspace

    problems = verify_model(Workspace(home), model)
    ref = find_model(Workspace(home), model)
    files = len(ref.manifest.files) if ref.manifest else 0
    if as_json:
        emit({"id": ref.id, "ok": not problems, "files": files, "problems": problems})
    if problems:
        more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise FrozenError(problems[0] + more, fix=f"restore it from a backup, or freeze {ref.run_id} again")
    if not as_json:
        print(f"{ref.id}: {files} files, every byte as it was frozen")


VERBS = (demo, freeze, verify)
