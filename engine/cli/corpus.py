"""`graftline corpus`: build corpora, and read what building them kept and dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace
from engine.cli.contamination import corpus_check
from engine.cli.corpus_preview import just_inside, known_source, preview
from engine.cli.corpus_prune import prune
from engine.cli.corpus_rules import rules
from engine.cli.corpus_tokenizer import tokenizer
from engine.cli.find import find_corpus_row
from engine.cli.launch import config_argument, set_option, submit
from engine.errors import NotFoundError

if TYPE_CHECKING:
    from engine.corpus.report import CorpusReport, RuleCount

_KEPT = "kept"
name_argument = click.argument("name", metavar="NAME[/HASH]")
source_option = click.option("--source", metavar="NAME", default="", help="Only what came from this source.")
full_option = click.option("--full", is_flag=True, help="Texts with their line ends, as long as the report has them.")


@click.group()
def corpus() -> None:
    """Build corpora from text, and read what was kept, dropped and why."""


@corpus.command(
    "build",
    epilog=examples(
        "graftline corpus build configs/corpus/python-docs.toml",
        "graftline corpus build configs/corpus/python-docs.toml --set heldout=0.1 --no-wait",
    ),
)
@config_argument
@set_option
@click.option("--wait/--no-wait", default=True, show_default=True, help="Return when it is built, or at once.")
@home_option
@json_option
def corpus_build(config: Path, overrides: tuple[str, ...], wait: bool, home: Path, as_json: bool) -> None:
    """Read, mend, clean, de-duplicate, tokenise and split text.

    What was read and measured is kept: another build with other thresholds reads no text again, and one that was
    stopped or killed goes on from its last finished part.
    """
    from engine.config.asked import as_asked_here
    from engine.config.load import load
    from engine.config.schema import CorpusConfig

    submit(home, as_asked_here(load(config, CorpusConfig, overrides)), config, wait=wait, as_json=as_json)


@corpus.command("list", epilog=examples("graftline corpus list", "graftline corpus list --json"))
@home_option
@json_option
def corpus_list(home: Path, as_json: bool) -> None:
    """Every built corpus of this workspace."""
    from engine import figures
    from engine.cli import render

    with workspace(home) as client:
        rows = client.corpora()
    if as_json:
        return emit(rows)
    if not rows:
        return say("no corpus here yet: graftline corpus build CONFIG")
    table = render.table("CORPUS", ">DOCUMENTS", ">HELD OUT", ">TOKENS", ">VOCABULARY", "BUILT")
    for row in rows:
        table.add_row(
            render.text(row.id),
            f"{row.documents:,}",
            f"{row.heldout_documents:,}",
            figures.count(row.train_tokens),
            f"{row.vocab_size:,}",
            render.moment(row.built),
        )
    return render.show(table)


@corpus.command(
    "show",
    epilog=examples(
        "graftline corpus show python-docs",
        "graftline corpus show web --source forum",
        "graftline corpus show web --rule words",
        "graftline corpus show web --md > report.md",
    ),
)
@name_argument
@source_option
@click.option("--rule", metavar="RULE", help="Samples of what this rule dropped, as `corpus samples` prints them.")
@click.option("--md", "as_markdown", is_flag=True, help="A Markdown document, with samples of every rule.")
@home_option
@json_option
def corpus_show(name: str, source: str, rule: str | None, as_markdown: bool, home: Path, as_json: bool) -> None:
    """What went into a corpus, what each rule dropped, and what came of it.

    The first rule that a document breaks is the one that is counted; LEFT is what was left after it.
    """
    from engine.cli import cards, corpus_words, render
    from engine.corpus.document import markdown

    if rule is not None:
        return _samples(name, rule, source, home, full=False, as_json=as_json)
    with workspace(home) as client:
        card = cards.corpus_card(client, find_corpus_row(client, name))
    if as_json:
        return emit(card)
    if card.report is None:
        return cards.print_card(card)
    if as_markdown:
        return print(markdown(card.report), end="")
    known_source(card.report, source)
    return render.show(*corpus_words.card(card.report, source))


@corpus.command(
    "samples",
    epilog=examples(
        "graftline corpus samples web words",
        "graftline corpus samples web near_duplicate --full",
        "graftline corpus samples web words --nearest",
        "graftline corpus samples web kept --source forum --json",
    ),
)
@name_argument
@click.argument("rule", metavar="RULE|kept")
@source_option
@click.option("--nearest", is_flag=True, help="Kept documents that the rule nearly dropped, the nearest first.")
@full_option
@home_option
@json_option
def corpus_samples(name: str, rule: str, source: str, nearest: bool, full: bool, home: Path, as_json: bool) -> None:
    """Documents that a rule dropped, drawn by lot, each with its measure beside the bound; or some that were kept."""
    if nearest:
        return _nearest(name, rule, source, home, full=full, as_json=as_json)
    return _samples(name, rule, source, home, full=full, as_json=as_json)


@corpus.command(
    "duplicates",
    epilog=examples(
        "graftline corpus duplicates web",
        "graftline corpus duplicates web --full --json",
        "graftline corpus duplicates web --about 0.75 --pairs 5",
    ),
)
@name_argument
@click.option(
    "--about",
    type=click.FloatRange(0, 1),
    metavar="S",
    help="Instead, pairs of documents whose similarity is nearest to this, to choose dedup.near by.",
)
@click.option(
    "--pairs",
    "count",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many pairs with --about.",
)
@full_option
@home_option
@json_option
def corpus_duplicates(name: str, about: float | None, count: int, full: bool, home: Path, as_json: bool) -> None:
    """The largest groups of duplicates and near-duplicates: which document was kept, and which went because of it.

    With --about, pairs from all documents that were read, whatever became of them: no text is compared again.
    """
    from engine.cli import corpus_words, render

    if about is not None:
        return _pairs_about(name, about, count, home, full=full, as_json=as_json)
    report = _report(name, home)
    if as_json:
        return emit(report.clusters)
    if not report.clusters:
        return say("no duplicates were found in this corpus")
    return render.show(*corpus_words.clusters(report.clusters, full=full))


def _pairs_about(name: str, about: float, count: int, home: Path, *, full: bool, as_json: bool) -> None:
    from engine.cli import corpus_words, render
    from engine.config.load import load
    from engine.config.schema import CorpusConfig
    from engine.corpus.dedup.look import pairs_about
    from engine.corpus.report import load_report

    with workspace(home) as client:
        row = find_corpus_row(client, name)
        report = load_report(client.workspace.corpora / row.name / row.hash)
        config = load(client.workspace.run(row.run_id or "").config, CorpusConfig)
        found = pairs_about(client.workspace, report, config, about, count)
    if as_json:
        return emit(found)
    if not found:
        return say("no documents of this corpus are alike")
    return render.show(*corpus_words.pairs(found, full=full))


def _samples(name: str, rule: str, source: str, home: Path, *, full: bool, as_json: bool) -> None:
    from engine.cli import corpus_words, render

    report = _report(name, home)
    known_source(report, source)
    count = _rule(report, rule)
    touching = [one for one in report.contaminated if one.dropped] if rule == "contaminated" else []
    found = [one for one in (count.samples if count else report.kept_samples) if source in ("", one.source)]
    if as_json:
        return emit({"rule": rule, "reason": count.reason if count else "", "samples": touching or found})
    if touching:
        return render.show(*corpus_words.contaminated(touching, full=full))
    if not found:
        return say("the report has no samples of these")
    return render.show(*corpus_words.samples(count, found, full=full))


def _nearest(name: str, rule: str, source: str, home: Path, *, full: bool, as_json: bool) -> None:
    from engine.cli import corpus_words, render

    found = just_inside(name, rule, source, home)
    if as_json:
        return emit({"rule": rule, "samples": found})
    if not found:
        return say(f"{rule} has no bounds here, or nothing is kept")
    count = next((one for one in _report(name, home).dropped if one.rule == rule), None)
    return render.show(*corpus_words.samples(count, found, full=full))


def _report(name: str, home: Path) -> CorpusReport:
    from engine.corpus.report import load_report

    with workspace(home) as client:
        row = find_corpus_row(client, name)
        return load_report(client.workspace.corpora / row.name / row.hash)


def _rule(report: CorpusReport, name: str) -> RuleCount | None:
    """What a rule dropped; None for `kept`. Raises `NotFoundError` for a rule that dropped nothing here."""
    found = next((count for count in report.dropped if count.rule == name), None)
    if found is None and name != _KEPT:
        known = ", ".join([*(count.rule for count in report.dropped), _KEPT])
        raise NotFoundError(f"no rule {name!r} dropped anything here", fix=f"one of: {known}")
    return found


corpus.add_command(corpus_check)
corpus.add_command(preview)
corpus.add_command(prune)
corpus.add_command(rules)
corpus.add_command(tokenizer)

VERBS = (corpus,)
