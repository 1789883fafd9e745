"""`corpus check`: looks for a suite's items in a corpus that was built before, so that comparisons can tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say

if TYPE_CHECKING:
    from engine.corpus.contamination.check import Tell
    from engine.corpus.contamination.record import SuiteCheck


@click.command(
    "check",
    epilog=examples(
        "graftline corpus check python-docs configs/suites/areas.toml",
        "graftline corpus check python-docs areas questions --items 5",
        "graftline corpus check python-docs areas --json",
    ),
)
@click.argument("name", metavar="NAME[/HASH]")
@click.argument("suites", nargs=-1, required=True, metavar="SUITE...")
@click.option("--items", default=3, show_default=True, type=click.IntRange(min=0), help="Show so many that were found.")
@click.option("--ngram", default=8, show_default=True, type=click.IntRange(4, 50), help="Words in a row to look for.")
@click.option("--workers", default=0, type=click.IntRange(min=0), help="Processes. [default: one for each core]")
@home_option
@json_option
def corpus_check(
    name: str, suites: tuple[str, ...], items: int, ngram: int, workers: int, home: Path, as_json: bool
) -> None:
    """Look for test items in a corpus that is built already.

    A SUITE is a suite's file, a folder of them, or its name. What is found is kept beside the corpus, which does not
    change: from then on `compare` flags those items for every model that learned from this corpus, and gives a second
    score without them.
    """
    from engine.corpus.contamination.check import check
    from engine.corpus.contamination.items import load_test_sets
    from engine.corpus.contamination.record import save_beside
    from engine.corpus.manifest import find_corpus
    from engine.paths import Workspace

    workspace = Workspace(home)
    corpus = find_corpus(workspace, name)
    sets = load_test_sets(workspace, suites, where=None, key="SUITE")
    with _progress(corpus.ref) as tell:
        found = check(corpus, sets, ngram=ngram, workers=workers, tell=tell)
    save_beside(workspace, corpus.ref, found)
    emit({"corpus": corpus.ref, "checks": found}) if as_json else _print(corpus.ref, found, items)


@contextmanager
def _progress(title: str) -> Iterator[Tell]:
    """A bar on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from engine.cli.render import console

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(f"looking through {title}", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(corpus: str, checks: list[SuiteCheck], items: int) -> None:
    from engine.cli import render

    table = render.table("SUITE", ">ITEMS", ">IN TRAINING TEXT", ">CANNOT BE TOLD", title=f"looked for in {corpus}")
    for check in checks:
        figures = (len(check.keys) + len(check.untold), check.learned, len(check.untold))
        table.add_row(render.text(check.suite), *(f"{figure:,}" for figure in figures))
    render.show(table)
    for check in checks:
        for item in check.found[:items]:
            place = item.places[0]
            where = f"{place.document}, {100 * place.share:.0f} % of its words, {place.run} in a row"
            render.show("", render.text(f"{check.suite} {item.id} in {where}", "bold"))
            render.show(render.text(f"  item     {item.text}"), render.text(f"  passage  {place.passage}"))
    learned = [check.suite for check in checks if check.learned]
    if learned:
        say(f"compare flags them from now on: graftline compare --suite {learned[0]}")
