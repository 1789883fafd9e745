"""What a document is made of: its length, its letters, and its words as Gopher's quality rules look at them.

The rules are those of Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher",
appendix A.1.1. A word is what stands between whitespace. A tokeniser that takes punctuation for words makes
`alphabetic_words` drop clean prose.
"""

from __future__ import annotations

import numpy as np

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.measure.characters import DIGIT, LETTER
from engine.corpus.measure.counts import per_document, share, whole
from engine.corpus.measure.endings import ends_in, ends_in_dots
from engine.corpus.measure.finder import Finder

BULLETS = ("•", "‣", "◦", "●", "▪", "-", "*")
"""What a line of a list begins with: Gopher names no characters; these as words of their own, `•` also before one."""


def quality(batch: Batch) -> Columns:
    """Every measure of this file."""
    return {**_lengths(batch), **_characters(batch), **_words(batch), **_symbols(batch), **_line_marks(batch)}


def _lengths(batch: Batch) -> Columns:
    in_words = np.diff(batch.before_words[batch.words.begins])
    return {
        "chars": whole(batch.characters.lengths),
        "words": whole(batch.words.counts),
        "mean_word_length": share(in_words, batch.words.counts),
    }


def _characters(batch: Batch) -> Columns:
    chars = batch.characters
    letters, digits = chars.count(LETTER), chars.count(DIGIT)
    spaces = chars.lengths - np.diff(batch.before_words[batch.words.begins])
    return {
        "alphabetic": share(letters + spaces, chars.lengths),
        "alphanumeric": share(letters + digits, chars.lengths),
    }


def _words(batch: Batch) -> Columns:
    words, chars = batch.words, batch.characters
    bare = np.flatnonzero(~chars.any_in(LETTER, words.starts, words.ends))
    symbols = bare[~chars.any_in(DIGIT, words.starts[bare], words.ends[bare])]
    return {
        "alphabetic_words": share(words.counts - per_document(words.begins, bare), words.counts),
        "symbol_words": share(per_document(words.begins, symbols), words.counts),
    }


def _symbols(batch: Batch) -> Columns:
    hashes = np.array([text.count("#") for text in batch.texts], dtype=np.int64)
    ellipses = np.array([text.count("...") + text.count("…") for text in batch.texts], dtype=np.int64)
    return {"hash_ratio": share(hashes, batch.words.counts), "ellipsis_ratio": share(ellipses, batch.words.counts)}


def _line_marks(batch: Batch) -> Columns:
    lines, words, data = batch.lines, batch.words, batch.text.data
    starts, ends = words.starts[lines.first], words.ends[lines.after - 1]
    bullets = ends_in(data, np.minimum(starts + 3, ends), "•")
    bullets[_BULLETS.find(words.hashes[lines.first])[0]] = True
    dotted = ends_in(data, ends, "…") | ends_in_dots(data, ends)
    return {
        "bullet_lines": share(np.bincount(lines.document[bullets], minlength=len(batch)), lines.counts),
        "ellipsis_lines": share(np.bincount(lines.document[dotted], minlength=len(batch)), lines.counts),
    }


_BULLETS = Finder.of(BULLETS)
