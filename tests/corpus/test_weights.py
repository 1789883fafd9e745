"""Copies follow the weight, the same ones every time, and stand apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine.corpus.manifest import CorpusFolder
from engine.corpus.report import load_report
from engine.corpus.texts import texts
from engine.corpus.weights import copies, rounds
from tests.corpus.conftest import SENTENCES

DIGESTS = np.random.default_rng(1).integers(1 << 64, size=4000, dtype=np.uint64)


def taken(weight: float, seed: int = 7) -> np.ndarray:
    return copies(DIGESTS, np.full(len(DIGESTS), weight), seed)


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0, 2.5, 7.75])
def test_on_average_a_document_is_taken_as_often_as_its_weight_says(weight: float) -> None:
    assert set(taken(weight).tolist()) <= {int(weight), int(weight) + 1}
    # Five standard deviations of a share of 4,000 draws.
    assert abs(taken(weight).mean() - weight) < 5 * 0.5 / 4000**0.5


def test_a_larger_weight_never_takes_fewer_and_a_seed_takes_others() -> None:
    assert np.all(np.diff([taken(weight).astype(int) for weight in (0.2, 0.6, 1.0, 1.3, 2.9)], axis=0) >= 0)
    assert np.array_equal(taken(0.6), taken(0.6)) and not np.array_equal(taken(0.6), taken(0.6, seed=8))


def test_copies_of_a_document_stand_a_round_apart() -> None:
    order = [np.flatnonzero(turn).tolist() for turn in rounds(np.array([1, 3, 0, 2], dtype=np.uint8))]
    assert order == [[0, 1, 3], [1, 3], [1]]


def test_a_corpus_takes_its_sources_by_weight(build: Callable[[dict[str, Any]], CorpusFolder], tmp_path: Path) -> None:
    """Held-out documents stand once; a source of half weight loses half; the same text twice is still a duplicate."""
    for name, rows in (("often", SENTENCES[:20] + SENTENCES[:3]), ("seldom", SENTENCES[20:])):
        data = b"".join(msgspec.json.encode({"text": text}) + b"\n" for text in rows)
        (tmp_path / f"{name}.jsonl").write_bytes(data)
    sources = [{"path": str(tmp_path / "often.jsonl"), "name": "often", "weight": 3.0}]
    sources += [{"path": str(tmp_path / "seldom.jsonl"), "name": "seldom", "weight": 0.5}]
    near = {"near": 0.0}
    corpus = build({"sources": sources, "dedup": near, "tokenizer": {"vocab_size": 300}, "heldout": 0.2})
    train, heldout = list(texts(corpus, "train")), list(texts(corpus, "heldout"))
    counts = Counter(train)
    assert {counts[text] for text in SENTENCES[:20] if text not in heldout} == {3}
    assert max(Counter(heldout).values()) == 1 and not set(heldout) & set(train)
    assert train[: len(counts)] == [text for text in SENTENCES if text in counts]
    report = load_report(corpus.path)
    left_out = {count.rule: count.documents for count in report.dropped}
    assert left_out["duplicate"] == 3 and 5 < left_out["weight"] < 30
    assert corpus.manifest.documents == len(train) + len(heldout)
    assert report.kept_documents == len(counts) + len(heldout)
    assert report.sources[0].tokens > 2 * report.sources[1].tokens
    tokens = report.train_tokens + report.heldout_tokens - corpus.manifest.documents
    assert report.bytes_per_token == pytest.approx(sum(map(len, train + heldout)) / tokens)
