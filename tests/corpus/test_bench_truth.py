"""The benchmark's labels and the build mean the same by similarity, each by code of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bench.edits import rate_for, shingles, similarity
from engine.corpus.dedup.similarity import similarities

WORDS = "It was the best of times, it was the worst of times; it was the age of_wisdom — \u201cthe age\u201d of café 42"
TEXTS = [
    WORDS,
    WORDS.upper(),
    WORDS.replace("worst", "least"),
    f"{WORDS}\n\n{WORDS[::-1]}",
    "three words only",
    " ".join(WORDS.split()[5:]),
]


def test_both_find_the_same_similarity() -> None:
    one, two = np.array([*itertools.combinations(range(len(TEXTS)), 2)]).T
    sets = [*map(shingles, TEXTS)]
    true = [similarity(sets[a], sets[b]) for a, b in zip(one.tolist(), two.tolist())]
    assert 0 in true and 1 in true and any(0.3 < similar < 0.9 for similar in true)
    assert similarities(TEXTS, one, two).tolist() == pytest.approx(true, abs=1e-6)


def test_an_edit_rate_is_the_one_that_leaves_so_many_runs_of_five_words() -> None:
    for similar in (0.5, 0.7, 0.95):
        left = (1 - rate_for(similar)) ** 5
        assert left / (2 - left) == pytest.approx(similar)
