"""How the lines of a document look: what tells an article from menus, lists, code and legal notices.

C4's rules are those of Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
Transformer", section 2.2, with the two that only its code has; FineWeb's those of Penedo et al. 2024, "The FineWeb
Datasets: Decanting the Web for the Finest Text Data at Scale", section 3.5. C4 takes lines out of a page and drops it
when too few sentences are left; here the sentences that C4 would leave are counted, and the text stays whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.counts import per_document, share, summed, whole
from engine.corpus.measure.endings import ends_in, ends_in_dots
from engine.corpus.measure.layout import Spans
from engine.corpus.measure.words import Indices, word_hash

TERMINAL = ".!?\"'”’…。！？"
"""What a finished line ends with: C4's and FineWeb's . ! ? \" ', and how books and other scripts write the same."""
SHORT_LINE = 30
"""Characters (FineWeb)."""
LINE_WORDS = 3
"""Lines with fewer are no sentences (C4)."""
LONGEST_WORD = 1_000
"""Characters; lines with a longer word are no text (C4's code)."""
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
"""Lines with one of these are legal notices (C4's code)."""
ABBREVIATIONS = ("Mr.", "Mrs.", "Ms.", "Dr.", "St.", "vs.", "e.g.", "i.e.", "etc.", "cf.", "No.", "Prof.", "Vol.")
"""Words whose point ends no sentence."""
_CLOSING = "\"')]”’"


def lines(batch: Batch) -> Columns:
    """Every measure of this file."""
    found, documents = batch.lines, len(batch)
    starts, ends = batch.words.starts[found.first], batch.words.ends[found.after - 1]
    sizes = batch.characters.between(starts, ends)
    finished = ends_in(batch.text.data, ends, TERMINAL)
    longest = np.zeros(documents, dtype=np.int64)
    np.maximum.at(longest, found.document, sizes)
    breaks = per_document(batch.text.begins, np.flatnonzero(batch.text.data == 0x0A)) - 1
    return {
        "punctuated_lines": share(np.bincount(found.document[finished], minlength=documents), found.counts),
        "short_lines": share(np.bincount(found.document[sizes <= SHORT_LINE], minlength=documents), found.counts),
        "newline_ratio": share(breaks, batch.words.counts),
        "mean_line_length": share(summed(found.document, sizes, documents), found.counts),
        "longest_line": whole(longest),
        **_c4(batch, found, ends, finished),
    }


def _c4(batch: Batch, found: Spans, ends: Indices, finished: NDArray[np.bool_]) -> Columns:
    data, documents = batch.text.data, len(batch)
    lowered = data.tobytes().lower()
    scripts = _lines_with(batch, found, _places(lowered, b"javascript"))
    policies = _lines_with(batch, found, np.sort(np.fromiter(_policy_places(lowered), dtype=np.int64)))
    wordy = (found.after - found.first >= LINE_WORDS) & ~_long_worded(batch, found)
    text = wordy & ~scripts & ~policies
    ended = finished & ~ends_in_dots(data, ends)
    sentences = _sentences(batch, found)
    return {
        "curly_brackets": whole(per_document(batch.text.begins, np.flatnonzero(data == ord("{")))),
        "lorem_ipsum": whole(per_document(batch.text.begins, _places(lowered, b"lorem ipsum"))),
        "javascript_lines": share(np.bincount(found.document[scripts], minlength=documents), found.counts),
        "policy_lines": share(np.bincount(found.document[policies], minlength=documents), found.counts),
        "sentences": whole(summed(found.document, sentences * text, documents)),
        "c4_sentences": whole(summed(found.document, sentences * (text & ended), documents)),
    }


def _places(data: bytes, phrase: bytes) -> Indices:
    return np.fromiter(_found(data, phrase), dtype=np.int64)


def _found(data: bytes, phrase: bytes) -> Iterator[int]:
    at = data.find(phrase)
    while at >= 0:
        yield at
        at = data.find(phrase, at + 1)


def _policy_places(data: bytes) -> Iterator[int]:
    for phrase in POLICY:
        yield from _found(data, phrase.encode())


def _lines_with(batch: Batch, found: Spans, places: Indices) -> NDArray[np.bool_]:
    """Which lines have one of these places in them."""
    marks = np.zeros(len(found.first), dtype=np.bool_)
    word = np.searchsorted(batch.words.starts, places, side="right") - 1
    marks[np.searchsorted(found.first, word, side="right") - 1] = True
    return marks


def _long_worded(batch: Batch, found: Spans) -> NDArray[np.bool_]:
    words = batch.words
    long = np.flatnonzero(words.ends - words.starts > LONGEST_WORD)
    long = long[batch.characters.between(words.starts[long], words.ends[long]) > LONGEST_WORD]
    marks = np.zeros(len(found.first), dtype=np.bool_)
    marks[np.searchsorted(found.first, long, side="right") - 1] = True
    return marks


def _sentences(batch: Batch, found: Spans) -> Indices:
    """(lines): in each, words that end a sentence, and what follows the last of them.

    A word ends one with . ! or ?, also inside a closing quote or bracket, when the next word of its line does not go
    on in lower case; but for initials and common abbreviations.
    """
    data, words = batch.text.data, batch.words
    last = data[words.ends - 1]
    closed = np.flatnonzero(_MAYBE_ENDING[last])
    inner = _closed_end(data, words.starts[closed], words.ends[closed])
    stops = closed[ends_in(data, inner, ".!?。！？")]
    stops = stops[~_is_abbreviation(batch, stops)]
    following = np.minimum(stops + 1, len(words.starts) - 1)
    line = np.searchsorted(found.first, stops, side="right") - 1
    ends_line = stops + 1 == found.after[line]
    lower = data[words.starts[following]]
    stops_here = ends_line | ~((lower >= ord("a")) & (lower <= ord("z")))
    counts = np.bincount(line[stops_here], minlength=len(found.first))
    open_end = np.ones(len(found.first), dtype=np.int64)
    open_end[line[ends_line]] = 0
    return counts + open_end


def _closed_end(data: NDArray[np.uint8], starts: Indices, ends: Indices) -> Indices:
    """The ends without up to two closing quotes or brackets."""
    for _ in range(2):
        size = np.where(data[ends - 1] < 0x80, 1, 3)
        ends = ends - size * (ends_in(data, ends, _CLOSING) & (ends - starts > size))
    return ends


def _is_abbreviation(batch: Batch, stops: Indices) -> NDArray[np.bool_]:
    words, data = batch.words, batch.text.data
    initial = (words.ends[stops] - words.starts[stops] == 2) & (data[words.starts[stops]] < ord("a"))
    found: NDArray[np.bool_] = np.isin(words.hashes[stops], _ABBREVIATED)
    found |= initial & ends_in(data, words.ends[stops], ".")
    return found


_ABBREVIATED = np.array([word_hash(word) for word in ABBREVIATIONS], dtype=np.uint64)
_MAYBE_ENDING = np.zeros(256, dtype=np.bool_)
_MAYBE_ENDING[list(b".!?\"')]")] = True
_MAYBE_ENDING[0x80:] = True
