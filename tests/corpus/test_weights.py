"""Copies follow the weight, the same ones every time, and stand apart."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine.corpus.weights import copies, rounds

DIGESTS = [hashlib.blake2b(str(n).encode(), digest_size=16).digest() for n in range(4000)]


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0, 2.5, 7.75])
def test_on_average_a_document_is_taken_as_often_as_its_weight_says(weight: float) -> None:
    taken = [copies(digest, weight, 7) for digest in DIGESTS]
    assert set(taken) <= {int(weight), int(weight) + 1}
    # Five standard deviations of a share of 4,000 draws.
    assert abs(np.mean(taken) - weight) < 5 * 0.5 / 4000**0.5
    assert taken == [copies(digest, weight, 7) for digest in DIGESTS]


def test_a_larger_weight_never_takes_fewer_and_a_seed_takes_others() -> None:
    taken = [[copies(digest, weight, 7) for digest in DIGESTS] for weight in (0.2, 0.6, 1.0, 1.3, 2.9)]
    assert np.all(np.diff(np.array(taken), axis=0) >= 0)
    assert taken[1] != [copies(digest, 0.6, 8) for digest in DIGESTS]


def test_copies_of_a_document_stand_a_round_apart() -> None:
    order = np.concatenate(rounds(np.array([1, 3, 0, 2], dtype=np.int64)))
    assert order.tolist() == [0, 1, 3, 1, 3, 1]
    assert rounds(np.array([], dtype=np.int64)) == []
