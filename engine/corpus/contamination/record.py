"""What was found of a suite's items in a corpus, kept where comparisons look it up.

    corpora/<name>/<hash>/contamination.json      what the build looked for
    checks/<name>/<hash>/<suite>-<sha256>.json    what was looked for later: a built corpus does not change
    checks/<run-id>/<suite>-<sha256>.json         what was looked for in a branch's own data

Items are known by the key of their question, so that what was found holds for another version of the suite too. That an
item was looked for and not found is kept as well: only so can a comparison tell "clean" from "nobody looked".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from engine.errors import InputError
from engine.paths import Workspace, slug, write_atomic

FILE = "contamination.json"
PLACES = 5
"""Documents that are kept of one item: those learned from first, then by share. All are counted."""
_TEXT = 400
"""Characters of an item or passage that are kept."""

T = TypeVar("T")
Fate = Literal["train", "heldout", "dropped"]
_ORDER: dict[Fate, int] = {"train": 0, "heldout": 1, "dropped": 2}


class Place(Struct, frozen=True, kw_only=True):
    """A document that holds an item."""

    document: str
    """Its id."""
    source: str = ""
    fate: Fate
    share: float
    """Of the item's words, those found."""
    run: int
    """Most words in a row that are the same."""
    passage: str
    """The stretch of the document."""


class Found(Struct, frozen=True, kw_only=True):
    """An item that stands in the corpus, or stood in what was read for it."""

    id: str
    key: str
    text: str
    counts: dict[Fate, int]
    """Documents that hold it."""
    places: tuple[Place, ...]

    @property
    def learned(self) -> Place | None:
        """The document, of those to train on, that holds most of it."""
        return self.places[0] if self.places and self.places[0].fate == "train" else None


class SuiteCheck(Struct, frozen=True, kw_only=True):
    """One suite's items against one corpus."""

    suite: str
    sha256: str
    ngram: int
    keys: tuple[str, ...]
    """Of all items that were looked for."""
    untold: tuple[str, ...]
    """Keys of items too short, or too like the others, to be looked for."""
    found: tuple[Found, ...]

    @property
    def learned(self) -> int:
        """Items that stand in what is trained on."""
        return sum(found.learned is not None for found in self.found)


def item_key(question: str) -> str:
    """16 hex digits for an item's question as a prediction keeps it: the same in every version of its suite."""
    return hashlib.blake2b(question.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def found(id: str, key: str, text: str, places: Iterable[Place]) -> Found:
    """One item with all documents that hold it."""
    ordered = sorted(places, key=lambda place: (_ORDER[place.fate], -place.share, place.document))
    counts: dict[Fate, int] = {}
    for place in ordered:
        counts[place.fate] = counts.get(place.fate, 0) + 1
    return Found(id=id, key=key, text=cut(text), counts=counts, places=tuple(ordered[:PLACES]))


def cut(text: str) -> str:
    """A text's beginning, and its end when there is more."""
    half = _TEXT // 2
    return text if len(text) <= _TEXT else f"{text[:half]} … {text[-half:]}"


def save_with_corpus(folder: Path, checks: Sequence[SuiteCheck]) -> None:
    """Keep what a build looked for in the folder it makes."""
    write_atomic(folder / FILE, msgspec.json.format(msgspec.json.encode(checks), indent=1) + b"\n")


def save_beside(workspace: Workspace, where: str, checks: Sequence[SuiteCheck]) -> None:
    """Keep what was looked for in a corpus (`name/hash`) that is there already, or in a branch's data (its run)."""
    folder = _beside(workspace, where)
    folder.mkdir(parents=True, exist_ok=True)
    for check in checks:
        path = folder / f"{slug(check.suite)}-{check.sha256[:16]}.json"
        write_atomic(path, msgspec.json.format(msgspec.json.encode(check), indent=1) + b"\n")


def load_checks(workspace: Workspace, where: str) -> list[SuiteCheck]:
    """All that was ever looked for in a corpus, or in a branch's data (its run).

    Raises `InputError` naming a file that cannot be read.
    """
    built = workspace.corpora / where / FILE
    checks = list(_read(built, list[SuiteCheck])) if built.exists() else []
    return [*checks, *(_read(path, SuiteCheck) for path in sorted(_beside(workspace, where).glob("*.json")))]


def _beside(workspace: Workspace, where: str) -> Path:
    return workspace.home / "checks" / where


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        fix = "delete it, and look again with `graftline corpus check`"
        raise InputError(f"is damaged: {error}", where=path, fix=fix) from None
