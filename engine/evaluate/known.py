"""Were these test items in what the models learned from? Looked up once for each corpus, where that takes seconds.

    models -> corpora of their lineage -> those in which these items were never looked for -> checks beside them

Comparisons flag what is found. A large corpus is left to `graftline corpus check`, which takes all cores; then it is
said how.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.corpus.contamination.check import check
from engine.corpus.contamination.items import TestSet, looked_for
from engine.corpus.contamination.record import load_checks, save_beside
from engine.corpus.manifest import CorpusFolder, open_corpus
from engine.corpus.suite import Suite
from engine.freeze.ancestry import ancestry
from engine.stage import StageContext

_CHEAP = 32_000_000
"""Bytes of training text that are looked through without being asked for: some three seconds of one core."""


def look_for_items(context: StageContext, models: Sequence[str], suites: Sequence[Suite]) -> None:
    """Look for the suites' items in every corpus, small enough, that one of the models learned from."""
    sets = [looked_for(suite) for suite in suites]
    corpora = sorted({corpus for model in models for corpus in ancestry(context.workspace, model).corpora})
    for folder in (context.workspace.corpora / corpus for corpus in corpora):
        if not (folder / "manifest.json").exists():
            continue
        corpus = open_corpus(folder)
        if missing := _missing(context, corpus, sets):
            _look(context, corpus, missing)


def _missing(context: StageContext, corpus: CorpusFolder, sets: Sequence[TestSet]) -> list[TestSet]:
    """The sets with an item that nobody has looked for."""
    checks = load_checks(context.workspace, corpus.ref)
    done = {key for check in checks for key in (*check.keys, *check.untold)}
    return [tests for tests in sets if any(item.key not in done for item in tests.items)]


def _look(context: StageContext, corpus: CorpusFolder, sets: Sequence[TestSet]) -> None:
    if corpus.manifest.train_bytes > _CHEAP:
        names = " ".join(tests.name for tests in sets)
        context.say(f"do these items stand in {corpus.ref}? graftline corpus check {corpus.ref} {names}")
        return
    found = check(corpus, sets, workers=1)
    save_beside(context.workspace, corpus.ref, found)
    for one in found:
        if one.learned:
            context.say(f"{one.learned:,} items of {one.suite} stand in {corpus.ref}, from which models here learned")
