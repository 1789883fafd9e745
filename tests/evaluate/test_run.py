"""The evaluate stage for real: several models, several suites, and what it leaves in the run folder."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from engine.config.schema import DataConfig, EvaluateConfig, RuleConfig, SuiteConfig
from engine.corpus.contamination.record import load_checks
from engine.corpus.manifest import find_corpus
from engine.errors import InputError
from engine.freeze.refs import find_model
from engine.journal.events import Evaluated, Metrics, Prediction, Said
from engine.launch.job import create
from engine.paths import RunFolder, Workspace
from tests.support.stages import branch, branch_config, events, go_on, sentences, stage, write_rows


def predictions(run: RunFolder, event: Evaluated) -> list[Prediction]:
    lines = (run.path / event.predictions).read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Prediction) for line in lines]


def config(models: list[str], *suites: SuiteConfig, batch: int = 7) -> EvaluateConfig:
    return EvaluateConfig(models=tuple(models), suites=suites, batch=batch, device="cpu", precision="fp32")


@pytest.fixture
def areas(tmp_path: Path) -> SuiteConfig:
    path = write_rows(tmp_path / "areas.jsonl", sentences(40, 5))
    return SuiteConfig(name="areas / [b]test", task="classification", data=str(path))


@pytest.fixture
def classifier(workspace: Workspace, tmp_path: Path) -> str:
    data = DataConfig(train=str(write_rows(tmp_path / "train.jsonl", sentences(80, 2))))
    return branch(workspace, branch_config("areas", "classify", data, train_steps=60, train_lr=1e-2)).id


def test_a_classifier_is_scored_and_every_prediction_kept(
    workspace: Workspace, classifier: str, areas: SuiteConfig
) -> None:
    run = stage(workspace, config([classifier], areas))
    (event,) = events(run, Evaluated)
    found = predictions(run, event)
    scores = {score.metric: score for score in event.scores}
    assert (event.model, event.step, event.suite) == (classifier, find_model(workspace, classifier).step, areas.name)
    assert scores["accuracy"].value == sum(p.correct or False for p in found) / 40 > 0.9
    assert [p.target for p in found] == [row["label"] for row in sentences(40, 5)]
    assert [p.input for p in found] == [row["text"] for row in sentences(40, 5)]
    assert all(p.correct == (p.output == p.target) == bool(p.score) and p.weight == 1.0 for p in found)
    assert sum(sum(row.values()) for row in event.confusion.values()) == 40
    assert {"accuracy", "macro_f1", "precision:animal", "recall:fruit", "f1:fruit"} <= scores.keys()
    # Batches are made by length; the order of the answers is that of the questions.
    again = stage(workspace, config([classifier], areas, batch=1))
    assert predictions(again, events(again, Evaluated)[0]) == found


def test_a_base_and_a_variant_on_the_same_text(workspace: Workspace, tmp_path: Path) -> None:
    text = SuiteConfig(name="held-out", task="language-model", data="text")
    grown = branch(workspace, branch_config("more", "continued", DataConfig(corpus="text"), train_steps=30))
    run = stage(workspace, config(["tiny@1", grown.id], text))
    base, variant = events(run, Evaluated)
    assert (base.model, base.step) == ("tiny@1", None) and variant.model == grown.id
    assert base.suite_sha256 == variant.suite_sha256
    assert [p.example_id for p in predictions(run, base)] == [p.example_id for p in predictions(run, variant)]
    for event in (base, variant):
        (score,) = event.scores
        found = predictions(run, event)
        assert score.metric == "bits_per_byte" and score.n == len(found)
        assert score.value == pytest.approx(sum(p.score for p in found) / sum(p.weight for p in found))
        assert score.low is not None and score.high is not None and score.low < score.value < score.high
        assert all(p.correct is None for p in found)
    assert variant.scores[0].value < base.scores[0].value
    # Near what training measured on the same text (there with the end-of-text tokens, and in other windows).
    measured = [e.values["heldout_bits_per_byte"] for e in events(grown, Metrics) if "heldout_loss" in e.values]
    assert math.isclose(variant.scores[0].value, measured[-1] or 0.0, rel_tol=0.2)


def test_instructions_are_answered_and_scored(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{"instruction": f"Say {word}", "output": "yes"} for word in "abcdefghij"]
    path = write_rows(tmp_path / "q.jsonl", rows)
    helper = branch(
        workspace,
        branch_config("helper", "instruct", DataConfig(train=str(path)), train_steps=80, train_lr=2e-2),
    )
    suite = SuiteConfig(
        name="q", task="instruction", data=str(path), max_new_tokens=8, rule=RuleConfig(must_end=True, max_words=1)
    )
    run = stage(workspace, config([helper.id, "tiny@1"], suite))
    taught, base = events(run, Evaluated)
    assert {s.metric: s.value for s in taught.scores} == {"exact_match": 1.0, "token_f1": 1.0, "rule_score": 1.0}
    assert [p.output for p in predictions(run, taught)] == ["yes"] * 10
    assert {s.metric: s.value for s in base.scores}["exact_match"] == 0.0
    assert any("no prompt template" in event.text for event in events(run, Said))


def test_stopped_and_resumed_asks_nothing_twice(workspace: Workspace, classifier: str, areas: SuiteConfig) -> None:
    both = config([classifier], areas, replace(areas, name="second", limit=5))
    run = create(workspace, both)
    assert go_on(run, workspace, both, stop=True).stopped and not events(run, Evaluated)
    assert not go_on(run, workspace, both).stopped and len(events(run, Evaluated)) == 2
    assert not go_on(run, workspace, both).stopped and len(events(run, Evaluated)) == 2


def test_no_two_predictions_share_a_file(workspace: Workspace, classifier: str, areas: SuiteConfig) -> None:
    same_slug = (replace(areas, name="a b"), replace(areas, name="a-b"))
    run = stage(workspace, config([classifier, f"{classifier}@60"], *same_slug))
    assert len({event.predictions for event in events(run, Evaluated)}) == 2  # the best checkpoint is the last one
    assert all((run.path / event.predictions).parent == run.predictions for event in events(run, Evaluated))


def test_what_does_not_fit_is_refused_before_anything_is_asked(
    workspace: Workspace, classifier: str, areas: SuiteConfig
) -> None:
    with pytest.raises(InputError, match="tiny@1 is a language model"):
        stage(workspace, config([classifier, "tiny@1"], areas))
    run = workspace.runs()[-1]
    assert not events(run, Evaluated) and not run.predictions.exists()
    with pytest.raises(InputError, match=r"config\.toml: models: no model 'nope'"):
        stage(workspace, config(["nope"], areas))


def test_items_that_stand_in_what_a_model_learned_from_are_found_by_the_way(
    workspace: Workspace, classifier: str, tmp_path: Path
) -> None:
    rows = [*sentences(20, 0), {"text": "nobody wrote a word of this sentence before today", "label": "fruit"}]
    known = SuiteConfig(name="known", task="classification", data=str(write_rows(tmp_path / "known.jsonl", rows)))
    run = stage(workspace, config([classifier], known))
    corpus = find_corpus(workspace, "text").ref
    (check,) = load_checks(workspace, corpus)
    assert {int(item.id) for item in check.found if item.learned} <= set(range(1, 21)) and check.learned >= 12
    said = f"{check.learned} items of known stand in {corpus}, from which models here learned"
    assert [event.text for event in events(run, Said)].count(said) == 1
    again = stage(workspace, config([classifier], known))
    assert said not in [event.text for event in events(again, Said)], "looked for once"


def test_items_that_stand_in_a_branch_s_own_data_are_found_and_a_file_that_changed_stops_nothing(
    workspace: Workspace, classifier: str, tmp_path: Path
) -> None:
    learned = SuiteConfig(name="train", task="classification", data=str(tmp_path / "train.jsonl"), limit=30)
    stage(workspace, config([classifier], learned))
    (check,) = load_checks(workspace, classifier)
    assert 20 <= check.learned < 30, "those held out are not learned"
    item = check.found[0]
    assert item.learned and item.learned.document == f"train.jsonl:{item.id}" and item.learned.share == 1.0
    suite = SuiteConfig(name="more", task="classification", data=str(tmp_path / "more.jsonl"))
    write_rows(tmp_path / "more.jsonl", sentences(4, 77))
    (tmp_path / "train.jsonl").write_text("{}\n")
    told = [event.text for event in events(stage(workspace, config([classifier], suite)), Said)]
    assert any(text.startswith(f"what {classifier} learned from cannot be looked through: ") for text in told)
