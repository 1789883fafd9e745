"""`corpus rules`: which quality rules there are, what each measures, where it comes from, and what a preset asks."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option
from engine.errors import NotFoundError

if TYPE_CHECKING:
    from engine.corpus.rules.overview import RuleRow


@click.command(
    "rules",
    epilog=examples("graftline corpus rules", "graftline corpus rules web", "graftline corpus rules gopher --json"),
)
@click.argument("preset", required=False, default="", metavar="[PRESET]")
@home_option
@json_option
def rules(preset: str, home: Path, as_json: bool) -> None:
    """Quality rules, by name: what they measure, which documents stay, and who published that.

    Without a PRESET all of them, and what the presets are for. A name is a key of [clean.rules]; give it a number,
    [lowest, highest], true for the published bounds, or false for off.
    """
    from engine.corpus.rules.overview import overview
    from engine.corpus.rules.presets import PRESETS

    if preset and preset not in PRESETS:
        near = difflib.get_close_matches(preset, PRESETS, n=1)
        fix = f"did you mean {near[0]!r}?" if near else ", ".join(PRESETS)
        raise NotFoundError(f"no preset {preset!r}", fix=fix)
    rows = overview(preset)
    if as_json:
        return emit({"presets": {name: known.about for name, known in PRESETS.items()}, "rules": rows})
    return _print(rows, preset)


def _print(rows: list[RuleRow], preset: str) -> None:
    from engine.cli import render
    from engine.corpus.reasons import bounds
    from engine.corpus.rules.overview import STAR
    from engine.corpus.rules.presets import PRESETS

    own = ("STAYS", "PUBLISHED") if preset else ("PUBLISHED",)
    table = render.table("RULE", *own, "MEASURES", "FROM")
    for row in rows:
        star = " *" if preset in row.long_only else ""
        stays = [bounds(*row.presets[preset]) + star] if preset else []
        table.add_row(*map(render.text, (row.name, *stays, bounds(*row.usual), row.meaning, row.origin)))
    about = render.table("PRESET", "FOR")
    for name, known in PRESETS.items():
        if preset in ("", name):
            about.add_row(render.text(name), render.text(known.about))
    render.show(about, "", table)
    if any(preset in row.long_only for row in rows):
        print(f"\n* {STAR}")
