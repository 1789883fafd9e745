"""Some documents on their way through the measures: their text, and what several measures need of it, made once.

    Batch(texts)  ->  measure functions  ->  {"words": array(documents), "mean_word_length": array(documents), ...}

A measure function takes a batch and gives columns, one value a document. It keeps no thresholds: rules apply those
later, to what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.characters import Characters
from engine.corpus.measure.layout import Spans, lines_and_paragraphs
from engine.corpus.measure.words import Indices, Text, Words, folded, spaced

Columns: TypeAlias = dict[str, NDArray[Any]]
"""Measures by name; every array is (documents)."""
Measure: TypeAlias = Callable[["Batch"], Columns]


class Batch:
    """A few megabytes of documents."""

    def __init__(self, texts: Sequence[str]):
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def text(self) -> Text:
        """As it stands."""
        return Text.of(self.texts)

    @cached_property
    def words(self) -> Words:
        """Between whitespace, in `text`."""
        return spaced(self.text)

    @cached_property
    def characters(self) -> Characters:
        """What each character of `text` is."""
        return Characters.of(self.text)

    @cached_property
    def before_words(self) -> Indices:
        """(words + 1): characters of all words before each, whitespace apart."""
        sizes = self.characters.between(self.words.starts, self.words.ends)
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])

    @cached_property
    def _layout(self) -> tuple[Spans, Spans]:
        return lines_and_paragraphs(self.text, self.words)

    @property
    def lines(self) -> Spans:
        """Lines with words in them, as stretches of `words`."""
        return self._layout[0]

    @property
    def paragraphs(self) -> Spans:
        """Lines without a blank one between them."""
        return self._layout[1]

    @cached_property
    def _folded(self) -> tuple[Text, Words]:
        return folded(self.texts)

    @property
    def folded_words(self) -> Words:
        """In lower case without punctuation: what texts are compared by. Places are in `folded_text`."""
        return self._folded[1]

    @property
    def folded_text(self) -> Text:
        return self._folded[0]
