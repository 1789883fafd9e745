"""`corpus preview`: what other thresholds would make of a built corpus; and who a rule only just keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, workspace
from engine.cli.find import find_corpus_row
from engine.cli.launch import set_option

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.config.schema import CorpusConfig
    from engine.corpus.preview import Preview
    from engine.corpus.report import CorpusReport, Sample


@click.command(
    "preview",
    epilog=examples(
        "graftline corpus preview web --set clean.rules.words=[50,1000]",
        "graftline corpus preview web --set clean.preset=gopher --set dedup.near=0.7",
        "graftline corpus preview web --set clean.rules.words=[50,1000] --samples 3",
    ),
)
@click.argument("name", metavar="NAME[/HASH]")
@set_option
@click.option("--source", metavar="NAME", default="", help="Only what came from this source.")
@click.option(
    "--samples",
    "shown",
    type=click.IntRange(0, 20),
    default=0,
    metavar="N",
    help="Print as many documents of each rule that would change sides.",
)
@home_option
@json_option
def preview(name: str, overrides: tuple[str, ...], source: str, shown: int, home: Path, as_json: bool) -> None:
    """What other thresholds would keep and drop, beside what was built.

    Thresholds are applied to the stored measures of every document, so no text is read; building with them reads none
    again either. A bound is [lowest, highest] with inf for none, a number for a rule's open side, or false for off.
    """
    from engine.cli import corpus_words, render
    from engine.config.load import load
    from engine.config.schema import CorpusConfig
    from engine.corpus.waterfall import flow, lines

    with _opened(name, home, source) as (session, report, built, config):
        asked = load(config, CorpusConfig, overrides)
        would, again = session.report(asked, where="--set"), session.report(built)
    if as_json:
        return emit(would)
    before, now = flow(again, source), flow(would, source)
    found = [line for line in lines(report, source, would) if line.documents or line.was]
    parts: list[RenderableType] = [corpus_words.waterfall(found), "", render.text(corpus_words.share_told(now, before))]
    for count in would.dropped if shown else ():
        parts += corpus_words.newly(count.rule, count, count.samples[:shown])
    parts += corpus_words.newly("kept", None, would.kept_samples[:shown]) if shown else []
    return render.show(*parts)


def just_inside(name: str, rule: str, source: str, home: Path) -> list[Sample]:
    """Kept documents of a built corpus that a rule nearly dropped, the nearest to its bounds first."""
    with _opened(name, home, source) as (session, _, built, _):
        return session.just_inside(built, rule, source)


@contextmanager
def _opened(name: str, home: Path, source: str) -> Iterator[tuple[Preview, CorpusReport, CorpusConfig, Path]]:
    """A built corpus, its report, and the configuration it was built with. Raises `NotFoundError` for a source that
    it does not have."""
    from engine.config.load import load
    from engine.config.schema import CorpusConfig
    from engine.corpus.preview import preview as session
    from engine.corpus.report import load_report

    with workspace(home) as client:
        row = find_corpus_row(client, name)
        report = load_report(client.workspace.corpora / row.name / row.hash)
        config, place = client.workspace.run(row.run_id or "").config, client.workspace
    known_source(report, source)
    built = load(config, CorpusConfig)
    with session(place, report, built) as opened:
        yield opened, report, built, config


def known_source(report: CorpusReport, source: str) -> None:
    """Raises `NotFoundError` for a source that a corpus does not have; empty: all of them."""
    from engine.errors import NotFoundError

    names = [one.name for one in report.sources]
    if source and source not in names:
        raise NotFoundError(f"no source {source!r} in this corpus", fix=f"one of: {', '.join(names)}")
