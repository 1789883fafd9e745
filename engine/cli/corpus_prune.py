"""`graftline corpus prune`: prepared text, who needs it, and deleting what nobody does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import figures
from engine.cli.base import emit, examples, home_option, json_option, say

if TYPE_CHECKING:
    from engine.corpus.prune import PreparedSize


@click.command(
    "prune",
    epilog=examples("graftline corpus prune", "graftline corpus prune --yes", "graftline corpus prune --all --yes"),
)
@click.option("--all", "everything", is_flag=True, help="Also what built corpora are previewed with.")
@click.option("--yes", is_flag=True, help="Delete it; without this, only say what would go.")
@home_option
@json_option
def prune(everything: bool, yes: bool, home: Path, as_json: bool) -> None:
    """Delete prepared text that no corpus and no unfinished build needs.

    A build keeps what it read and measured in `prepared/`, about as large as the text, so that other thresholds, and
    builds that were stopped, read nothing again. A build makes again what it does not find.
    """
    from engine.corpus.prune import prepared_sizes, remove
    from engine.paths import Workspace

    workspace = Workspace(home)
    sizes = prepared_sizes(workspace)
    going = [one for one in sizes if not (one.building or one.runs or (one.corpora and not everything))]
    gone = [one for one in going if remove(workspace, one.key)] if yes else []
    if as_json:
        return emit({"prepared": sizes, "would_go": [one.key for one in going], "deleted": [one.key for one in gone]})
    for one in sizes:
        say(f"{one.key}  {figures.size(one.bytes):>8}  {_why(one)}")
    count, total = len(gone if yes else going), figures.size(sum(one.bytes for one in (gone if yes else going)))
    ask = " (--yes deletes)" if going and not yes else ""
    say(f"{'deleted' if yes else 'would go:'} {count} of {len(sizes)}, {total}{ask}")
    return None


def _why(one: PreparedSize) -> str:
    if one.building:
        return "a build is at work on it"
    if one.runs:
        return f"resumed by {', '.join(one.runs)}"
    return f"previews {', '.join(one.corpora)}" if one.corpora else "nobody needs it"
