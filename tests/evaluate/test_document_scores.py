"""A classifier that Graftline trained judges the documents of a corpus, from a process of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from engine.config import schema
from engine.corpus.manifest import find_corpus
from engine.corpus.prepared import prepared_at
from engine.corpus.preview import preview
from engine.corpus.report import CorpusReport, RuleCount, load_report
from engine.corpus.scores import judge_of
from engine.corpus.tokenizer import Tokenizer
from engine.errors import InputError
from engine.evaluate.document_scores import classifier
from engine.freeze.freeze import freeze
from engine.freeze.refs import find_model
from engine.launch.prepare import prepare
from engine.model.weights import load_model
from engine.paths import Workspace
from tests.support.stages import branch, branch_config, sentences, stage, write_rows

ROWS = sentences(60, 9)
LONGEST = sorted(len(row["text"]) for row in ROWS)[40]
"""Characters: longer documents break a rule, and are not asked about."""


@pytest.fixture
def judged(workspace: Workspace, tmp_path: Path) -> schema.CorpusConfig:
    """A corpus of animals and fruit, and a frozen classifier that tells them apart."""
    data = schema.DataConfig(train=str(write_rows(tmp_path / "train.jsonl", sentences(80, 2))))
    run = branch(workspace, branch_config("areas", "classify", data, train_steps=60, train_lr=1e-2))
    freeze(workspace, run.id, "areas")
    return schema.CorpusConfig(
        name="fruit",
        sources=(schema.SourceConfig(path=str(write_rows(tmp_path / "rows.jsonl", ROWS)), name="rows"),),
        clean=schema.CleanConfig(preset="none", rules={"chars": (0, LONGEST)}),
        dedup=schema.DedupConfig(near=0),
        toxicity=schema.ToxicityConfig(model="areas", label="animal"),
        tokenizer=schema.TokenizerConfig(vocab_size=300),
    )


def dropped(report: CorpusReport) -> RuleCount:
    (found,) = (rule for rule in report.dropped if rule.rule == "toxic_model")
    return found


def built(workspace: Workspace, config: schema.CorpusConfig) -> CorpusReport:
    stage(workspace, config)
    return load_report(find_corpus(workspace, config.name).path)


def test_it_drops_what_its_label_is_probable_for_and_asks_once(
    workspace: Workspace, judged: schema.CorpusConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = prepare(workspace, judged)
    config = ready.config
    assert isinstance(config, schema.CorpusConfig)
    assert (config.toxicity.model, ready.parents) == ("areas@1", ("model:areas@1",))
    short = [row for row in ROWS if len(row["text"]) <= LONGEST]
    animals = [row["text"] for row in short if row["label"] == "animal"]
    report = built(workspace, config)
    assert dropped(report).documents == len(animals) > 10
    assert {sample.text for sample in dropped(report).samples} <= set(animals)
    assert all((sample.value or 0) >= 0.5 for sample in dropped(report).samples)
    assert report.kept_documents == len(short) - len(animals)

    judge = judge_of(workspace, config.toxicity)
    assert judge is not None
    scores = judge.given(prepared_at(workspace, report.prepared))
    asked = [row["text"] for row, score in zip(ROWS, scores) if not np.isnan(score)]
    assert asked == [row["text"] for row in short]  # what a rule drops costs the model nothing
    here = classifier("areas@1", "animal", workspace.home)(asked)
    assert scores[~np.isnan(scores)] == pytest.approx(here, abs=1e-5)

    def started(*args: object) -> None:
        raise AssertionError("a process with the model was started again")

    monkeypatch.setattr("engine.corpus.scores.apart", started)
    strict = replace(config, toxicity=replace(config.toxicity, probability=0.0))
    with preview(workspace, report, config) as other:
        assert dropped(other.report(strict)).documents == len(short)
        assert sum(other.histogram("toxic_model").counts) == len(short)
    with pytest.raises(InputError, match=r"most by toxic_model \(\d+\) \(raise toxicity.probability\)"):
        built(workspace, strict)


def test_a_long_document_is_as_bad_as_its_worst_passage(workspace: Workspace, judged: schema.CorpusConfig) -> None:
    long = " ".join(row["text"] for row in ROWS[:12])
    texts = [ROWS[0]["text"], long, "", ROWS[1]["text"], long[:300]]
    ref = find_model(workspace, "areas@1")
    model, tokenizer = load_model(ref.folder).eval().requires_grad_(False), Tokenizer.load(ref.tokenizer)
    expected = []
    for text in texts:
        tokens, chances = tokenizer.encode(text), []
        for start in range(0, max(1, len(tokens)), 31):  # one of the context's 32 begins the text
            passage = torch.tensor([[tokenizer.end_of_text, *tokens[start : start + 31]]])
            logits = model.class_logits(passage, torch.tensor([passage.shape[1]]))
            chances.append(float(logits.softmax(-1)[0, ref.card().classes.index("animal")]))
        expected.append(max(chances))
    assert classifier("areas@1", "animal", workspace.home)(texts) == pytest.approx(expected, abs=1e-5)


def test_a_model_that_cannot_judge_is_refused_before_anything_is_read(
    workspace: Workspace, judged: schema.CorpusConfig
) -> None:
    for toxicity, says in (
        ({"model": "nobody@3"}, r"toxicity\.model: no model 'nobody@3'"),
        ({"model": "tiny@1"}, r"toxicity\.model: tiny@1 is no classifier"),
        ({"model": "areas@1", "label": "stone"}, r"toxicity\.label: areas@1 has no label 'stone' \(one of animal"),
        ({"model": "other:large"}, r"toxicity\.model: no scorer 'other' is installed \(one of graftline\)"),
    ):
        asked = replace(judged, toxicity=schema.ToxicityConfig(**toxicity))
        with pytest.raises(InputError, match=says):
            stage(workspace, prepare(workspace, asked).config)
    assert not list(workspace.corpora.glob("fruit*"))
