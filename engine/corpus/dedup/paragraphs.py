"""Paragraphs that stood before, in any kept document: each stays where it stands first, and is cut out elsewhere.

    prepared text, a part at a time (workers) -> paragraphs: where each stands, a hash of its words
                                                         => prepared/<key>/paragraphs-<characters>/records
    kept documents -> equal hashes, in their order -> all but the first => Cuts: stretches of bytes to leave out

A paragraph is a line, as in CCNet (Wenzek et al. 2019) and Dolma (Soldaini et al. 2024): text on the web has one line
for each, and wrapped lines are joined before. Two are the same if they are the same but for whitespace.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.groups import groups
from engine.corpus.measure.words import Hashes, Indices, Text, Words, mixed, spaced
from engine.corpus.pool import in_order
from engine.corpus.prepared import Prepared
from engine.paths import atomic_folder

RECORD = np.dtype([("hash", "u8"), ("document", "i8"), ("begin", "i8"), ("end", "i8")])
"""A paragraph: its words' hash, its document's number, and its bytes there, with blank lines that follow."""
Records: TypeAlias = NDArray[np.void]

_POSITION = np.uint64(0x9E3779B97F4A7C15)


def paragraphs(text: Text, words: Words, least: int) -> Records:
    """The paragraphs of some documents that have at least `least` characters. Documents count from 0."""
    ends = np.flatnonzero(text.data == ord("\n"))
    first = np.searchsorted(words.starts, np.append(0, ends[:-1] + 1))
    filled = np.flatnonzero(np.diff(first, append=len(words.starts)))  # lines that hold words
    begins, first = np.append(0, ends + 1)[filled], first[filled]
    document = np.searchsorted(text.begins, begins, side="right") - 1
    to = np.minimum(np.append(begins[1:], len(text.data)), text.begins[document + 1] - 1)
    characters = np.cumsum((text.data & 0xC0) != 0x80)
    long = characters[ends[filled]] - characters[begins] >= least
    found = np.empty(np.count_nonzero(long), dtype=RECORD)
    found["hash"] = _hashes(words, first)[long]
    found["document"] = document[long]
    found["begin"] = (begins - text.begins[document])[long]
    found["end"] = (to - text.begins[document])[long]
    return found


def _hashes(words: Words, first: Indices) -> Hashes:
    """One for each stretch of words, given the first of each; it depends on their order."""
    if not len(first):
        return np.empty(0, dtype=np.uint64)
    place = np.arange(len(words.hashes)) - np.repeat(first, np.diff(first, append=len(words.hashes)))
    return np.add.reduceat(mixed(words.hashes + place.astype(np.uint64) * _POSITION), first)


class Cuts(NamedTuple):
    """Stretches of documents that are left out, in order."""

    records: Records

    @classmethod
    def none(cls) -> Cuts:
        return cls(np.empty(0, dtype=RECORD))

    def of(self, document: int) -> Records:
        low, high = np.searchsorted(self.records["document"], [document, document + 1])
        return self.records[low:high]

    def apply(self, document: int, text: str) -> str:
        """What is left of a document's text."""
        cuts = self.of(document)
        if not len(cuts):
            return text
        data = text.encode()
        edges = [0, *np.stack([cuts["begin"], cuts["end"]], axis=1).ravel().tolist(), len(data)]
        return b"".join(data[a:b] for a, b in list(pairwise(edges))[::2]).decode()

    def bytes(self, documents: int) -> Indices:
        """(documents): bytes that are cut from each."""
        sizes = self.records["end"] - self.records["begin"]
        return np.bincount(self.records["document"], sizes, minlength=documents).astype(np.int64)


def find_paragraphs(prepared: Prepared, least: int, workers: int, tell: Callable[[int, int], None]) -> Records:
    """The paragraphs of all documents that have at least `least` characters: found before, or now.

    `tell` hears of documents and bytes looked at.
    """
    folder = _folder(prepared, least)
    if not folder.exists():
        numbers = (part.info.number for part in prepared.parts)
        with atomic_folder(folder) as draft, (draft / "records").open("wb") as file:
            for found, documents, size in in_order(partial(_Finder, prepared.path, least), numbers, workers):
                found.tofile(file)
                tell(documents, size)
    return _mapped(folder)


def existing_paragraphs(prepared: Prepared, least: int) -> Records | None:
    """What an earlier build found; None when none did."""
    folder = _folder(prepared, least)
    return _mapped(folder) if folder.exists() else None


def repeated(records: Records, kept: NDArray[np.bool_], memory: int) -> Cuts:
    """Of the paragraphs of `kept` documents those that equal one before. About `memory` bytes are held to sort them."""
    again = np.zeros(len(records), dtype=np.bool_)
    for places, begins in groups(records["hash"], memory, among=kept[records["document"]]):
        again[places] = True
        again[places[begins[:-1]]] = False
    return Cuts(np.array(records[np.flatnonzero(again)]))


def _folder(prepared: Prepared, least: int) -> Path:
    return prepared.path / f"paragraphs-{least}"


def _mapped(folder: Path) -> Records:
    path = folder / "records"
    return np.memmap(path, dtype=RECORD, mode="r") if path.stat().st_size else np.empty(0, dtype=RECORD)


class _Finder:
    """A worker's share: the paragraphs of one part."""

    def __init__(self, path: Path, least: int):
        self._prepared, self._least = Prepared(path), least

    def __call__(self, number: int) -> tuple[Records, int, int]:
        part = self._prepared.part(number)
        assert part is not None  # it was there when the number was given, and its folder is claimed
        text = Text.of(list(part.texts()))
        found = paragraphs(text, spaced(text), self._least)
        found["document"] += part.info.first
        return found, len(text), len(text.data)
