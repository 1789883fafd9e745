"""Suites: what is asked, its hash, and which models it can be put to."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.config.schema import ModelCard, ModelConfig, RuleConfig, SuiteConfig
from engine.corpus.manifest import find_corpus
from engine.corpus.suite import check_fit, load_suite
from engine.errors import InputError
from engine.paths import Workspace
from tests.support.stages import sentences, write_rows

SHAPE = ModelConfig(layers=1, width=16, heads=2, context=32, vocab_size=300)
LANGUAGE = ModelCard(model=SHAPE)
CLASSIFIER = ModelCard(model=SHAPE, head="classify", classes=("animal", "fruit"))


def suite(path: Path | str, task: Any = "classification", **changes: Any) -> SuiteConfig:
    return SuiteConfig(name="areas", task=task, data=str(path), **changes)


def test_items_keep_their_lines(workspace: Workspace, tmp_path: Path) -> None:
    rows = sentences(10, 0)
    found = load_suite(workspace, suite(write_rows(tmp_path / "t.jsonl", rows), limit=4))
    assert [item.id for item in found.items] == ["1", "2", "3", "4"] and len(found) == 4
    assert [(item.text, item.target) for item in found.items] == [(row["text"], row["label"]) for row in rows[:4]]


def test_the_hash_is_of_content_and_scoring_not_of_place(workspace: Workspace, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", sentences(10, 0))
    moved = tmp_path / "elsewhere" / "u.jsonl"
    moved.parent.mkdir()
    shutil.copy(path, moved)
    first = load_suite(workspace, suite(path)).sha256
    assert load_suite(workspace, suite(moved)).sha256 == first
    assert load_suite(workspace, suite(path, limit=5)).sha256 != first
    assert load_suite(workspace, suite(write_rows(path, sentences(10, 1)))).sha256 != first


def test_documents_come_from_files_or_a_corpus(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{"text": "one é"}, {"text": ""}, {"text": "two"}]
    found = load_suite(workspace, suite(write_rows(tmp_path / "d.jsonl", rows), "language-model"))
    assert [document.text for document in found.documents] == ["one é", "two"]
    (tmp_path / "d.txt").write_text("All of it\nis one document.\n")
    whole = load_suite(workspace, suite(tmp_path / "d.txt", "language-model"))
    assert [document.text for document in whole.documents] == ["All of it\nis one document."]
    held = load_suite(workspace, suite("text", "language-model"))
    manifest = find_corpus(workspace, "text").manifest
    assert len(held) == manifest.heldout_documents
    assert sum(len(document.text.encode()) for document in held.documents) == manifest.heldout_bytes


def test_a_model_with_another_head_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    labelled = load_suite(workspace, suite(write_rows(tmp_path / "t.jsonl", sentences(10, 0))))
    check_fit(labelled, CLASSIFIER, "m")
    with pytest.raises(InputError, match="tiny@1 is a language model, which a classification suite cannot ask"):
        check_fit(labelled, LANGUAGE, "tiny@1")
    text = load_suite(workspace, suite("text", "language-model"))
    check_fit(text, LANGUAGE, "m")
    with pytest.raises(InputError, match="run is a classifier, which a language-model suite cannot ask"):
        check_fit(text, CLASSIFIER, "run")


def test_a_label_that_the_model_lacks_is_named(workspace: Workspace, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", [*sentences(2, 0), {"text": "x", "label": "\x1b[1mstone"}])
    with pytest.raises(InputError, match=r"t\.jsonl: label: line 3: m has no class .*stone.*animal, fruit") as caught:
        check_fit(load_suite(workspace, suite(path)), CLASSIFIER, "m")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"label": "kind"}, r"t\.jsonl: label: no column 'kind' \(columns there: text, label\)"),
        ({"data": "/none.jsonl"}, r"/none\.jsonl: data: no such file"),
        ({"task": "instruction"}, r"instruction: no column 'instruction'"),
        ({"task": "instruction", "rule": RuleConfig(must_match="(")}, r"suite areas: rule\.must_match: not a regular"),
        ({"task": "language-model", "data": "nope"}, r"suite areas: data: no corpus 'nope'"),
    ],
)
def test_what_is_wrong_with_a_suite_is_said(
    workspace: Workspace, tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    path = write_rows(tmp_path / "t.jsonl", sentences(3, 0))
    with pytest.raises(InputError, match=problem):
        load_suite(workspace, suite(changes.pop("data", path), changes.pop("task", "classification"), **changes))
