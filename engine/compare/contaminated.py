"""Test items whose text stood in what a model learned from: an answer to those may be memory.

    model -> the corpora of its lineage, branches' own data -> what was looked for in each -> Seen
    Seen of every model, their answers  -> flags by item, and sentences about what nobody looked for

What counts is training text alone: a held-out or dropped document taught nobody. A model counts for an item when any
corpus of its lineage held it, the base's included: that is where variants have their knowledge from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from engine.corpus.contamination.record import Found, SuiteCheck, item_key, load_checks
from engine.freeze.ancestry import Ancestry, ancestry
from engine.paths import Workspace
from engine.store.rows import PredictionRow

Answers = Mapping[str, Mapping[str, PredictionRow]]
"""By model, then by example."""


class Flag(Struct, frozen=True, kw_only=True):
    """One item that some of the models may know by heart."""

    example_id: str
    models: tuple[str, ...]
    """Ids of those whose training text held it."""
    corpus: str
    """`name/hash`; or the id of a branch run that learned it from data of its own."""
    documents: int
    """Of its training side that hold it; the rest is about the one that holds most of it."""
    document: str
    source: str
    share: float
    """Of the item's words that stand there close together, 0 to 1."""
    run: int
    """Most words in a row that are the same."""
    passage: str

    @property
    def why(self) -> str:
        """One line."""
        where = f"{self.document} and {self.documents - 1} more" if self.documents > 1 else self.document
        return f"{100 * self.share:.0f} % of its words, {self.run} in a row, stood in {where} of {self.corpus}"


@dataclass(frozen=True)
class Seen:
    """What is known of test items in one model's training text."""

    ancestry: Ancestry
    found: dict[str, tuple[str, Found]] = field(default_factory=dict)
    """By item key: the corpus or branch run, and where in it."""
    looked: dict[str, frozenset[str]] = field(default_factory=dict)
    """By corpus that is here: keys of the items that were looked for."""
    untold: frozenset[str] = frozenset()
    """Keys of items that cannot be looked for."""


def seen_by(workspace: Workspace, models: Iterable[str]) -> dict[str, Seen]:
    """What is known of each model, by id. Raises `InputError` for a damaged record."""
    origins = {model: ancestry(workspace, model) for model in models}
    here = {c for origin in origins.values() for c in origin.corpora if (workspace.corpora / c).is_dir()}
    branches = {run for origin in origins.values() for run in origin.branches}
    checks = {where: load_checks(workspace, where) for where in sorted(here | branches)}
    return {model: _seen(origin, checks) for model, origin in origins.items()}


def _seen(origin: Ancestry, checks: Mapping[str, Sequence[SuiteCheck]]) -> Seen:
    mine = [(where, check) for where in (*origin.branches, *origin.corpora) for check in checks.get(where, ())]
    found: dict[str, tuple[str, Found]] = {}
    for where, check in mine:
        for item in check.found:
            if item.learned is not None:
                found.setdefault(item.key, (where, item))
    looked = {
        corpus: frozenset(key for check in checks[corpus] for key in check.keys)
        for corpus in origin.corpora
        if corpus in checks
    }
    return Seen(origin, found, looked, frozenset(key for _, check in mine for key in check.untold))


def keys_of(answers: Answers) -> dict[str, str]:
    """The key of every item that some model answered, by example."""
    questions = {example: row.input for rows in answers.values() for example, row in rows.items()}
    return {example: item_key(question) for example, question in questions.items()}


def flags(keys: Mapping[str, str], seen: Mapping[str, Seen]) -> dict[str, Flag]:
    """The items that stood in some model's training text, by example."""
    out = {}
    for example, key in keys.items():
        if holders := {model: known.found[key] for model, known in seen.items() if key in known.found}:
            corpus, item = next(iter(holders.values()))
            out[example] = _flag(example, tuple(holders), corpus, item)
    return out


def _flag(example: str, models: tuple[str, ...], corpus: str, item: Found) -> Flag:
    place = item.places[0]
    return Flag(
        example_id=example,
        models=models,
        corpus=corpus,
        documents=item.counts.get("train", 0),
        document=place.document,
        source=place.source,
        share=place.share,
        run=place.run,
        passage=place.passage,
    )


def unknowns(suite: str, keys: Mapping[str, str], seen: Mapping[str, Seen], names: Mapping[str, str]) -> list[str]:
    """What flags cannot tell, in sentences: items that nobody looked for, ancestors that nobody knows."""
    if not seen:
        return []
    wanted = frozenset(keys.values())
    untold = wanted.intersection(*(known.untold for known in seen.values()))
    said = []
    for corpus, looked in {c: keys for known in seen.values() for c, keys in known.looked.items()}.items():
        if missing := len(wanted - looked - untold):
            how = f"graftline corpus check {corpus} {suite}"
            many = f"{missing:,} of the {len(wanted):,}" if looked & wanted else "these"
            said.append(f"nobody has looked whether {many} items stood in {corpus}: {how}")
    if untold:
        said.append(f"{len(untold):,} items are too short, or too like the others, to be looked for in training text")
    for model, known in seen.items():
        if unknown := known.ancestry.unknown:
            below = "" if unknown == model else f", from which {names.get(model, model)} grew"
            learner = names.get(unknown, unknown)
            said.append(f"what {learner} learned from is not known here{below}: test items may have been in it")
    return said
