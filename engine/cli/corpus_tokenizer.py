"""`corpus tokenizer`: how well a corpus's vocabulary suits its text, beside published ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option

if TYPE_CHECKING:
    from rich.table import Table

    from engine.corpus.tokenizer_report import TokenizerReport


@click.command(
    "tokenizer",
    epilog=examples("graftline corpus tokenizer web", "graftline corpus tokenizer web --most 50 --json"),
)
@click.argument("name", metavar="NAME[/HASH]")
@click.option("--most", type=click.IntRange(0, 1000), default=10, show_default=True, help="Entries in each list.")
@home_option
@json_option
def tokenizer(name: str, most: int, home: Path, as_json: bool) -> None:
    """Bytes per token on held-out text, unused tokens, the longest ones, and the words that cost most.

    More bytes per token: fewer tokens for the same text. Published vocabularies are measured on the same text where
    they are at hand: in TIKTOKEN_CACHE_DIR, or where tiktoken keeps what it has fetched.
    """
    from engine.corpus.manifest import find_corpus
    from engine.corpus.report import load_report
    from engine.corpus.tokenizer_report import tokenizer_report
    from engine.paths import Workspace

    corpus = find_corpus(Workspace(home), name)
    report = tokenizer_report(corpus, [source.name for source in load_report(corpus.path).sources], most)
    return emit(report) if as_json else _print(report)


def _print(report: TokenizerReport) -> None:
    from engine import figures
    from engine.cli import render
    from engine.corpus.vocabulary import cache_folder

    special = {"<|endoftext|>": report.end_of_text, **report.special}
    share = report.unused / max(1, report.merges)
    facts = render.table("TOKENIZER", report.name)
    for fact, value in (
        ("corpus", report.corpus),
        ("vocabulary", f"{report.n_vocab:,} tokens"),
        ("special tokens", ", ".join(f"{token} {number}" for token, number in special.items())),
        ("looked at", f"{figures.size(report.fit.bytes)} of {figures.size(report.heldout_bytes)} held out"),
        ("unused", f"{report.unused:,} of {report.merges:,} tokens of more than a byte ({100 * share:.1f} %)"),
    ):
        facts.add_row(render.text(fact), render.text(value))
    render.show(facts, "", _fits(report))
    if not report.peers:
        print(f"\nno published vocabulary at hand in {cache_folder()} to compare with")
    if report.longest:
        render.show("", _longest(report), "", _costly(report))


def _fits(report: TokenizerReport) -> Table:
    from engine.cli import render

    table = render.table("SOURCE", ">BYTES", ">BYTES A TOKEN", *(f">{peer.name}" for peer in report.peers))
    rows = [("all", report.fit, report.peers)]
    for at, fit in enumerate(report.sources):
        rows.append((fit.name, fit, [report.peer_sources[peer.name][at] for peer in report.peers]))
    for name, fit, peers in rows:
        measured = [f"{one.bytes_per_token:.3f}" for one in (fit, *peers)]
        table.add_row(render.text(name), f"{fit.bytes:,}", *measured)
    return table


def _longest(report: TokenizerReport) -> Table:
    from engine.cli import render

    table = render.table("LONGEST TOKENS", ">BYTES", ">TIMES")
    for token in report.longest:
        table.add_row(render.text(f"“{token.text}”"), f"{token.bytes:,}", f"{token.times:,}")
    return table


def _costly(report: TokenizerReport) -> Table:
    from engine.cli import render

    table = render.table("WORDS THAT COST MOST", ">TIMES", "TOKENS")
    for word in report.costly:
        table.add_row(render.text(word.word), f"{word.times:,}", render.text("·".join(word.pieces)))
    return table
