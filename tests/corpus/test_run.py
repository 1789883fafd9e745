"""The whole stage, on files: what is kept, where it goes, and that the same text is the same corpus."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config.load import convert
from engine.config.schema import CorpusConfig
from engine.corpus.dedup.look import pairs_about
from engine.corpus.manifest import CorpusFolder
from engine.corpus.preview import preview
from engine.corpus.reasons import stays, why
from engine.corpus.report import SAMPLES, load_report
from engine.corpus.texts import texts
from engine.errors import InputError
from engine.journal.events import Said
from engine.journal.reader import read
from engine.paths import Workspace
from tests.corpus.conftest import SENTENCES, Start

Build = Callable[[dict[str, Any]], CorpusFolder]
SMALL = {"type": "bpe", "vocab_size": 300}
RULES = {"clean": {"preset": "none", "rules": {"chars": 20, "alphabetic": 0.5, "mean_word_length": [2, 15]}}}


def write_jsonl(path: Path, rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    return path


def source(path: Path, **more: str) -> dict[str, str]:
    return {"path": str(path), **more}


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, Any]:
    path = write_jsonl(tmp_path / "in" / "a.jsonl", SENTENCES)
    return {"sources": [source(path)], "tokenizer": SMALL, "heldout": 0.2}


def test_every_kept_document_comes_back_whole_on_one_side(build: Build, plain: dict[str, Any]) -> None:
    corpus = build(plain)
    train, held = list(texts(corpus, "train")), list(texts(corpus, "heldout"))
    assert sorted(train + held) == sorted(SENTENCES)
    assert 2 <= len(held) <= 25  # a fifth of 54 by hash: 10.8, give or take
    m = corpus.manifest
    assert (m.documents, m.heldout_documents) == (54, len(held))
    assert m.train_bytes == sum(len(t.encode()) for t in train)
    assert m.heldout_bytes == sum(len(t.encode()) for t in held)
    encode = corpus.tokenizer().encode
    assert m.train_tokens == len(corpus.tokens("train")) == sum(len(encode(t)) + 1 for t in train)
    assert corpus.tokens("train").dtype == np.uint16
    assert not corpus.tokens("train").flags.writeable


def test_the_manifest_has_the_hash_of_every_file(build: Build, plain: dict[str, Any]) -> None:
    corpus = build(plain)
    there = {p.relative_to(corpus.path).as_posix(): p for p in corpus.path.rglob("*") if p.is_file()}
    assert set(there) == {*corpus.manifest.files, "manifest.json", "report.json", "documents.parquet"}
    for name, sha256 in corpus.manifest.files.items():
        assert hashlib.sha256(there[name].read_bytes()).hexdigest() == sha256
    assert corpus.path.name == corpus.manifest.hash and len(corpus.manifest.hash) == 12


def test_the_same_input_has_the_same_hash_whatever_order_the_disk_lists_it_in(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders with the same files, made in another order, listed in another order."""
    parts = {f"part{n}/{n}.txt": SENTENCES[n] for n in range(12)}
    hashes = set()
    real = Path.rglob
    for attempt in range(3):
        names = list(parts)
        random.Random(attempt).shuffle(names)
        folder = tmp_path / f"copy{attempt}"
        for name in names:
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(parts[name])

        def shuffled(path: Path, pattern: str, seed: int = attempt) -> list[Path]:
            found = list(real(path, pattern))
            random.Random(seed).shuffle(found)
            return found

        monkeypatch.setattr(Path, "rglob", shuffled)
        hashes.add(build({"sources": [source(folder)], "tokenizer": SMALL}).manifest.hash)
        monkeypatch.undo()
    assert len(hashes) == 1


def test_building_again_reuses_what_is_there_and_says_so(start: Start, build: Build, plain: dict[str, Any]) -> None:
    first = build(plain)
    before = (first.path / "manifest.json").stat().st_mtime_ns
    _, folder = start(plain)
    said = [r.event.text for r in read(folder.journal).records if isinstance(r.event, Said)]
    assert any("is there already" in text for text in said)
    assert (first.path / "manifest.json").stat().st_mtime_ns == before


def test_other_text_has_another_hash(build: Build, plain: dict[str, Any], tmp_path: Path) -> None:
    other = write_jsonl(tmp_path / "b.jsonl", [*SENTENCES[:-1], SENTENCES[-1] + " Or so they say."])
    assert build(plain).manifest.hash != build({**plain, "sources": [source(other)]}).manifest.hash


def test_adding_text_moves_nobody_across_the_split(build: Build, plain: dict[str, Any], tmp_path: Path) -> None:
    few = write_jsonl(tmp_path / "few.jsonl", SENTENCES[::2])
    small, large = build({**plain, "sources": [source(few)]}), build(plain)
    held = set(texts(small, "heldout"))
    assert held and held == set(texts(large, "heldout")) & set(SENTENCES[::2])


def test_the_seed_deals_the_split_again(build: Build, plain: dict[str, Any]) -> None:
    assert set(texts(build(plain), "heldout")) != set(texts(build({**plain, "seed": 1}), "heldout"))


def test_duplicates_go_within_and_across_sources_and_name_the_kept_one(build: Build, tmp_path: Path) -> None:
    """The same text but for whitespace; the first source and the first line win."""
    spaced = SENTENCES[0].replace(" ", "\n  ")
    one = write_jsonl(tmp_path / "one.jsonl", [*SENTENCES[:10], spaced])
    two = write_jsonl(tmp_path / "two.jsonl", [SENTENCES[3] + "  ", *SENTENCES[10:20]])
    sources = [source(one, name="first"), source(two, name="second")]
    corpus = build({"sources": sources, "tokenizer": SMALL})
    report = load_report(corpus.path)
    (duplicates,) = report.dropped
    assert (duplicates.rule, duplicates.documents) == ("duplicate", 2)
    assert sorted((s.id, s.source, s.kept) for s in duplicates.samples) == [
        ("one.jsonl:11", "first", "one.jsonl:1 in first"),
        ("two.jsonl:1", "second", "one.jsonl:4 in first"),
    ]
    assert [(s.name, s.documents, s.kept) for s in report.sources] == [("first", 11, 10), ("second", 11, 10)]
    both = build({"sources": sources, "tokenizer": SMALL, "dedup": {"exact": False, "near": 0}})
    assert both.manifest.documents == 22


def test_near_duplicates_go_and_another_threshold_reads_no_text(
    build: Build, tmp_path: Path, workspace: Workspace
) -> None:
    """Of 32 shingles, a word changed in the middle leaves 27 of 37, one more at the end 32 of 33."""
    text = " ".join(SENTENCES[n] for n in (0, 20, 41))
    inside = text.replace("badger", "weasel")
    rows = [*SENTENCES[:20], text, inside, f"{text} Really."]
    config = {"sources": [source(write_jsonl(tmp_path / "a.jsonl", rows))], "tokenizer": SMALL}

    def dropped(near: float) -> dict[str, tuple[str, float | None]]:
        report = load_report(build({**config, "dedup": {"near": near}}).path)
        samples = [sample for count in report.dropped if count.rule == "near_duplicate" for sample in count.samples]
        return {sample.id: (sample.kept, sample.similarity) for sample in samples}

    assert dropped(0.9) == {"a.jsonl:23": (f"a.jsonl:21 in {tmp_path / 'a.jsonl'}", pytest.approx(32 / 33))}

    def files() -> dict[Path, int]:
        found = (workspace.home / "prepared").rglob("part-*/*")
        return {path: path.stat().st_mtime_ns for path in [*found, *(workspace.home / "prepared").rglob("near-*/*")]}

    before = files()
    assert set(dropped(0.7)) == {"a.jsonl:22", "a.jsonl:23"}
    assert files() == before and len(before) > 4
    report = load_report(max((workspace.corpora / "test").iterdir(), key=lambda path: path.stat().st_mtime))
    built = convert({"name": "test", **config}, CorpusConfig, where="test")
    pairs = pairs_about(workspace, report, built, similarity=0.75, count=1)
    assert [(one.text, one.kept_text, one.similarity) for one in pairs] == [(inside, text, pytest.approx(27 / 37))]
    assert (report.clusters[0].documents, report.clusters[0].bytes) == (2, len(inside) + len(f"{text} Really."))


def test_what_stands_in_another_corpus_is_not_taken_again(build: Build, tmp_path: Path) -> None:
    """Neither the same text nor nearly the same; who is kept, and where, is named."""
    old = {"name": "old", "sources": [source(write_jsonl(tmp_path / "old.jsonl", SENTENCES[:20]))], "tokenizer": SMALL}
    first = build(old)
    rows = [*SENTENCES[20:30], SENTENCES[3].replace(" ", "  "), f"{SENTENCES[4]} Always!", SENTENCES[5]]
    config = {"sources": [source(write_jsonl(tmp_path / "new.jsonl", rows))], "tokenizer": SMALL}
    report = load_report(build({**config, "dedup": {"against": ["old"]}}).path)
    assert report.kept_documents == 10
    samples = {s.id: s for count in report.dropped for s in count.samples}
    assert {count.rule: count.documents for count in report.dropped} == {"duplicate": 2, "near_duplicate": 1}
    assert {id: s.kept_text for id, s in samples.items()} == {
        f"new.jsonl:{line}": SENTENCES[at] for line, at in ((11, 3), (12, 4), (13, 5))
    }
    assert {id: s.kept for id, s in samples.items()} == {
        f"new.jsonl:{line}": f"old.jsonl:{at + 1} in {first.ref}" for line, at in ((11, 3), (12, 4), (13, 5))
    }
    assert build({**config, "dedup": {"near": 0, "exact": False}}).manifest.documents == 13
    with pytest.raises(InputError, match=r"dedup\.against.*no corpus 'older'.*did you mean 'old'"):
        build({**config, "dedup": {"against": ["older"]}})


def test_repeated_paragraphs_are_cut_and_the_report_says_so(build: Build, tmp_path: Path, workspace: Workspace) -> None:
    """The first stays; a document made of nothing else is dropped; what is left is what is encoded."""
    notice = "We keep this site running with your help, so do please tell your friends about us."
    rows = [f"{notice}\n\n{SENTENCES[0]}", f"{SENTENCES[20]}\n{notice}", notice, *SENTENCES[30:40]]
    config = {"sources": [source(write_jsonl(tmp_path / "a.jsonl", rows))], "tokenizer": SMALL}
    corpus = build({**config, "dedup": {"paragraphs": 80}})
    report = load_report(corpus.path)
    assert sorted([*texts(corpus, "train"), *texts(corpus, "heldout")]) == sorted(
        [rows[0], f"{SENTENCES[20]}\n", *SENTENCES[30:40]]
    )
    (change,) = (change for change in report.changes if change.step == "paragraphs")
    assert (change.documents, change.count, change.samples[0].before) == (1, 1, notice)
    assert [(count.rule, count.documents) for count in report.dropped] == [("paragraphs", 1)]
    built = convert({"name": "test", **config, "dedup": {"paragraphs": 80}}, CorpusConfig, where="test")
    with preview(workspace, report, built) as session:
        would = session.report(built)
    assert (would.kept_documents, would.kept_bytes) == (report.kept_documents, report.kept_bytes)
    assert report.kept_bytes == corpus.manifest.train_bytes + corpus.manifest.heldout_bytes


def test_the_report_accounts_for_every_document(build: Build, tmp_path: Path) -> None:
    rows = [*SENTENCES, "Short.", "1234 5678 " * 9, SENTENCES[0], *["x" * 900] * 7]
    corpus = build({"sources": [source(write_jsonl(tmp_path / "a.jsonl", rows))], "tokenizer": SMALL, **RULES})
    report = load_report(corpus.path)
    counts = {count.rule: count.documents for count in report.dropped}
    assert counts == {"chars": 1, "alphabetic": 1, "mean_word_length": 7, "duplicate": 1}
    assert report.kept_documents + sum(counts.values()) == report.documents == len(rows)
    assert report.kept_bytes + sum(c.bytes for c in report.dropped) == report.sources[0].bytes
    odd = next(count for count in report.dropped if count.rule == "mean_word_length")
    assert [(s.text, s.value) for s in odd.samples] == [("x" * 900, 900)] * 7
    assert (odd.low, odd.high, sum(a.documents for a in odd.by_source.values())) == (2, 15, 7)
    kept = {row for row in rows if row in SENTENCES}
    assert len(report.kept_samples) == SAMPLES and {s.text for s in report.kept_samples} <= kept
    assert sum(bucket.documents for bucket in report.lengths) == report.kept_documents
    tokens = report.train_tokens + report.heldout_tokens - report.kept_documents
    assert report.bytes_per_token == pytest.approx(report.kept_bytes / tokens)
    assert set(report.seconds) == {"prepare", "select", "report", "tokenizer", "encode"}


def test_the_tokenizer_never_sees_held_out_text(build: Build, tmp_path: Path) -> None:
    """A word that only the held-out side has is no token; one that the training side has is."""
    plain = {"tokenizer": {"type": "bpe", "vocab_size": 900}, "heldout": 0.2}
    first = build({"sources": [source(write_jsonl(tmp_path / "a.jsonl", SENTENCES))], **plain})
    train, held = list(texts(first, "train")), list(texts(first, "heldout"))
    held_word, train_word = " zyzzyvazyzzyva", " quokkaquokka"
    # Whether a document is held out depends on its text alone: look for variants that stay on their sides.
    marked = []
    for side, word, documents in (("heldout", held_word, held), ("train", train_word, train)):
        for n, text in enumerate(documents):
            path = write_jsonl(tmp_path / side / f"{n}.jsonl", [*SENTENCES, f"{text}{word}{word}{word}"])
            corpus = build({"sources": [source(path)], **plain})
            if any(word in kept for kept in texts(corpus, side)):  # type: ignore[arg-type]
                marked.append((side, len(corpus.tokenizer().encode(word))))
                break
    assert [side for side, _ in marked] == ["heldout", "train"]
    assert marked[0][1] > 2 * marked[1][1]


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        (SENTENCES[:1], {}, r"config\.toml: sources: only one document is left.*separator"),
        ([], {}, r"config\.toml: sources: the sources hold no documents"),
        (["Short.", "Shorter.", ""], RULES, r"config\.toml: clean: no text is left: all 3 .* chars \(2\)"),
        (SENTENCES, {"name": "a/b"}, r"config\.toml: name: 'a/b' cannot be a name here"),
    ],
)
def test_a_corpus_that_cannot_be_is_one_line_and_leaves_nothing(
    start: Start, workspace: Workspace, tmp_path: Path, rows: list[str], more: dict[str, Any], message: str
) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    with pytest.raises(InputError, match=message):
        start({"sources": [source(path)], **more})
    assert not workspace.corpora.exists()
    assert [p.name for run in workspace.runs() for p in run.path.iterdir() if p.is_dir()] == []


def test_asked_to_stop_at_once_it_makes_nothing(start: Start, workspace: Workspace, plain: dict[str, Any]) -> None:
    outcome, folder = start(plain, stop=True)
    assert outcome.stopped
    assert not workspace.corpora.exists()
    assert sorted(p.name for p in folder.path.iterdir()) == ["config.toml", "journal.jsonl", "work"]
    assert not list((workspace.home / "prepared").glob("*/part-*"))


def test_text_with_terminal_controls_is_kept_as_it_is(build: Build, tmp_path: Path) -> None:
    strange = [f"{text} \x1b[31m[/nope] \u202e '\"; DROP" for text in SENTENCES]
    corpus = build(
        {
            "sources": [source(write_jsonl(tmp_path / "a.jsonl", strange))],
            "repair": {"control": False},
            "tokenizer": SMALL,
        }
    )
    assert sorted([*texts(corpus, "train"), *texts(corpus, "heldout")]) == sorted(strange)


def test_sources_with_other_presets_are_told_by_their_own_bounds(build: Build, tmp_path: Path) -> None:
    text = source(write_jsonl(tmp_path / "t.jsonl", [*SENTENCES, "Tiny."]), name="text", preset="general")
    code = source(write_jsonl(tmp_path / "c.jsonl", ["x = 1", "print(x)"]), name="code", preset="code")
    corpus = build({"sources": [text, code], "tokenizer": SMALL, "dedup": {"near": 0}})
    (count,) = load_report(corpus.path).dropped
    assert (count.rule, count.documents, count.by_source["code"].documents) == ("chars", 3, 2)
    assert count.stays == {"text": (10, None), "code": (50, None)} and stays(count) == "at least 10 / at least 50"
    told = {why(count, sample) for sample in count.samples}
    assert told == {"chars 5, at least 10", "chars 5, at least 50", "chars 8, at least 50"}
