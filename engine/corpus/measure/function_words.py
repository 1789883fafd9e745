"""The small words that no running text does without, and no list of search terms, random letters or names has.

    words -> how often each document has each listed spelling -> Gopher's eight, and the most of any one language

`stop_words` is Gopher's measure: how many different ones, and English alone. `function_words` is their share, in
whatever language has most, so that a corpus in another language is not dropped by a rule made for English, and a long
document not kept because some letters in it happen to spell a word.
"""

from __future__ import annotations

import numpy as np

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.counts import document_of, share, whole
from engine.corpus.measure.finder import Finder

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Rae et al. 2021 (Gopher), appendix A.1.1: a document has at least two of them."""
LANGUAGES = {
    "en": "the be to of and that have with in is it for was his you",
    "de": "der die das und ist nicht zu den mit von ein auf",
    "fr": "le la les et est des une que dans pour qui pas",
    "es": "el la los que en una por con para del se no",
    "it": "il che di la per una sono con non del si le",
    "pt": "que não uma para com os se da do em por mais",
    "nl": "de het een van en is dat niet op te zijn met",
    "sv": "och att det som en på är av för inte med till",
    "da": "og det at en den til er som på de med af",
    "no": "og det som en på er av for ikke med til å",
    "fi": "ja on ei se että hän oli mutta kun ovat joka myös",
    "pl": "i w nie się na że z do to jest jak o",
    "cs": "a se na je že v to s z do ale jako",
    "hu": "a az és hogy nem is egy ez de van volt csak",
    "ro": "și de la în cu nu pe care este din un să",
    "tr": "ve bir bu da de için ile çok ne olarak gibi daha",
    "id": "yang dan di ini itu dengan untuk tidak dari dalam pada akan",
    "vi": "và của là có không được cho trong một các người đã",
    "ru": "и в не на что с он как по это но из",
    "uk": "і в не на що з він як до та це але",
    "el": "και το να του η της με που για από την δεν",
    "ar": "في من على أن إلى هذا التي عن لا ما مع كان",
    "he": "של את על לא הוא זה עם כי גם היא אל או",
    "fa": "و در به از که این را با است برای آن یک",
    "hi": "के में है की से का को और पर यह नहीं ने",
}
"""The most frequent function words of languages that are written with spaces."""


def function_words(batch: Batch) -> Columns:
    """Gopher's by number, the others as a share of all words; in lower case or with a capital."""
    words, documents = batch.words, len(batch)
    places, spellings = _FINDER.find(words.hashes)
    document, spelling = document_of(words.begins, places), spellings % len(_SPELLINGS)
    seen = np.zeros((documents, len(STOP_WORDS)), dtype=np.bool_)
    stops = np.flatnonzero(_STOP[spelling] >= 0)
    seen[document[stops], _STOP[spelling[stops]]] = True
    most = np.zeros(documents, dtype=np.int64)
    for members in _LANGUAGES:
        most = np.maximum(most, np.bincount(document[members[spelling]], minlength=documents))
    return {"stop_words": whole(seen.sum(axis=1)), "function_words": share(most, words.counts)}


_SPELLINGS = sorted({*STOP_WORDS, *(word for words in LANGUAGES.values() for word in words.split())})
_FINDER = Finder.of([*_SPELLINGS, *(word.capitalize() for word in _SPELLINGS)])
_STOP = np.array([STOP_WORDS.index(word) if word in STOP_WORDS else -1 for word in _SPELLINGS])
_LANGUAGES = [np.array([word in listed.split() for word in _SPELLINGS]) for listed in LANGUAGES.values()]
