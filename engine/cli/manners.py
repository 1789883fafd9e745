"""Verbs about the app itself: settings. They look at files only, and start nothing."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.base import emit, examples, home_option, json_option


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


VERBS = (settings,)
