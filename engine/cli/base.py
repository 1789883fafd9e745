"""What every verb shares: its options, its help with examples, its way to the workspace, and its JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import InputError, NotFoundError
from engine.paths import default_home
from engine.plain import one_line

if TYPE_CHECKING:
    from engine.launch.client import Client

F = TypeVar("F", bound=Callable[..., Any])

SECTIONS: dict[str, tuple[str, ...]] = {
    "Begin": ("demo", "doctor", "settings"),
    "1. Text": ("corpus",),
    "2. Pretrain once": ("plan", "pretrain"),
    "3. Freeze": ("freeze", "verify", "import", "export"),
    "4. Branch many times": ("branch",),
    "5. Evaluate and compare": ("evaluate", "compare", "generate"),
    "Look": ("lineage", "runs", "show", "watch", "logs", "metrics", "batch", "profile", "serve"),
    "Control": ("queue", "stop", "resume", "cancel", "rm", "note", "tag", "rename"),
    "Ask": ("sql", "reindex"),
}
"""Every verb under its heading, in the order of the method."""


class Sections(click.Group):
    """A group whose help lists the verbs in the order of the method, not of the alphabet."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(90)) for name in names])


def examples(*lines: str) -> str:
    """The end of a verb's help: lines that can be typed as they stand."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _home(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    chosen: Path = value or ctx.find_root().params.get("home") or default_home()
    if chosen.exists() and not chosen.is_dir():
        raise InputError("is a file, not a workspace folder", where=chosen, key="--home", fix="name a folder")
    return chosen.absolute()


def home_option(function: F) -> F:
    """`--home`, here or before the verb; else `$GRAFTLINE_HOME`, else `runs/`."""
    option = click.option(
        "--home",
        type=click.Path(path_type=Path),
        callback=_home,
        metavar="DIR",
        help="The workspace. [default: $GRAFTLINE_HOME, else runs/]",
    )
    return option(function)


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")


@contextmanager
def workspace(home: Path, *, new: bool = False) -> Iterator[Client]:
    """The workspace's client, its supervisor's notices said first. `new`: it need not exist yet.

    Raises `NotFoundError` when there is no such folder, so that a look at a misspelt one does not make it.
    """
    from engine.launch.client import Client

    there = home.is_dir()
    if not there and not new:
        raise NotFoundError("no workspace here", where=home, fix="graftline demo makes one; --home names another")
    with Client(home) as client:
        if there:
            for notice in client.notices():
                say(notice)
        yield client


def say(text: str) -> None:
    """A sentence for the person at the terminal, on stderr: stdout is for answers."""
    print(one_line(text), file=sys.stderr, flush=True)


_BEYOND_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def emit(value: Any) -> None:
    """One JSON document on stdout. Controls that JSON leaves as they are, are escaped, which changes no value."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    print(_BEYOND_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text))
