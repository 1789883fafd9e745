"""De-duplication against what it stands for: sets of five words in a row, compared pair by pair in plain Python."""

from __future__ import annotations

import random
import re
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.corpus.dedup.banding import Banding, banding
from engine.corpus.dedup.exact import digests, exact_duplicates
from engine.corpus.dedup.groups import groups
from engine.corpus.dedup.minhash import PERMUTATIONS, agreeing, signatures
from engine.corpus.dedup.pairs import Pairs, find_pairs, representatives
from engine.corpus.dedup.paragraphs import paragraphs, repeated
from engine.corpus.dedup.resolve import Resolved, resolve
from engine.corpus.documents import digest
from engine.corpus.measure.batch import Batch
from engine.corpus.measure.words import Indices, Text, spaced

LARGE, SMALL = 1 << 28, 1 << 12
"""Bytes of memory: all at once, and a little at a time."""
VOCABULARY = [f"{a}{b}" for a in ("ka", "lo", "mi", "nu", "pe", "ra", "so", "ti") for b in "bcdfghjklmnpqrstvwxz"]


def words(random: random.Random, count: int) -> list[str]:
    return random.choices(VOCABULARY, k=count)


def edited(random: random.Random, text: list[str], edits: int) -> list[str]:
    text = list(text)
    for _ in range(edits):
        text[random.randrange(len(text))] = random.choice(VOCABULARY)
    return text


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Texts of many lengths, each with a copy that is more or less like it; and some that are hardly texts."""
    source = random.Random(11)
    originals = [words(source, source.randrange(6, 300)) for _ in range(70)]
    copies = [edited(source, text, source.randrange(1 + len(text) // 15)) for text in originals]
    odd = ["", "...", "two words", "Two, words!", "three short words", originals[0][0]]
    mixed = [" ".join(text) for text in [*originals, *copies]] + odd
    source.shuffle(mixed)
    return mixed


def grams(text: str) -> set[tuple[str, ...]]:
    folded = [word for word in re.split(r"\W+", text.lower()) if word]
    return {tuple(folded[i : i + 5]) for i in range(max(1, len(folded) - 4))} - {()}


def similarity(a: set[tuple[str, ...]], b: set[tuple[str, ...]]) -> float:
    """By the definition."""
    return len(a & b) / len(a | b) if a | b else 0.0


def found(texts: list[str], folder: Path, memory: int = LARGE, known: int = 0) -> tuple[Pairs, Indices]:
    signed = signatures(Batch(texts).folded_words)
    sizes = np.array([len(text) for text in texts])
    blocks = np.array_split(signed.rows, 3)

    def read(numbers: Indices) -> list[str]:
        return [texts[number] for number in numbers]

    pairs = find_pairs(blocks, signed.twins, sizes, read, folder, memory=memory, known=known)
    return pairs, representatives(signed.twins, memory)


def test_digests_are_those_of_the_text_but_for_whitespace(texts: list[str]) -> None:
    texts = [*texts, " a\n\tb ", "a b", "a  b\n", "a b.", "\n", "naïve — 東京\u3000x"]
    made = digests(Batch(texts).text, Batch(texts).words)
    assert [bytes(row) for row in made] == [digest(text) for text in texts]


@pytest.mark.parametrize("memory", [LARGE, SMALL])
def test_the_first_of_the_same_text_is_kept_among_those_that_pass(memory: int) -> None:
    halves = np.random.default_rng(0).integers(0, 12, (2, 400)).astype(np.uint64) << np.uint64(60)
    passed = np.arange(400) % 3 > 0
    first: dict[tuple[int, int], int] = {}
    expected = [
        first.setdefault((int(a), int(b)), n) if passes else n for n, (a, b, passes) in enumerate(zip(*halves, passed))
    ]
    assert exact_duplicates(halves[0], halves[1], passed, memory).tolist() == expected


@pytest.mark.parametrize("memory", [LARGE, SMALL])
def test_groups_hold_all_that_is_equal_in_order(memory: int) -> None:
    keys = np.random.default_rng(1).integers(0, 200, 500).astype(np.uint64) << np.uint64(55)
    made = {tuple(places[a:b].tolist()) for places, begins in groups(keys, memory) for a, b in pairwise(begins)}
    expected = {tuple(np.flatnonzero(keys == key).tolist()) for key in np.unique(keys)}
    assert made == {places for places in expected if len(places) > 1}


@pytest.mark.parametrize("size", [12, 400])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_signatures_agree_as_often_as_sets_are_alike(size: int, share: float) -> None:
    """Broder's theorem, for 100 pairs: the mean is right to within 4 of its standard deviations."""
    source = random.Random(3)
    texts = []
    for _ in range(100):
        text = [str(source.randrange(10**9)) for _ in range(size)]
        texts += [" ".join(text), " ".join([*text[: int(size * share)], *words(source, size - int(size * share))])]
    rows = signatures(Batch(texts).folded_words).rows
    estimates = agreeing(rows[::2], rows[1::2]) / PERMUTATIONS
    true = np.array([similarity(grams(a), grams(b)) for a, b in zip(texts[::2], texts[1::2])])
    assert abs(np.mean(estimates - true)) < 4 * np.sqrt(np.mean(true * (1 - true)) / PERMUTATIONS / 100)


def test_bands_are_chosen_for_what_is_to_be_found() -> None:
    assert [banding(target) for target in (0.5, 0.6, 0.7)] == [Banding(48, 3), Banding(36, 4), Banding(28, 5)]
    assert Banding(36, 4).recall(0.7) == pytest.approx(1 - (1 - 0.7**4) ** 36) and banding(0.6).recall(0.6) > 0.99


@pytest.mark.parametrize("memory", [LARGE, SMALL])
def test_pairs_are_all_that_are_alike_with_their_exact_similarity(
    texts: list[str], tmp_path: Path, memory: int
) -> None:
    pairs, same = found(texts, tmp_path, memory)
    sets = [grams(text) for text in texts]
    similarities = ((pair, similarity(sets[pair[0]], sets[pair[1]])) for pair in combinations(range(len(texts)), 2))
    alike = {pair: value for pair, value in similarities if value >= 0.5}
    made = {(int(a), int(b)): float(s) for a, b, s in zip(*pairs)}
    twins = {pair for pair in alike if same[pair[0]] == same[pair[1]]}
    assert all(alike[pair] == 1 for pair in twins) and len(twins) > 1
    sure = {pair for pair, s in alike.items() if s >= 0.7} - twins
    assert sure <= set(made) <= set(alike) - twins and len(sure) > 20
    assert all(made[pair] == pytest.approx(alike[pair], abs=1e-6) for pair in made)
    assert bool(list(tmp_path.iterdir())) == (memory == SMALL)  # what did not fit


def test_other_corpora_are_not_compared_among_each_other(texts: list[str], tmp_path: Path) -> None:
    pairs, _ = found(texts, tmp_path)
    against, _ = found(texts, tmp_path, known=60)
    new = pairs.later >= 60
    assert 0 < np.count_nonzero(new) < len(new)
    assert all((made == column[new]).all() for made, column in zip(against, pairs))


def test_of_a_crowd_the_first_of_each_kind_stays(tmp_path: Path) -> None:
    """Three pages, each in 60 versions that differ at the end: too many to compare all, and none gets by."""
    source = random.Random(5)
    page = words(source, 60)
    kinds = [[*page, *words(source, 40)] for _ in range(3)]
    texts = [" ".join([*kinds[n % 3][:-6], *words(source, 6)]) for n in range(180)]
    pairs, same = found(texts, tmp_path)
    kept = resolve(pairs, same, np.ones(180, dtype=np.bool_), 0.8).by
    assert len(pairs.later) < 180 * 30
    assert kept.tolist() == [n % 3 for n in range(180)]


def test_paragraphs_are_cut_where_they_stand_again() -> None:
    """Lines of 12 characters and more; the first stays, and blank lines go with what stood above them."""
    texts = ["Same as ever.\n\nshort\nNaïve, alone 1.", "\nshort\n\nSame  as\tever.\n\n\nshort", "Same as ever.\n"]
    text = Text.of(texts)
    records = paragraphs(text, spaced(text), 12)
    cuts = repeated(records, np.ones(3, dtype=np.bool_), LARGE)
    assert records["document"].tolist() == [0, 0, 1, 2]
    assert [cuts.apply(n, text) for n, text in enumerate(texts)] == [texts[0], "\nshort\n\nshort", ""]
    assert cuts.bytes(3).tolist() == [0, 17, 14]
    assert repeated(records, np.array([False, True, True]), SMALL).bytes(3).tolist() == [0, 0, 14]


def greedy(pairs: Pairs, same: Indices, passed: NDArray[np.bool_], threshold: float, known: int) -> Resolved:
    """By the definition: in order, a document goes if an earlier kept one is similar enough; with it all its twins."""
    alike = {(int(a), int(b)): float(s) for a, b, s in zip(*pairs)}
    by, strength = np.arange(len(same)), np.ones(len(same), dtype=np.float32)
    kept: list[int] = []
    decided: dict[int, int] = {}
    for n in np.flatnonzero(passed).tolist():
        first = decided.setdefault(int(same[n]), n)
        ranked = [(alike.get((min(same[k], same[n]), max(same[k], same[n])), 0.0), -k) for k in kept]
        best, at = max(ranked, default=(0.0, 0))
        if n < known:
            kept.append(n)
        elif first != n:
            by[n], strength[n] = by[first], strength[first]
        elif best >= threshold:
            by[n], strength[n] = -at, best
        else:
            kept.append(n)
    return Resolved(by, strength)


@pytest.mark.parametrize("seed", range(12))
def test_who_goes_is_decided_as_by_one_after_the_other(seed: int) -> None:
    source = np.random.default_rng(seed)
    same = representatives(source.integers(0, 40, 60).astype(np.uint64) << np.uint64(58), LARGE)
    first = np.unique(same)
    chosen = [pair for pair in combinations(first.tolist(), 2) if source.random() < 0.15]
    earlier, later = np.array(sorted(chosen, key=lambda pair: (pair[1], pair[0]))).T
    known = int(seed % 3 * 4)
    new = later >= known
    similar = source.choice(np.array([0.5, 0.7, 0.8, 0.9], dtype=np.float32), len(chosen))
    pairs = Pairs(earlier[new], later[new], similar[new])
    passed = (source.random(60) < 0.8) | (np.arange(60) < known)
    made, expected = resolve(pairs, same, passed, 0.75, known), greedy(pairs, same, passed, 0.75, known)
    assert made.by.tolist() == expected.by.tolist()
    assert made.similarity[passed].tolist() == expected.similarity[passed].tolist()
