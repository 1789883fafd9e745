"""Lines and paragraphs of a batch, as stretches of its words.

    words, line ends -> lines (blank ones left out) -> paragraphs: lines without a blank one between them

Two lines are equal when their words are: whitespace around or between words does not tell lines apart. A blank line is
no line. Counted as one, every paragraph break would be a repeated line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.corpus.measure.words import Hashes, Indices, Text, Words, span_hashes


@dataclass(frozen=True)
class Spans:
    """Stretches of words in order, each inside one document and with at least one word."""

    first: Indices
    """(spans): the number of its first word."""
    after: Indices
    """(spans): one after its last."""
    document: Indices
    """(spans): the number of its document."""
    hashes: Hashes
    """(spans): equal for equal words."""
    documents: int

    @property
    def counts(self) -> Indices:
        """(documents): how many each has."""
        return np.bincount(self.document, minlength=self.documents)


def lines_and_paragraphs(text: Text, words: Words) -> tuple[Spans, Spans]:
    """Both, as they stand."""
    after = np.searchsorted(words.starts, np.flatnonzero(text.data == 0x0A))
    first = np.concatenate([np.zeros(1, dtype=np.int64), after[:-1]])
    number = np.flatnonzero(after > first)
    first, after = first[number], after[number]
    document = np.searchsorted(words.begins, first, side="right") - 1
    opens = np.ones(len(number), dtype=np.bool_)
    opens[1:] = (np.diff(number) > 1) | (np.diff(document) > 0)
    opening = np.flatnonzero(opens)
    closing = np.append(opening[1:] - 1, len(number) - 1)[: len(opening)]
    lines = _spans(words, first, after, document)
    return lines, _spans(words, first[opening], after[closing], document[opening])


def _spans(words: Words, first: Indices, after: Indices, document: Indices) -> Spans:
    return Spans(first, after, document, span_hashes(words.hashes, first, after), len(words.begins) - 1)
