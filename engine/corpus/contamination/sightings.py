"""From hits in batches to what is recorded: sightings are rows that a build keeps beside its parts.

hits in a batch -> sightings (a column each: document, item, share, run, passage) -> a `SuiteCheck` a suite
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from engine.corpus.contamination.index import Index
from engine.corpus.contamination.items import TestSet
from engine.corpus.contamination.measure import Hits
from engine.corpus.contamination.record import Place, SuiteCheck, cut, found
from engine.corpus.measure.batch import Batch, Columns


def sightings(batch: Batch, hits: Hits, first: int = 0) -> Columns:
    """A row a hit. `first`: the number of the batch's first document; `item` is a number in the index."""
    return {
        "document": hits.document + first,
        "item": hits.item.astype(np.int32),
        "share": hits.share.astype(np.float32),
        "run": hits.run.astype(np.int32),
        "passage": np.array([cut(text) for text in passages(batch, hits)], dtype=object),
    }


def passages(batch: Batch, hits: Hits) -> list[str]:
    """The stretch of each hit's document, as it was written where lower case is as long as the text itself."""
    text, out = batch.folded_text, []
    for document, start, end in zip(hits.document.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True):
        begin, whole = int(text.begins[document]), batch.texts[document]
        folded = bytes(text.data[start:end]).decode("utf-8", "replace")
        at = len(bytes(text.data[begin:start]).decode("utf-8", "surrogatepass"))
        as_written = whole[at : at + len(folded)]
        passage = as_written if as_written.lower() == folded else folded
        out.append(passage.encode("utf-8", "replace").decode())
    return out


def checks(index: Index, seen: Iterable[tuple[int, Place]]) -> list[SuiteCheck]:
    """What was found of each suite, from all sightings: numbers of items, each with the document it was seen in."""
    places: dict[int, list[Place]] = defaultdict(list)
    for item, place in seen:
        places[item].append(place)
    out, first = [], 0
    for tests in index.sets:
        told = index.told[first : first + len(tests.items)]
        out.append(_check(index, tests, told.tolist(), {item - first: found for item, found in places.items()}))
        first += len(tests.items)
    return out


def _check(index: Index, tests: TestSet, told: list[bool], places: dict[int, list[Place]]) -> SuiteCheck:
    return SuiteCheck(
        suite=tests.name,
        sha256=tests.sha256,
        ngram=index.ngram,
        keys=tuple(item.key for item, looked in zip(tests.items, told, strict=True) if looked),
        untold=tuple(item.key for item, looked in zip(tests.items, told, strict=True) if not looked),
        found=tuple(
            found(item.id, item.key, item.texts[-1], places[number])
            for number, item in enumerate(tests.items)
            if number in places
        ),
    )
