"""The small words that no running text does without, and no list of search terms, random letters or names has.

    words -> how often each document has each listed spelling -> Gopher's eight, and the most of any one language

`stop_words` is Gopher's measure: how many different ones, and English alone. `function_words` is their share, in
whatever language has most, so that a corpus in another language is not dropped by a rule made for English, and a long
document not kept because some letters in it happen to spell a word.
"""

from __future__ import annotations

from importlib import resources

import numpy as np

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.counts import document_of, share, whole
from engine.corpus.measure.finder import Finder

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Rae et al. 2021 (Gopher), appendix A.1.1: a document has at least two of them."""
LISTED = "function_words.txt"


def _listed() -> dict[str, tuple[str, ...]]:
    """The listed words by the language's code."""
    text = resources.files(__package__).joinpath(LISTED).read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {code: tuple(words) for code, *words in lines}


LANGUAGES = _listed()


def function_words(batch: Batch) -> Columns:
    """Gopher's by number, the others as a share of all words; in lower case or with a capital."""
    words, documents = batch.words, len(batch)
    places, spellings = _FINDER.find(words.hashes)
    document, spelling = document_of(words.begins, places), spellings % len(_SPELLINGS)
    seen = np.zeros((documents, len(STOP_WORDS)), dtype=np.bool_)
    stops = np.flatnonzero(_STOP[spelling] >= 0)
    seen[document[stops], _STOP[spelling[stops]]] = True
    owners = _COUNTS[spelling]
    nth = np.arange(owners.sum()) - np.repeat(np.cumsum(owners) - owners, owners)
    language = _OWNERS[np.repeat(_FIRST[spelling], owners) + nth]
    cells = np.repeat(document, owners) * len(LANGUAGES) + language
    counts = np.bincount(cells, minlength=documents * len(LANGUAGES)).reshape(documents, len(LANGUAGES))
    return {"stop_words": whole(seen.sum(axis=1)), "function_words": share(counts.max(axis=1), words.counts)}


_SPELLINGS = sorted({*STOP_WORDS, *(word for words in LANGUAGES.values() for word in words)})
_FINDER = Finder.of([*_SPELLINGS, *(word.capitalize() for word in _SPELLINGS)])
_STOP = np.array([STOP_WORDS.index(word) if word in STOP_WORDS else -1 for word in _SPELLINGS])
_OWNED = [[n for n, words in enumerate(LANGUAGES.values()) if word in words] for word in _SPELLINGS]
_COUNTS = np.array([len(languages) for languages in _OWNED])
_FIRST = np.cumsum(_COUNTS) - _COUNTS
_OWNERS = np.array([language for languages in _OWNED for language in languages])
"""The languages of the first spelling, then those of the second; `_FIRST` is where each one's begin."""
