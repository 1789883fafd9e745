"""The help teaches: every verb stands in the order of the method, with examples that can be typed as they stand."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from engine import __version__
from engine.cli import cli
from engine.cli.base import SECTIONS
from tests.cli.conftest import ask

ROOT = Path(__file__).parents[2]


def verbs(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


VERBS = dict(verbs())


def test_every_verb_of_the_contract_is_there_and_in_one_section() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(cli.commands)
    assert {"build", "list", "show"} <= {path[1] for path in VERBS if path[0] == "corpus"}


def test_the_help_lists_the_verbs_in_the_order_of_the_method() -> None:
    text = ask("--help").out
    places = [text.index(f"\n  {verb} ") for verb in ("corpus", "pretrain", "freeze", "branch", "evaluate", "lineage")]
    assert places == sorted(places)


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_each_verb_has_help_and_examples_that_parse(path: tuple[str, ...]) -> None:
    command = VERBS[path]
    shown = ask(*path, "--help")
    assert shown.code == 0 and command.help and "Examples:" in shown.out
    lines = [line for line in shown.out.partition("Examples:")[2].splitlines() if line.strip()]
    assert lines
    for line in lines:
        words = shlex.split(line.split(" < ")[0].split(" > ")[0])
        assert words[: len(path) + 1] == ["graftline", *path]
        assert all((ROOT / word).is_file() for word in words if word.startswith("configs/"))
        command.make_context(path[-1], words[len(path) + 1 :], parent=click.Context(cli))  # raises when it is wrong


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_each_verb_takes_home_and_the_reporting_ones_json(path: tuple[str, ...]) -> None:
    options = {option for parameter in VERBS[path].params for option in parameter.opts}
    assert "--home" in options
    silent = {"demo", "serve", "stop", "profile", "resume", "cancel", "rm", "note", "tag", "rename"}
    assert ("--json" in options) == (path[0] not in silent)


def test_the_version() -> None:
    assert ask("--version").out == f"graftline {__version__}\n"


def test_a_wrong_command_line_is_one_line_and_exit_code_2() -> None:
    wrong = {
        "frobnicate": "No such command 'frobnicate'",
        "runs --frob": "No such option",
        "runs --limit x": "'x' is not a valid integer",
        "freeze tiny": "Missing option '--as'",
        "show": "Missing argument",
        "logs x -f --json": "do not go together",
    }
    for line, complaint in wrong.items():
        answer = ask(*line.split())
        assert answer.code == 2 and complaint in answer.one_line(), line
    assert ask("corpus").code == 2


def test_without_a_terminal_the_app_is_not_opened() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli"], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2 and "needs a terminal" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from engine.cli import _run; _run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert "click" in loaded
    assert not loaded & {"torch", "numpy", "duckdb", "rich", "textual", "msgspec", "tiktoken"}
