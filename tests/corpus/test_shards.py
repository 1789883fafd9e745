"""The split's promises for any set of documents, and the spill file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.documents import digest
from engine.corpus.shards import Spill, TokenFile, held_out, position

DIGESTS = [digest(f"document {n}") for n in range(2000)]


@given(st.sets(st.text(), min_size=2).map(lambda t: [digest(x) for x in t]), st.floats(0.001, 0.5), st.integers(0, 9))
def test_someone_is_held_out_and_never_everyone(digests: list[bytes], share: float, seed: int) -> None:
    if len(set(digests)) > 1:  # texts that differ in whitespace alone have one digest
        assert set(held_out(digests, share, seed)) == {True, False}


def test_about_the_share_asked_for_is_held_out() -> None:
    held = sum(held_out(DIGESTS, 0.1, 0))
    assert 150 < held < 250  # 200, with a standard deviation of 13


def test_a_text_falls_on_one_side_wherever_it_stands() -> None:
    forward, backward = held_out(DIGESTS, 0.1, 3), held_out(DIGESTS[::-1], 0.1, 3)
    assert forward == backward[::-1]
    assert held_out(DIGESTS + DIGESTS, 0.1, 3) == forward * 2


def test_positions_are_spread_and_seeded() -> None:
    positions = [position(d, 0) for d in DIGESTS]
    assert all(0 <= p < 1 for p in positions)
    assert abs(sum(positions) / len(positions) - 0.5) < 0.03
    assert positions != [position(d, 1) for d in DIGESTS]


@given(st.lists(st.text()))
def test_what_is_spilled_comes_back(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spill = Spill(Path(folder) / "spill")
        sizes = [spill.add(text) for text in texts]
        spill.close()
        assert list(spill) == texts
        assert sizes == [len(text.encode()) for text in texts]


def test_tokens_are_little_endian_with_an_end_after_each_document(tmp_path: Path) -> None:
    with TokenFile(tmp_path / "a.bin", "uint16", 300) as file:
        file.add([1, 258], 5)
        file.add([], 0)
    assert (tmp_path / "a.bin").read_bytes() == bytes([1, 0, 2, 1, 44, 1, 44, 1])
    assert (file.documents, file.tokens, file.bytes) == (2, 4, 5)
