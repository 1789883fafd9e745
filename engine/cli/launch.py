"""Verbs that queue a run: pretrain, branch, evaluate. They print its id and return, or wait for its end."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.base import F, emit, examples, home_option, json_option, say, workspace

if TYPE_CHECKING:
    from engine.config.schema import RunConfig, SuiteConfig
    from engine.launch.client import Client
    from engine.paths import Workspace

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key, such as train.lr=1e-3. Repeatable."
)
devices_option = click.option(
    "--devices", type=click.IntRange(min=1), metavar="N", help="GPUs that share each step; on the CPU, processes."
)
wait_option = click.option("--wait", is_flag=True, help="Show progress and return when the run is over.")
sweep_option = click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="KEY=V1,V2",
    help="A run for each value. Repeatable: all pairs.",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask: queue a sweep however large it is.")
force_option = click.option("--force", is_flag=True, help="Queue it even if it seems not to fit the memory.")
config_argument = click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG")


def on_devices(overrides: tuple[str, ...], devices: int | None) -> tuple[str, ...]:
    return overrides if devices is None else (*overrides, f"train.devices={devices}")


def recipe_options(function: F) -> F:
    """What pretrain and branch share: one run of a file, or several that differ in a few values."""
    for option in (
        json_option,
        home_option,
        wait_option,
        force_option,
        yes_option,
        sweep_option,
        devices_option,
        set_option,
    ):
        function = option(function)
    return function


@click.command(
    epilog=examples(
        "graftline pretrain configs/pretrain/cpu-minutes.toml",
        "graftline pretrain configs/pretrain/cpu-minutes.toml --set model.layers=6 --wait",
        "graftline pretrain configs/pretrain/gpt2-small.toml --devices 8",
        "graftline pretrain configs/pretrain/cpu-minutes.toml --sweep train.lr=1e-3,3e-3 --sweep seed=0,1",
    )
)
@config_argument
@recipe_options
def pretrain(config: Path, overrides: tuple[str, ...], devices: int | None, **how: Any) -> None:
    """Queue pretraining of a base model on a built corpus."""
    from engine.config.load import load
    from engine.config.schema import PretrainConfig

    submit_recipe(load(config, PretrainConfig, on_devices(overrides, devices)), config, **how)


@click.command(
    epilog=examples(
        "graftline branch configs/branch/classify.toml --base tiny@1",
        "graftline branch configs/branch/classify.toml --base tiny@1 --scratch --set name=control",
        "graftline branch configs/branch/classify.toml --base tiny@1 --sweep what=full,last-block",
    )
)
@config_argument
@click.option("--base", metavar="NAME@N", help="The frozen model to grow from; a run's id freezes it first.")
@click.option("--scratch", is_flag=True, help="A control: the same recipe from random weights.")
@recipe_options
def branch(
    config: Path, base: str | None, scratch: bool, overrides: tuple[str, ...], devices: int | None, **how: Any
) -> None:
    """Queue a branch: adapt a frozen base to a task."""
    from msgspec.structs import replace

    from engine.config.load import load
    from engine.config.schema import BranchConfig

    resolved = load(config, BranchConfig, on_devices(overrides, devices))
    if base:
        resolved = replace(resolved, base=base)
    if scratch:
        resolved = replace(resolved, scratch=True)
    submit_recipe(resolved, config, **how)


@click.command(
    epilog=examples(
        "graftline evaluate areas areas-scratch --suite configs/suites/areas.toml --wait",
        "graftline evaluate tiny@1 --suite areas",
    )
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--suite", "suites", multiple=True, required=True, metavar="SUITE", help="A suite's file, or its name. Repeatable."
)
@click.option("--name", default="evaluate", show_default=True, help="What to call the run.")
@set_option
@wait_option
@home_option
@json_option
def evaluate(
    models: tuple[str, ...],
    suites: tuple[str, ...],
    name: str,
    overrides: tuple[str, ...],
    wait: bool,
    home: Path,
    as_json: bool,
) -> None:
    """Queue an evaluation of models on test suites."""
    import msgspec

    from engine.config.load import convert, override
    from engine.config.schema import EvaluateConfig
    from engine.freeze.refs import find_model
    from engine.paths import Workspace

    for model in models:
        find_model(Workspace(home), model)  # typed here, so not found is exit code 3
    found = [find_suite(Workspace(home), suite) for suite in suites]
    raw: dict[str, Any] = {"name": name, "models": list(models), "suites": msgspec.to_builtins(found)}
    for item in overrides:
        override(raw, item)
    submit(home, convert(raw, EvaluateConfig, where="evaluate"), None, wait=wait, as_json=as_json)


def find_suite(workspace: Workspace, ref: str) -> SuiteConfig:
    """A suite by its file, or by the name under which the workspace keeps it. Raises `NotFoundError`."""
    from engine.config.load import load
    from engine.config.schema import SuiteConfig
    from engine.errors import NotFoundError

    path = Path(ref)
    if path.suffix == ".toml" or path.exists():
        return load(path, SuiteConfig)
    known = {file.stem: file for file in sorted(workspace.suites.glob("*.toml"))}
    if ref in known:
        return load(known[ref], SuiteConfig)
    fix = f"known: {', '.join(known)}" if known else "name a suite's .toml file, such as one in configs/suites/"
    raise NotFoundError(f"no suite {ref!r} here", fix=fix)


def submit(home: Path, config: RunConfig, where: object, *, wait: bool, as_json: bool, force: bool = False) -> None:
    """Queue a run; print its id, or with `wait` see it through and print how it ended."""
    with workspace(home, new=True) as client:
        made = client.submit(config, command=shlex.join(["graftline", *sys.argv[1:]]), where=where, force=force)
        for line in made.said:
            say(line)
        if not wait:
            emit(made) if as_json else print(made.run_id)
            return
        if not as_json:
            print(made.run_id, flush=True)
        watch_to_the_end(client, made.run_id, as_json=as_json)


def submit_recipe(
    config: RunConfig, where: object, *, sweeps: tuple[str, ...], yes: bool, force: bool, wait: bool, home: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Queue one run, or a sweep."""
    if sweeps and force:
        raise click.UsageError("--sweep and --force do not go together: force one run at a time")
    if sweeps:
        submit_sweep(home, config, sweeps, where, sure=yes, wait=wait, as_json=as_json)
    else:
        submit(home, config, where, wait=wait, as_json=as_json, force=force)


def submit_sweep(
    home: Path, config: RunConfig, sweeps: tuple[str, ...], where: object, *, sure: bool, wait: bool, as_json: bool
) -> None:
    """Queue a run for every combination of values, and print their ids."""
    from engine.config.sweep import expand, parse, tag
    from engine.launch.sweep import submit_all

    if wait:
        raise click.UsageError("--sweep and --wait do not go together: see `graftline queue`")
    configs = expand(config, parse(sweeps))
    with workspace(home, new=True) as client:
        command = shlex.join(["graftline", *sys.argv[1:]])
        made = submit_all(client, configs, tag(config), command, where, sure=sure)
    for line in made.said:
        say(line)
    if as_json:
        emit({"run_ids": made.run_ids, "tag": made.tag})
    else:
        print(*made.run_ids, sep="\n")
        say(f"{len(made.run_ids)} runs are queued, tagged {made.tag}")


def watch_to_the_end(client: Client, run_id: str, *, as_json: bool) -> None:
    """Follow a run, then print its ending. Raises when it did not finish."""
    from engine.cli.cards import ending
    from engine.cli.follow import ended, follow

    row, picture = follow(client, run_id, loud=not as_json)
    if as_json:
        emit(row)
    ended(row, picture)
    if not as_json:
        say(ending(row))


VERBS = (pretrain, branch, evaluate)
