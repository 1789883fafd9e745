"""The items of test sets as rows of text to look for, whatever their task.

    suite files or folders -> suites -> TestItem (suite, id, key, texts)

An item is looked for by what a model is asked, and by that with the answer: text that holds a long question has given
the item away, and so has one that holds a short question with what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from engine.config.load import load
from engine.config.schema import EvaluateConfig, SuiteConfig
from engine.corpus.contamination.record import item_key
from engine.corpus.suite import Suite, load_suite, shown
from engine.errors import InputError
from engine.paths import Workspace


class TestItem(Struct, frozen=True):
    """One item of one suite."""

    __test__ = False  # pytest: not a class of tests

    id: str
    key: str
    texts: tuple[str, ...]
    """What to look for: finding any of them is finding the item."""


class TestSet(Struct, frozen=True):
    """One suite's items, and what says which suite this was."""

    __test__ = False

    name: str
    sha256: str
    items: tuple[TestItem, ...]


def looked_for(suite: Suite) -> TestSet:
    """A loaded suite's items as what is looked for."""
    asked = [TestItem(item.id, item_key(item.prompt), _texts(suite, item.prompt, item.target)) for item in suite.items]
    documents = [TestItem(doc.id, item_key(shown(doc)), (doc.text,)) for doc in suite.documents]
    return TestSet(suite.name, suite.sha256, tuple(asked or documents))


def _texts(suite: Suite, prompt: str, target: str) -> tuple[str, ...]:
    """A class's name gives nothing away; an answer in words may."""
    return (prompt, f"{prompt}\n{target}") if suite.config.task == "instruction" else (prompt,)


def load_test_sets(workspace: Workspace, paths: Sequence[str], *, where: object, key: str) -> list[TestSet]:
    """The test sets of suite files, of all suites in folders, and of suites that the workspace knows by name.

    Raises `InputError`: at `where` and `key` for what is no suite, at the suite's own file for what is wrong in it.
    """
    configs = [config for path in paths for config in _suites(workspace, path, where, key)]
    return [looked_for(load_suite(workspace, config)) for config in configs]


def _suites(workspace: Workspace, path: str, where: object, key: str) -> list[SuiteConfig]:
    place = Path(path)
    if place.is_dir():
        if found := sorted(place.rglob("*.toml")):
            return [load(file, SuiteConfig) for file in found]
        raise InputError(f"no suite in {path}", where=where, key=key, fix="a suite is a .toml file with kind = 'suite'")
    if place.exists():
        return [load(place, SuiteConfig)]
    if (kept := workspace.suites / f"{place.name}.toml").exists():
        return [load(kept, SuiteConfig)]
    if (asked := _asked_before(workspace, place.name)) is not None:
        return [asked]
    raise InputError(f"no suite {path}", where=where, key=key, fix="name a suite's .toml file, or a folder of them")


def _asked_before(workspace: Workspace, name: str) -> SuiteConfig | None:
    """The suite of that name on which models were last evaluated here."""
    for run in reversed(workspace.runs()):
        if "-evaluate-" in run.id and run.config.exists():
            suites = load(run.config, EvaluateConfig).suites
            if found := next((suite for suite in suites if suite.name == name), None):
                return found
    return None
