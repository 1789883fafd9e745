"""Looks for test items in a corpus that was built before: its own tokens as text again, on all cores.

    training tokens -> stretches of whole documents -> workers: text -> sightings -> a `SuiteCheck` a suite

What is read is what models learn from, so nothing else of the build has to be there any more. Documents have no ids
here: they are told by their place among the training documents, `train:0` and on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from engine.corpus.budget import cores
from engine.corpus.contamination.index import Index, build_index
from engine.corpus.contamination.items import TestSet
from engine.corpus.contamination.measure import find
from engine.corpus.contamination.record import Place, SuiteCheck
from engine.corpus.contamination.sightings import checks, sightings
from engine.corpus.manifest import CorpusFolder, open_corpus
from engine.corpus.measure.batch import Batch
from engine.corpus.pool import Work, in_order

_BLOCK = 1 << 18
"""Tokens of one piece of work, rounded up to whole documents: about a megabyte of text."""
_SCAN = 1 << 22
"""Tokens searched for ends of documents at once."""
_TEXTS = 1000
"""Texts looked through at once, where they are held already."""
NGRAM = 8
"""Words in a row, as in a build that says nothing else."""

Tell = Callable[[int, int], None]
"""Training tokens looked through, and all of them."""


class Stretch(NamedTuple):
    """Whole documents in a row."""

    start: int
    """Tokens, in the training side."""
    end: int
    first: int
    """The number of the first document."""


def check(
    corpus: CorpusFolder, sets: Sequence[TestSet], *, ngram: int = NGRAM, workers: int = 0, tell: Tell = lambda *_: None
) -> list[SuiteCheck]:
    """What of the sets stands in the corpus's training side. `workers`: processes; 0: one for each core."""
    index = build_index(sets, ngram)
    return checks(index, _seen(corpus, index, workers or cores(), tell))


def check_texts(texts: Mapping[str, str], sets: Sequence[TestSet], *, ngram: int = NGRAM) -> list[SuiteCheck]:
    """What of the sets stands in some texts that a model learns from, by their ids."""
    index, ids = build_index(sets, ngram), list(texts)
    places = (
        (item, replace(place, document=ids[document]))
        for first in range(0, len(ids), _TEXTS)
        for item, document, place in _places(index, [texts[id] for id in ids[first : first + _TEXTS]], first)
    )
    return checks(index, places)


def _seen(corpus: CorpusFolder, index: Index, workers: int, tell: Tell) -> Iterator[tuple[int, Place]]:
    done, total = 0, corpus.manifest.train_tokens
    for tokens, places in in_order(partial(_looker, corpus.path, index), stretches(corpus), workers):
        yield from places
        done += tokens
        tell(done, total)


def stretches(corpus: CorpusFolder) -> Iterator[Stretch]:
    """The training side in stretches of at least `_BLOCK` tokens, the last one apart."""
    tokens, end_of_text = corpus.tokens("train"), corpus.tokenizer().end_of_text
    start = first = documents = 0
    for begin in range(0, len(tokens), _SCAN):
        for end in (np.flatnonzero(tokens[begin : begin + _SCAN] == end_of_text) + begin + 1).tolist():
            documents += 1
            if end - start >= _BLOCK:
                yield Stretch(start, end, first)
                start, first = end, documents
    if start < len(tokens):
        yield Stretch(start, len(tokens), first)


def _looker(folder: Path, index: Index) -> Work[Stretch, tuple[int, list[tuple[int, Place]]]]:
    corpus = open_corpus(folder)
    return lambda stretch: (stretch.end - stretch.start, list(_found(corpus, index, stretch)))


def _found(corpus: CorpusFolder, index: Index, stretch: Stretch) -> Iterator[tuple[int, Place]]:
    return ((item, place) for item, _, place in _places(index, list(_texts(corpus, stretch)), stretch.first))


def _places(index: Index, texts: Sequence[str], first: int) -> Iterator[tuple[int, int, Place]]:
    """Item, document and place of every sighting. `first`: the number of the first document."""
    batch = Batch(texts)
    rows = sightings(batch, find(batch, index), first)
    columns = (rows[name].tolist() for name in ("item", "document", "share", "run", "passage"))
    for item, document, share, run, passage in zip(*columns, strict=True):
        place = Place(document=f"train:{document}", fate="train", share=share, run=run, passage=passage)
        yield item, document, place


def _texts(corpus: CorpusFolder, stretch: Stretch) -> Iterator[str]:
    tokens, tokenizer = corpus.tokens("train")[stretch.start : stretch.end], corpus.tokenizer()
    start = 0
    for end in np.flatnonzero(tokens == tokenizer.end_of_text).tolist():
        yield tokenizer.decode(tokens[start:end].tolist())
        start = end + 1
