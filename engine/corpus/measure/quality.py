"""What a document is made of: its length, its letters, and its words as Gopher's quality rules look at them.

The rules are those of Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher",
appendix A.1.1. A word is what stands between whitespace. A tokeniser that takes punctuation for words makes
`alphabetic_words` drop clean prose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.counts import per_document, share, summed, whole
from engine.corpus.measure.words import Hashes, Indices, word_hash

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's; a document of English has at least two of them."""
BULLETS = ("•", "‣", "◦", "●", "▪", "-", "*")
"""What a line of a list begins with: Gopher names no characters; these as words of their own, `•` also before one."""


def quality(batch: Batch) -> Columns:
    """Every measure of this file."""
    return {**_lengths(batch), **_characters(batch), **_words(batch), **_symbols(batch), **_line_marks(batch)}


def _lengths(batch: Batch) -> Columns:
    words, chars = batch.words, batch.characters
    in_words = chars.lengths - chars.spaces
    return {
        "chars": whole(chars.lengths),
        "words": whole(words.counts),
        "mean_word_length": share(in_words, words.counts),
    }


def _characters(batch: Batch) -> Columns:
    chars, begins = batch.characters, batch.text.begins
    letters, digits = np.diff(chars.letters[begins]), np.diff(chars.digits[begins])
    return {
        "alphabetic": share(letters + chars.spaces, chars.lengths),
        "alphanumeric": share(letters + digits, chars.lengths - chars.spaces),
    }


def _words(batch: Batch) -> Columns:
    words, chars = batch.words, batch.characters
    lettered = chars.letters[words.ends] > chars.letters[words.starts]
    bare = np.flatnonzero(~lettered)
    symbols = bare[chars.digits[words.ends[bare]] == chars.digits[words.starts[bare]]]
    return {
        "alphabetic_words": share(words.counts - per_document(words.begins, bare), words.counts),
        "symbol_words": share(per_document(words.begins, symbols), words.counts),
        "stop_words": whole(_stop_words(words.hashes, words.document, len(batch))),
    }


def _stop_words(hashes: Hashes, document: Indices, documents: int) -> Indices:
    """How many different ones each document has, in lower case or with a capital."""
    number = _spelled(hashes, _STOP)
    found = np.flatnonzero(number >= 0)
    there = np.zeros((documents, len(STOP_WORDS)), dtype=np.bool_)
    there[document[found], number[found] % len(STOP_WORDS)] = True
    return there.sum(axis=1)


def _symbols(batch: Batch) -> Columns:
    data, begins, words = batch.text.data, batch.text.begins, batch.words.counts
    hashes = per_document(begins, np.flatnonzero(data == ord("#")))
    return {"hash_ratio": share(hashes, words), "ellipsis_ratio": share(_ellipses(data, begins), words)}


def _ellipses(data: NDArray[np.uint8], begins: Indices) -> NDArray[np.float64]:
    """`...` and `…` in each document; six dots are two."""
    dots = np.flatnonzero(data == ord("."))
    opens = np.flatnonzero(np.diff(dots, prepend=-2) > 1)
    lengths = np.diff(opens, append=len(dots))
    document = np.searchsorted(begins, dots[opens], side="right") - 1
    single = per_document(begins, _ellipsis_characters(data))
    return summed(document, lengths // 3, len(begins) - 1) + single


def _ellipsis_characters(data: NDArray[np.uint8]) -> Indices:
    """Places of `…` (E2 80 A6)."""
    at = np.flatnonzero(data == 0xA6)
    at = at[at >= 2]
    return at[(data[at - 1] == 0x80) & (data[at - 2] == 0xE2)] - 2


def _line_marks(batch: Batch) -> Columns:
    lines, words, data = batch.lines, batch.words, batch.text.data
    starts, ends = words.starts[lines.first], words.ends[lines.after - 1]
    dot = (data[starts] == 0xE2) & (data[starts + 1] == 0x80) & (data[np.minimum(starts + 2, len(data) - 1)] == 0xA2)
    bullets = dot | (_spelled(words.hashes[lines.first], _BULLETS) >= 0)
    dotted = ends_with(data, starts, ends, b"...") | ends_with(data, starts, ends, "…".encode())
    return {
        "bullet_lines": share(np.bincount(lines.document[bullets], minlength=len(batch)), lines.counts),
        "ellipsis_lines": share(np.bincount(lines.document[dotted], minlength=len(batch)), lines.counts),
    }


def ends_with(data: NDArray[np.uint8], starts: Indices, ends: Indices, mark: bytes) -> NDArray[np.bool_]:
    """Which stretches of bytes end in exactly these."""
    found = ends - starts >= len(mark)
    for step, byte in enumerate(reversed(mark), start=1):
        found &= data[np.maximum(ends - step, 0)] == byte
    return found


def _table(spellings: tuple[str, ...]) -> tuple[Hashes, NDArray[np.int16]]:
    """Hashes by their first 16 bits: which of them a word may be is one look-up; whether it is, one comparison."""
    hashes = np.array([word_hash(spelling) for spelling in spellings], dtype=np.uint64)
    slots = np.full(1 << 16, -1, dtype=np.int16)
    slots[hashes >> np.uint64(48)] = np.arange(len(spellings))
    assert np.array_equal(_spelled(hashes, (hashes, slots)), np.arange(len(spellings))), "two spellings share a slot"
    return hashes, slots


def _spelled(hashes: Hashes, table: tuple[Hashes, NDArray[np.int16]]) -> NDArray[np.int16]:
    """Which spelling each word is, -1 for none."""
    spellings, slots = table
    number = slots[hashes >> np.uint64(48)]
    return np.where(spellings[number] == hashes, number, np.int16(-1))


_STOP = _table((*STOP_WORDS, *(word.capitalize() for word in STOP_WORDS)))
_BULLETS = _table(BULLETS)
