"""Listed words in documents: how many different ones stand near one another, and which share of all words they are.

    a list (built in, or a file)  ->  ToxicWords  ->  batch  ->  {"toxic_words", "toxic_share"}

Only whole words count, and case and punctuation do not: entries and documents are folded by the same function, then
compared by their words' hashes. No threshold is known here.

Foul text has foul words close together. So the count is of a passage, not of the document: a book that has one listed
word in its first chapter and another in its last is no worse than each of them. Of 146 whole novels, two different
words of the built-in list stand somewhere in 4 %, and within a thousand words in fewer than 1 %.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.finder import Finder
from engine.corpus.measure.words import Indices, Words, folded, ngrams
from engine.errors import InputError

BUILT_IN = "built-in"
PASSAGE = 1000
"""Words in which different ones are counted together."""


class ToxicWords:
    """A measure: `toxic_words`, different entries in its worst passage, and `toxic_share`, listed words by words.

    `entries`: the forms of one word or phrase each, which count as one; a phrase's words all count in the share.
    """

    def __init__(self, entries: Iterable[tuple[str, ...]]):
        wholes: dict[int, dict[int, int]] = {}
        openers: dict[int, dict[int, int]] = {}
        for number, forms in enumerate(entries):
            for form in forms:
                size, hashed, opener = _phrase(form)
                wholes.setdefault(size, {}).setdefault(hashed, number)
                openers.setdefault(size, {})[opener] = number
        wholes.pop(0, None)
        self._finders = [(size, Finder(openers[size]), Finder(wholes[size])) for size in sorted(wholes)]

    def __call__(self, batch: Batch) -> Columns:
        if not self._finders:
            return {"toxic_words": np.zeros(len(batch), np.int32), "toxic_share": np.zeros(len(batch), np.float32)}
        words = batch.folded_words
        first, entry, size = self._found(words)
        return {
            "toxic_words": _different(words, first, entry),
            "toxic_share": (_covered(words, first, size) / np.maximum(words.counts, 1)).astype(np.float32),
        }

    def _found(self, words: Words) -> tuple[Indices, Indices, Indices]:
        """Every place that an entry stands at: its first word, the entry's number, its length in words."""
        found = []
        for size, openers, wholes in self._finders:
            first, entry = openers.find(words.hashes)
            if size > 1:  # few words begin a phrase: only there is the phrase hashed
                hashes, first = ngrams(words, size, among=first)
                at, entry = wholes.find(hashes)
                first = first[at]
            found.append((first, entry, np.full(len(first), size)))
        first, entry, sizes = (np.concatenate(column) for column in zip(*found))
        return first, entry, sizes


def _different(words: Words, first: Indices, entry: Indices) -> NDArray[np.int32]:
    """(documents): the most different entries that stand within `PASSAGE` words of each. A loop over what was found."""
    most = np.zeros(len(words.begins) - 1, dtype=np.int32)
    order = np.argsort(first, kind="stable")
    documents = np.searchsorted(words.begins, first[order], side="right") - 1
    passage: deque[tuple[int, int]] = deque()
    inside: Counter[int] = Counter()
    for place, number, document in zip(first[order].tolist(), entry[order].tolist(), documents.tolist()):
        begin = max(int(words.begins[document]), place - PASSAGE + 1)
        while passage and passage[0][0] < begin:
            gone = passage.popleft()[1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        passage.append((place, number))
        inside[number] += 1
        most[document] = max(most[document], len(inside))
    return most


def _covered(words: Words, first: Indices, size: Indices) -> NDArray[np.int64]:
    """(documents): words inside at least one of the stretches that begin at `first` and are `size` long."""
    edges = np.zeros(len(words.hashes) + 1, dtype=np.int32)
    np.add.at(edges, first, 1)
    np.add.at(edges, first + size, -1)
    inside = np.zeros(len(edges), dtype=np.int64)
    np.cumsum(np.cumsum(edges)[:-1] > 0, out=inside[1:])
    return np.diff(inside[words.begins])


def _phrase(form: str) -> tuple[int, int, int]:
    """How many words a form has, the hash by which documents' n-grams of that length know it, its first word's."""
    words = folded([form])[1]
    size = len(words.hashes)
    if not size:
        return 0, 0, 0
    opener = int(words.hashes[0])
    return size, opener if size == 1 else int(ngrams(words, size)[0][0]), opener


def toxic_entries(words: str, allow: Iterable[str] = (), *, where: object = None) -> list[tuple[str, ...]]:
    """The entries that a configuration asks for: the built-in ones, those of a file, or none for an empty string.

    A file has an entry a line; forms of one word may stand on one line, between commas. Case is ignored, and so are
    blank lines and lines that begin with `#`. `allow` takes away single forms, folded the same way.
    Raises `InputError` when the file cannot be read, or holds no word.
    """
    if not words:
        return []
    text = _built_in() if words == BUILT_IN else _read(words, where)
    allowed = {_phrase(form) for form in allow}
    entries = [tuple(form for form in forms if _phrase(form) not in allowed) for forms in _lines(text)]
    if not any(_phrase(form)[0] for forms in _lines(text) for form in forms):
        raise InputError("no word in it", where=words, fix="one word or phrase a line, in UTF-8")
    return entries


def _lines(text: str) -> Iterator[tuple[str, ...]]:
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield tuple(form.strip() for form in line.split(",") if form.strip())


def _built_in() -> str:
    return resources.files(__package__).joinpath("toxic_words.txt").read_text(encoding="utf-8")


def _read(path: str, where: object) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        fix = f"check the path; {BUILT_IN!r} is the list that comes with Graftline"
        raise InputError(f"no such file: {path}", where=where, key="toxicity.words", fix=fix) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=path, fix="save the file as UTF-8") from None
