"""Copies of a text that differ from it by a known amount, and how similar two texts truly are.

Similarity is what near-duplicate removal is about: Jaccard's, of the sets of five words in a row (letters and digits,
in lower case), computed exactly. A text in which a share p of the words is edited keeps (1 - p)^5 of its runs of five
words, s, and so has the similarity s / (2 - s) with the original (Broder 1997, of shingles; n = 5 as in FineWeb).
"""

from __future__ import annotations

import random
import re

from bench.prose import Prose

_WORD = re.compile(r"[^\W_]+")
N = 5


def shingles(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row; all words of a shorter text."""
    words = _WORD.findall(text.lower())
    return set(zip(*(words[first:] for first in range(N)), strict=False)) or {tuple(words)}


def similarity(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def reworded(prose: Prose, lot: random.Random, text: str, rate: float) -> str:
    """Of the words, a share replaced (three in five), left out or added to."""
    parts = re.split(r"(\s+)", text)
    for at in range(0, len(parts), 2):
        if parts[at] and lot.random() < rate:
            kind = lot.random()
            new = prose.words(1)[0]
            parts[at] = new if kind < 0.6 else "" if kind < 0.8 else f"{parts[at]} {new}"
    return "".join(parts)


def rate_for(similar: float) -> float:
    """Which share of words to edit for this similarity."""
    return 1 - float((2 * similar / (1 + similar)) ** (1 / N))


def replaced(prose: Prose, lot: random.Random, text: str, similar: float) -> str:
    """The same text but for its end or its beginning, as pages of one site differ."""
    parts = re.split(r"(\s+)", text)
    words = len(parts) // 2 + 1
    lost = int(words * (1 - 2 * similar / (1 + similar)))
    new = " ".join(prose.sentence() for _ in range(lost // 16 + 1))
    fresh = " ".join(new.split()[:lost])
    if lot.random() < 0.5:
        return "".join([*parts[: 2 * (words - lost)], fresh])
    return "".join([fresh, " ", *parts[2 * lost :]])


def respaced(lot: random.Random, text: str) -> str:
    """The same words in other white space."""
    gaps = {"\n\n": lot.choice(["\n\n\n", "\n \n", "\n"]), "\n": lot.choice(["\n", "  \n", "\n\n"]), " ": " "}
    found = re.split(r"(\s+)", text)
    for at in range(1, len(found), 2):
        gap = gaps.get(found[at], found[at])
        found[at] = gap if gap != " " or lot.random() > 0.05 else "  "
    return "".join([lot.choice(["", " ", "\n"]), *found, lot.choice(["\n", " \n\n", "  "])])
