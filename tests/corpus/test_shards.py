"""The split's promises for any set of documents, and token files that go on where they were cut off."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.documents import digest
from engine.corpus.shards import TokenFile, Tokens, held_out, position, token_dtype

DIGESTS = [digest(f"document {n}") for n in range(2000)]


def sides(digests: list[bytes], share: float, seed: int) -> list[bool]:
    return held_out(np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16), share, seed).tolist()


@given(st.sets(st.text(), min_size=2).map(lambda t: [digest(x) for x in t]), st.floats(0.001, 0.5), st.integers(0, 9))
def test_someone_is_held_out_and_never_everyone(digests: list[bytes], share: float, seed: int) -> None:
    if len(set(digests)) > 1:  # texts that differ in whitespace alone have one digest
        assert set(sides(digests, share, seed)) == {True, False}


def test_about_the_share_asked_for_is_held_out() -> None:
    held = sum(sides(DIGESTS, 0.1, 0))
    assert 150 < held < 250  # 200, with a standard deviation of 13


def test_a_text_falls_on_one_side_wherever_it_stands() -> None:
    forward, backward = sides(DIGESTS, 0.1, 3), sides(DIGESTS[::-1], 0.1, 3)
    assert forward == backward[::-1]
    assert sides(DIGESTS + DIGESTS, 0.1, 3) == forward * 2


def test_positions_are_spread_and_seeded() -> None:
    positions = [position(d, 0) for d in DIGESTS]
    assert all(0 <= p < 1 for p in positions)
    assert abs(sum(positions) / len(positions) - 0.5) < 0.03
    assert positions != [position(d, 1) for d in DIGESTS]


def test_tokens_are_little_endian_with_an_end_after_each_document(tmp_path: Path) -> None:
    with TokenFile(tmp_path / "a.bin", "uint16", 300, Tokens()) as file:
        file.add([np.array([1, 258], dtype=np.uint32), np.array([], dtype=np.uint32)], 5)
    assert (tmp_path / "a.bin").read_bytes() == bytes([1, 0, 2, 1, 44, 1, 44, 1])
    assert file.held == Tokens(documents=2, tokens=4, bytes=5)


def test_a_token_file_goes_on_after_what_is_known_to_be_there(tmp_path: Path) -> None:
    """What was written after the last record is cut off, and the hash is of the whole."""
    path, held, one = tmp_path / "a.bin", Tokens(), np.array([7, 8], dtype=np.uint32)
    with TokenFile(path, "uint32", 300, held) as file:
        file.add([one], 2)
        recorded = Tokens(held.documents, held.tokens, held.bytes)
        file.add([one + 1], 2)
    with TokenFile(path, "uint32", 300, recorded) as file:
        file.add([one + 2], 2)
    assert np.fromfile(path, dtype="<u4").tolist() == [7, 8, 300, 9, 10, 300]
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_bytes_hold_a_token_as_long_as_they_can() -> None:
    assert (token_dtype(1 << 16), token_dtype((1 << 16) + 1)) == ("uint16", "uint32")
