"""Mistakes in task data and test sets are known before a run is queued, and none leaves a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.config.schema import BranchConfig, DataConfig, EvaluateConfig, SuiteConfig
from engine.errors import InputError
from engine.launch.prepare import prepare, problems
from engine.paths import Workspace
from tests.support.stages import sentences, write_rows
from tests.support.workspace import BASE, make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "runs")


@pytest.fixture
def rows(tmp_path: Path) -> str:
    return str(write_rows(tmp_path / "rows.jsonl", sentences(20, 0)))


def branch(rows: str, method: Any = "classify", classes: tuple[str, ...] = (), **data: Any) -> BranchConfig:
    return BranchConfig(
        name="x", method=method, base=BASE, data=DataConfig(train=rows, **data), classes=classes
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"label": "lable"}, r"rows\.jsonl: data\.label: no column 'lable' \(columns there: text, label\)$"),
        ({"method": "instruct"}, r"rows\.jsonl: data\.instruction: no column 'instruction'"),
        ({"classes": ("animal", "stone")}, r"^b\.toml: classes: no row of .*rows\.jsonl has the label 'stone'"),
    ],
)
def test_a_branch_on_the_wrong_data_is_refused(
    workspace: Workspace, rows: str, changes: dict[str, Any], problem: str
) -> None:
    before = workspace.runs()
    with pytest.raises(InputError, match=problem) as caught:
        prepare(workspace, branch(rows, **changes), where="b.toml")
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    assert len(problems(workspace, branch(rows, **changes))) == 1
    assert workspace.runs() == before


def test_a_heldout_label_that_is_never_taught_is_refused(workspace: Workspace, rows: str, tmp_path: Path) -> None:
    held = write_rows(tmp_path / "held.jsonl", [{"text": "x", "label": "stone"}])
    with pytest.raises(InputError, match=r"held\.jsonl: data\.label: line 1: the label 'stone'"):
        prepare(workspace, branch(rows, heldout=str(held)), where="b.toml")


def test_good_data_passes(workspace: Workspace, rows: str) -> None:
    assert prepare(workspace, branch(rows, classes=("fruit", "animal"))).config.name == "x"
    assert problems(workspace, branch(rows)) == []


def test_a_suite_for_another_head_is_refused(workspace: Workspace, rows: str) -> None:
    suite = SuiteConfig(name="areas", task="classification", data=rows)
    with pytest.raises(InputError, match=r"suite areas: tiny@1 is a language model, which a classification suite"):
        prepare(workspace, EvaluateConfig(models=(BASE,), suites=(suite,)))


def test_a_missing_model_is_one_line_only(workspace: Workspace, rows: str) -> None:
    suite = SuiteConfig(name="areas", task="classification", data=rows)
    found = problems(workspace, EvaluateConfig(models=("nope",), suites=(suite,)))
    assert len(found) == 1 and "nope" in str(found[0])
