"""Verbs about the app itself: settings, and serve, which opens it in a browser."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import click

from engine.cli.base import emit, examples, home_option, json_option
from engine.errors import InputError


@click.command(
    epilog=examples(
        "graftline settings", "graftline settings > ~/.config/graftline/settings.toml", "graftline settings --path"
    )
)
@click.option("--path", "only_path", is_flag=True, help="Only where the files are, the user's and the workspace's.")
@home_option
@json_option
def settings(only_path: bool, home: Path, as_json: bool) -> None:
    """Print the settings in force, each with what it means.

    What is printed is a settings file itself. Exit code 2 when a file has a mistake in it.
    """
    from engine.config.settings import describe, find_settings, settings_files

    if only_path:
        paths = [str(path) for path in settings_files(home)]
        return emit(paths) if as_json else print(*paths, sep="\n")
    found = find_settings(home)
    if found.problems:
        raise found.problems[0]
    if as_json:
        return emit(found.settings)
    return print(describe(found.settings), end="")


@click.command(
    epilog=examples(
        "graftline serve",
        "graftline serve --port 9000 --password-file ~/.graftline-password",
        "graftline serve --public-url https://lab.example.org",
    )
)
@click.option("--host", default="localhost", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(min=1, max=65535))
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="A file whose first line is the password, readable by you only. Without, one is made and printed.",
)
@click.option("--public-url", metavar="URL", help="Where browsers find it, when a TLS proxy stands before it.")
@click.option("--allow-remote", is_flag=True, help="Listen where others can connect, though nothing is encrypted.")
@home_option
def serve(
    host: str, port: int, password_file: Path | None, public_url: str | None, allow_remote: bool, home: Path
) -> NoReturn:
    """Open the app in a browser, behind a password.

    Listens on this machine only. From elsewhere: `ssh -L 8000:localhost:8000 MACHINE`, or a TLS proxy before it.
    """
    from engine.launch.wire import python_command

    if find_spec("textual_serve") is None:
        fix = "pip install 'graftline[serve]'"
        raise InputError("serving needs the extra packages of graftline[serve]", where="serve", fix=fix)
    options = [f"--host={host}", f"--port={port}"]
    options += [f"--password-file={password_file.expanduser()}"] if password_file else []
    options += [f"--public-url={public_url}"] if public_url else []
    options += ["--allow-remote"] if allow_remote else []
    command, environment = python_command("tui.serve", "--home", str(home), *options)
    os.execve(command[0], command, environment)


VERBS = (settings, serve)
