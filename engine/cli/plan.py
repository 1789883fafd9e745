"""`plan`: what a run will take before it is launched, its time from its own first steps, done here and thrown away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace
from engine.cli.launch import config_argument, set_option
from engine.config.hardware import KNOWN
from engine.errors import InputError, MachineError

if TYPE_CHECKING:
    from engine.config.estimate import Estimate
    from engine.config.schema import BranchConfig, PretrainConfig
    from engine.launch.client import Client


@click.command(
    epilog=examples(
        "graftline plan configs/pretrain/cpu-minutes.toml",
        "graftline plan configs/pretrain/cpu-minutes.toml --set model.layers=8 --quick",
        "graftline plan configs/pretrain/gpt2-small.toml --on h100",
        "graftline plan configs/branch/classify.toml --base tiny@1",
    )
)
@config_argument
@click.option("--base", metavar="NAME@N", help="branch: the model to grow from.")
@set_option
@click.option("--on", metavar="MACHINE", help=f"Work it out for one of these GPUs instead: {', '.join(KNOWN)}.")
@click.option("--quick", is_flag=True, help="Do not rehearse: tell the time from runs that were measured here, if any.")
@click.option("--again", is_flag=True, help="Rehearse even if a rehearsal of such a run is remembered.")
@home_option
@json_option
def plan(
    config: Path, base: str | None, overrides: tuple[str, ...], on: str | None, quick: bool, again: bool, home: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Say what a run will take: parameters, tokens, arithmetic, memory, time, money.

    The time is that of the run's own first steps, which are done for some ten seconds, thrown away and remembered.
    Nothing is queued. While a run occupies the device, its time is told from runs that were measured before. Exit
    code 2 when the memory is not enough; the last line then says what would help.
    """
    from engine.launch.memory import check

    with workspace(home) as client:
        wanted = read(config, base, overrides)
        found = estimate_of(client, wanted, on)
        if not (quick or on) and (again or found.rehearsed is None) and found.plan.epochs:
            _rehearse(client, wanted)
            found = estimate_of(client, wanted, on)
    emit(as_data(found)) if as_json else _print(found)
    if found.rehearsed is None:
        check(found.plan, found.train.share, found.room_bytes, where=config)


def read(path: Path, base: str | None, overrides: tuple[str, ...]) -> PretrainConfig | BranchConfig:
    """The configuration of a run that trains, whichever kind the file names. Raises `InputError`."""
    from msgspec.structs import replace

    from engine.config.load import load, read_toml
    from engine.config.schema import BranchConfig, PretrainConfig

    kind = read_toml(path).get("kind", "pretrain")
    if kind not in ("pretrain", "branch"):
        raise InputError(f"{kind!r} trains nothing", where=path, key="kind", fix="name a pretrain or branch recipe")
    if kind == "pretrain":
        return load(path, PretrainConfig, overrides)
    config = load(path, BranchConfig, overrides)
    return replace(config, base=base) if base else config


def _rehearse(client: Client, config: PretrainConfig | BranchConfig) -> None:
    from engine.launch.rehearse import rehearse

    say("rehearsing: the first steps, which are thrown away")
    try:
        rehearse(client.workspace, config, client.runs())
    except MachineError as error:  # a run is in the way, or it takes too long: the plan tells what it can
        say(str(error))


def estimate_of(client: Client, config: PretrainConfig | BranchConfig, on: str | None) -> Estimate:
    from engine.config.hardware import find_hardware
    from engine.launch.estimate import elsewhere, estimate

    if on:
        return elsewhere(client.workspace, config, find_hardware(on))
    found = estimate(client.workspace, config, client.runs())
    assert found is not None, "both kinds have one"
    return found


def as_data(found: Estimate) -> dict[str, Any]:
    """The plan and what follows from it, as `--json` tells it. Seconds, bytes, operations."""
    import msgspec

    plan = found.plan
    return {
        **msgspec.to_builtins(plan),
        "peak_bytes": plan.peak_bytes,
        "weight_bytes": plan.weight_bytes,
        "gradient_bytes": plan.gradient_bytes,
        "tokens_per_parameter": plan.tokens_per_parameter,
        "seconds": found.seconds,
        "money": found.money,
        "rehearsed": found.rehearsed,
        "measured": found.measured,
        "base": found.base,
        "share_of_base": found.share_of_base,
    }


def _print(found: Estimate) -> None:
    from engine.cli import render
    from engine.config.plan_words import facts

    render.show(render.facts([(label, render.text(value)) for label, value in facts(found)]))


VERBS = (plan,)
