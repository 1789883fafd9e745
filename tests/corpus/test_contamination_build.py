"""Test items planted in a corpus: found by the build, dropped or marked, recorded, and flagged when models compare."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from engine.compare.contaminated import seen_by
from engine.compare.table import compare
from engine.config import schema
from engine.corpus.contamination import check
from engine.corpus.contamination.record import SuiteCheck, load_checks
from engine.corpus.manifest import CorpusFolder, find_corpus
from engine.corpus.report import TestSetCount, load_report
from engine.corpus.table import read_table
from engine.corpus.texts import texts
from engine.errors import InputError
from engine.launch.job import create
from engine.paths import Workspace
from engine.store.rows import EvalRow, PredictionRow, ScoreRow
from tests.cli.conftest import ask
from tests.corpus.test_contamination import edited, prose
from tests.support.stages import MODEL, TRAIN, stage, write_rows

PLANTED = 50


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A suite of 200 items, and text with 50 of them in it, every other one with a tenth of its words changed."""
    folder, chance = tmp_path_factory.mktemp("contamination"), random.Random(11)
    items = [{"text": prose(chance, chance.randrange(16, 60)), "label": "a"} for _ in range(200)]
    test = write_rows(folder / "items.jsonl", items)
    (folder / "suite.toml").write_text(f'kind = "suite"\nname = "held"\ntask = "classification"\ndata = "{test}"\n')
    rows = [{"id": str(at), "text": prose(chance, 120)} for at in range(300)]
    for at in range(PLANTED):
        leaked = edited(chance, items[at]["text"], 0.1 * (at % 2))
        rows[3 * at]["text"] += f"\n{leaked.capitalize()}.\n{prose(chance, 20)}"
    write_rows(folder / "text.jsonl", rows)
    return Workspace(folder / "runs")


def build(home: Workspace, name: str, action: str) -> tuple[CorpusFolder, SuiteCheck]:
    folder = home.home.parent
    config = schema.CorpusConfig(
        name=name,
        sources=(schema.SourceConfig(path=str(folder / "text.jsonl")),),
        clean=schema.CleanConfig(preset="none"),
        contamination=schema.ContaminationConfig(suites=(str(folder / "suite.toml"),), action=action),  # type: ignore[arg-type]
        tokenizer=schema.TokenizerConfig(vocab_size=300),
        workers=1,
    )
    stage(home, config)
    corpus = find_corpus(home, name)
    (built,) = load_checks(home, corpus.ref)
    return corpus, built


@pytest.fixture(scope="module")
def marked(home: Workspace) -> tuple[CorpusFolder, SuiteCheck]:
    return build(home, "marked", "mark")


def test_documents_that_hold_items_are_dropped_with_the_passage_shown(home: Workspace) -> None:
    corpus, found = build(home, "dropped", "drop")
    assert {int(item.id) for item in found.found} == set(range(1, PLANTED + 1)) and found.learned == 0
    assert len(found.keys) == 200 and not found.untold
    assert corpus.manifest.documents == 300 - PLANTED
    left = " ".join(texts(corpus, "train")).lower()
    assert not any(item in left for item in item_texts(home))
    report = load_report(corpus.path)
    (rule,) = (rule for rule in report.dropped if rule.rule == "contaminated")
    assert rule.documents == PLANTED and rule.samples
    assert len(report.contaminated) == 20 and report.marked_documents == 0
    assert report.test_sets == [TestSetCount(suite="held", items=200, untold=0, found=PLANTED, learned=0)]
    for shown in report.contaminated:
        assert shown.dropped and shown.suite == "held" and shown.share > 0.5
        assert {*shown.passage.lower().split()} & {*shown.item_text.split()}


def test_marked_documents_stay_and_models_that_learned_from_them_are_told(
    home: Workspace, marked: tuple[CorpusFolder, SuiteCheck]
) -> None:
    corpus, built = marked
    assert corpus.manifest.documents == 300 and len(built.found) == PLANTED
    assert load_report(corpus.path).marked_documents == PLANTED
    held = sum("heldout" in item.counts for item in built.found)
    assert built.learned == PLANTED - held, "what is held out teaches nobody"
    config = schema.PretrainConfig(name="m", corpus=corpus.ref, model=MODEL, train=TRAIN)
    model = create(home, config, parents=(f"corpus:{corpus.ref}",)).id
    answers = [
        PredictionRow(example_id=str(at + 1), input=text, target="a", output="a", correct=True, score=1.0, weight=1.0)
        for at, text in enumerate(item_texts(home))
    ]
    score = ScoreRow(model_id=model, suite="held", task="classification", metric="accuracy", value=1.0)
    row = EvalRow(model_id=model, suite="held", task="classification", suite_sha256="", run_id="r", scores=(score,))
    compared = compare([row], {model: answers}, suite="held", baseline=model, seen=seen_by(home, [model]))
    assert {int(flag.example_id) for flag in compared.flags} <= set(range(1, PLANTED + 1))
    assert len(compared.flags) == compared.rows[0].learned == built.learned >= 40
    assert compared.rows[0].clean and compared.rows[0].clean.n == 200 - built.learned


def item_texts(home: Workspace) -> list[str]:
    return [row.values["text"] for row in read_table(home.home.parent / "items.jsonl").rows]


def test_a_suite_that_is_not_there_is_refused_before_anything_is_read(home: Workspace) -> None:
    config = schema.CorpusConfig(
        name="none",
        sources=(schema.SourceConfig(path=str(home.home.parent / "text.jsonl")),),
        contamination=schema.ContaminationConfig(suites=("/nowhere/suite.toml",)),
    )
    with pytest.raises(InputError, match=r"contamination\.suites: no suite /nowhere/suite\.toml"):
        stage(home, config)


def test_a_built_corpus_is_looked_through_by_its_tokens(
    home: Workspace, marked: tuple[CorpusFolder, SuiteCheck], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, built = marked
    before = {path: path.read_bytes() for path in corpus.path.rglob("*") if path.is_file()}
    monkeypatch.setattr(check, "_BLOCK", 1000)
    monkeypatch.setattr(check, "_SCAN", 700)
    cut = list(check.stretches(corpus))
    assert len(cut) > 10 and cut[0].start == 0 and cut[-1].end == corpus.manifest.train_tokens
    assert all(one.end == other.start for one, other in pairwise(cut))
    told = ask("corpus", "check", "marked", home.home.parent / "suite.toml", "--workers", 1, "--json", home=home.home)
    (found,) = told.json(dict[str, Any])["checks"]
    assert {item["key"] for item in found["found"]} == {item.key for item in built.found if item.learned}
    assert len(load_checks(home, corpus.ref)) == 2
    assert before == {path: path.read_bytes() for path in corpus.path.rglob("*") if path.is_file()}
    text = ask("corpus", "check", "marked", home.home.parent / "suite.toml", "--workers", 1, home=home.home)
    assert ["held", "200", str(built.learned), "0"] in [line.split() for line in text.out.splitlines()]
    assert "compare --suite held" in text.err
    places = [item["places"][0] for item in found["found"]]
    learned = list(texts(corpus, "train"))
    assert all(place["passage"][:60] in learned[int(place["document"][6:])] for place in places)
    unknown = ask("corpus", "check", "marked", "nothing", home=home.home)
    assert unknown.code == 2 and "no suite nothing" in unknown.one_line()
