"""Were these test items in what the models learned from? Looked up once for each, where that takes seconds.

    models -> corpora of their lineage, data of branches -> those in which these items were never looked for -> checks

Comparisons flag what is found. A large corpus is left to `graftline corpus check`, which takes all cores; then it is
said how.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.branch.data import learned_texts
from engine.config.load import load
from engine.config.schema import BranchConfig
from engine.corpus.contamination.check import check, check_texts
from engine.corpus.contamination.items import TestSet, looked_for
from engine.corpus.contamination.record import SuiteCheck, load_checks, save_beside
from engine.corpus.manifest import CorpusFolder, open_corpus
from engine.corpus.suite import Suite
from engine.errors import InputError
from engine.freeze.ancestry import ancestry
from engine.stage import StageContext

_CHEAP = 32_000_000
"""Bytes of training text that are looked through without being asked for: some three seconds of one core."""


def look_for_items(context: StageContext, models: Sequence[str], suites: Sequence[Suite]) -> None:
    """Look for the suites' items in all, small enough, that one of the models learned from."""
    sets = [looked_for(suite) for suite in suites]
    origins = [ancestry(context.workspace, model) for model in models]
    for ref in sorted({corpus for origin in origins for corpus in origin.corpora}):
        folder = context.workspace.corpora / ref
        if (folder / "manifest.json").exists() and (missing := _missing(context, ref, sets)):
            _in_corpus(context, open_corpus(folder), missing)
    for run in sorted({run for origin in origins for run in origin.branches}):
        if missing := _missing(context, run, sets):
            _in_data(context, run, missing)


def _missing(context: StageContext, where: str, sets: Sequence[TestSet]) -> list[TestSet]:
    """The sets with an item that nobody has looked for there."""
    checks = load_checks(context.workspace, where)
    done = {key for check in checks for key in (*check.keys, *check.untold)}
    return [tests for tests in sets if any(item.key not in done for item in tests.items)]


def _in_corpus(context: StageContext, corpus: CorpusFolder, sets: Sequence[TestSet]) -> None:
    if corpus.manifest.train_bytes > _CHEAP:
        names = " ".join(tests.name for tests in sets)
        context.say(f"do these items stand in {corpus.ref}? graftline corpus check {corpus.ref} {names}")
        return
    _keep(context, corpus.ref, check(corpus, sets, workers=1))


def _in_data(context: StageContext, run: str, sets: Sequence[TestSet]) -> None:
    """Look in the file that a branch learned from, if it is still there and as it was."""
    try:
        config = load(context.workspace.run(run).config, BranchConfig)
        file = Path(config.data.train)
        if not file.is_file() or file.stat().st_size > _CHEAP:
            return
        learned = learned_texts(config)
    except InputError as error:  # it was moved or changed since; scores do not depend on it
        context.say(f"what {run} learned from cannot be looked through: {error}")
        return
    _keep(context, run, check_texts(learned, sets))


def _keep(context: StageContext, where: str, checks: Sequence[SuiteCheck]) -> None:
    save_beside(context.workspace, where, checks)
    for one in checks:
        if one.learned:
            context.say(f"{one.learned:,} items of {one.suite} stand in {where}, from which models here learned")
