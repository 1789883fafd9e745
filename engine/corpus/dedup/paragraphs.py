"""Paragraphs that stood before, in any kept document: each stays where it stands first, and is cut out elsewhere.

    kept documents, a part at a time (workers) -> paragraphs: where each stands, a hash of its words  => a file
    -> equal hashes, in the order of documents -> all but the first => Cuts: stretches of bytes to leave out

A paragraph is a line, as in CCNet (Wenzek et al. 2019) and Dolma (Soldaini et al. 2024): text on the web has one line
for each, and wrapped lines are joined before. Two are the same if they are the same but for whitespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.corpus.dedup.groups import first_equal
from engine.corpus.measure.words import Hashes, Indices, Text, Words, mixed, spaced
from engine.corpus.pool import in_order
from engine.corpus.prepared import Prepared

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


def repeated_paragraphs(
    prepared: Prepared,
    kept: NDArray[np.bool_],
    least: int,
    scratch: Path,
    *,
    workers: int,
    memory: int,
    tell: Callable[[int, int], None],
) -> Cuts:
    """Every paragraph of at least `least` characters, in documents that are `kept`, that another one equals before it.

    `scratch`: a file that takes 32 bytes a paragraph. `tell` hears of documents and bytes looked at.
    """
    with scratch.open("wb") as file:
        for found, documents, size in in_order(partial(_Finder, prepared.path, least), _tasks(prepared, kept), workers):
            found.tofile(file)
            tell(documents, size)
    if not scratch.stat().st_size:
        return Cuts.none()
    records = np.memmap(scratch, dtype=RECORD, mode="r")
    first = first_equal(records["hash"], memory)
    return Cuts(np.array(records[np.flatnonzero(first != np.arange(len(first)))]))


def _tasks(prepared: Prepared, kept: NDArray[np.bool_]) -> Iterator[tuple[int, Indices]]:
    for part in prepared.parts:
        first = part.info.first
        yield part.info.number, np.flatnonzero(kept[first : first + part.info.documents])


class _Finder:
    """A worker's share: the paragraphs of one part's kept documents."""

    def __init__(self, path: Path, least: int):
        self._prepared, self._least = Prepared(path), least

    def __call__(self, task: tuple[int, Indices]) -> tuple[Records, int, int]:
        number, rows = task
        part = self._prepared.part(number)
        assert part is not None  # it was there when the task was made, and its folder is claimed
        text = Text.of(list(part.texts(rows)))
        found = paragraphs(text, spaced(text), self._least)
        found["document"] = rows[found["document"]] + part.info.first
        return found, len(rows), len(text.data)
