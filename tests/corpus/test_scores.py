"""Scores of documents by somebody else's scorer: asked once for each document, kept part by part, and found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from engine.config.corpus import ToxicityConfig
from engine.corpus.blocks import Cursor
from engine.corpus.prepared import DOCUMENTS, PartInfo, Prepared, prepared_at, write_part
from engine.corpus.scores import Judge
from engine.paths import Workspace
from tests.support.plugged import package

__all__ = ["package"]

TEXTS = [f"{'x' * (number % 90)}" for number in range(300)]


class Counting:
    """Stands for the build's account of itself; somebody asks it to stop after so many documents."""

    def __init__(self, stop_after: int = 10**9):
        self.seen, self.stop_after = 0, stop_after

    def step(self, documents: int, size: int = 0, share: float = 0.0) -> None:
        self.seen += documents
        if self.seen >= self.stop_after:
            raise KeyboardInterrupt


@pytest.fixture
def prepared(workspace: Workspace) -> Prepared:
    """Three parts of a hundred documents."""
    made = prepared_at(workspace, "key")
    for number in range(3):
        texts = [text.encode() for text in TEXTS[100 * number : 100 * (number + 1)]]
        info = PartInfo(
            number=number, first=100 * number, documents=100, bytes=0, read_bytes=0, next=Cursor(), last=number == 2
        )
        table = {"document": np.arange(100 * number, 100 * (number + 1))}
        write_part(made.part_path(number), info, texts, {DOCUMENTS: table}, {}, duckdb.connect())
    return made


def judge(workspace: Workspace, **keys: Any) -> Judge:
    return Judge(workspace, ToxicityConfig(**{"model": "lengths:any", **keys}))


def test_each_document_is_asked_about_once_whatever_interrupts(
    package: Path, workspace: Workspace, prepared: Prepared
) -> None:
    kept = np.arange(300) % 3 > 0
    one = judge(workspace)
    first, second = Counting(stop_after=150), Counting()
    with pytest.raises(KeyboardInterrupt):
        one.judge(prepared, kept, first)  # type: ignore[arg-type]
    stored = np.isfinite(one.given(prepared))
    assert stored.tolist() == [bool(wanted) for wanted in kept[:200]] + [False] * 100  # the third part was under way
    found = one.judge(prepared, kept, second)  # type: ignore[arg-type]
    assert first.seen > 133 and second.seen == kept[200:].sum()
    assert found[kept] == pytest.approx([len(TEXTS[at]) / 100 for at in np.flatnonzero(kept)])
    assert np.isnan(found[~kept]).all()


def test_another_label_or_model_has_scores_of_its_own(package: Path, workspace: Workspace) -> None:
    names = {judge(workspace).file, judge(workspace, label="y").file, judge(workspace, model="lengths:b").file}
    assert len(names) == 3 and judge(workspace).file in names


def test_what_fails_in_the_other_process_is_raised_here(
    package: Path, workspace: Workspace, prepared: Prepared
) -> None:
    with pytest.raises(ValueError, match="no such model"):
        judge(workspace, model="lengths:missing").judge(prepared, np.ones(300, bool), Counting())  # type: ignore[arg-type]
