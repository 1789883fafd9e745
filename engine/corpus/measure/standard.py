"""The measures that every document gets: those which the rules of `engine.corpus.rules.catalogue` bound."""

from __future__ import annotations

from engine.corpus.measure.batch import Measure
from engine.corpus.measure.function_words import function_words
from engine.corpus.measure.lines import lines
from engine.corpus.measure.quality import quality
from engine.corpus.measure.repetition import repetition

STANDARD: tuple[Measure, ...] = (quality, function_words, repetition, lines)
