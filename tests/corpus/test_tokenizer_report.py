"""The tokenizer's report against counts by hand, on a corpus that was really built."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.corpus.manifest import CorpusFolder
from engine.corpus.texts import texts
from engine.corpus.tokenizer_report import TokenizerReport, tokenizer_report
from engine.corpus.vocabulary import train_bpe
from engine.paths import Workspace
from tests.cli.conftest import ask
from tests.corpus.conftest import SENTENCES

LINES = [f"def function_{number}(x): return x + {number}  # adds {number}" for number in range(40)]


@pytest.fixture
def corpus(build: Callable[[dict[str, Any]], CorpusFolder], tmp_path: Path) -> CorpusFolder:
    """Prose and code, a tenth of both held out, and a vocabulary that is small enough to cut words."""
    paths = {"prose": SENTENCES, "code": LINES}
    for name, some in paths.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in some))
    return build(
        {
            "sources": [{"path": str(tmp_path / f"{name}.jsonl"), "name": name} for name in paths],
            "clean": {"preset": "none"},
            "dedup": {"near": 0},
            "heldout": 0.2,
            "tokenizer": {"vocab_size": 330, "special": ["<|user|>"]},
        }
    )


def test_it_says_how_the_vocabulary_fits_text_it_did_not_learn_from(
    corpus: CorpusFolder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = train_bpe(["another text"], 270, name="gpt2")
    monkeypatch.setattr("engine.corpus.tokenizer_report.at_hand", lambda name: peer if name == "gpt2" else None)
    answer = ask("corpus", "tokenizer", corpus.manifest.name, "--json", home=workspace.home)
    report = answer.json(TokenizerReport)
    tokenizer, heldout = corpus.tokenizer(), list(texts(corpus, "heldout"))
    sizes = {
        name: (sum(len(text) for text in some), sum(len(tokenizer.encode(text)) for text in some))
        for name, some in (
            ("bpe", heldout),
            ("prose", [text for text in heldout if text in SENTENCES]),
            ("code", [text for text in heldout if text in LINES]),
        )
    }
    assert all(count for count, _ in sizes.values())
    assert {fit.name: (fit.bytes, fit.tokens) for fit in (report.fit, *report.sources)} == sizes
    assert (report.heldout_bytes, report.n_vocab, report.special) == (sizes["bpe"][0], 330, {"<|user|>": 329})
    (theirs,) = report.peers
    assert (theirs.bytes, theirs.tokens) == (sizes["bpe"][0], sum(map(len, peer.encode_batch(heldout))))
    assert [fit.name for fit in report.peer_sources["gpt2"]] == [fit.name for fit in report.sources]

    ids = [*corpus.tokens("train").tolist(), *corpus.tokens("heldout").tolist()]
    assert report.merges == 330 - 256 - 2 and report.unused == len(set(range(256, 328)) - set(ids))
    longest = report.longest[0]
    assert longest.bytes == max(len(tokenizer.decode([id])) for id in range(256, 328))
    assert longest.times == ids.count(longest.id)
    costs = [(len(word.pieces) - 1) * word.times for word in report.costly]
    assert costs == sorted(costs, reverse=True) and costs[0] > 0
    assert all("".join(word.pieces) == f" {word.word}" for word in report.costly)


def test_people_read_it_in_tables(corpus: CorpusFolder, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.corpus.tokenizer_report.at_hand", lambda name: None)
    out = ask("corpus", "tokenizer", corpus.manifest.name, "--most", 3, home=workspace.home).out
    lines = [line.split() for line in out.splitlines()]
    (prose,) = (words for words in lines if words[:1] == ["prose"])
    report = tokenizer_report(corpus, ["prose", "code"])
    assert prose[2] == f"{report.sources[0].bytes_per_token:.3f}"
    assert "<|user|> 329" in out and "no published vocabulary at hand" in out
    assert ask("corpus", "tokenizer", "nothing", home=workspace.home).code == 3


def test_a_corpus_that_does_not_say_whose_documents_are_whose_has_no_sources(corpus: CorpusFolder) -> None:
    (corpus.path / "documents.parquet").unlink()
    report = tokenizer_report(corpus, ["prose", "code"])
    assert report.sources == [] and msgspec.json.encode(report)
