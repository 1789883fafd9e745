"""A package that plugs into Graftline, really installed: rules, a language identifier and scores of documents."""

from __future__ import annotations

import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

MODULE = """
import numpy as np
from engine.corpus.rules.custom import Criterion, CustomRules

def exclamations(batch):
    return {"exclamations": np.array([text.count("!") for text in batch.texts]), "unasked": None}

rules = CustomRules(measure=exclamations, criteria=(
    Criterion(name="exclamations", meaning="exclamation marks", reason="shouting", origin="here",
              usual=(None, 3), side="highest"),
    Criterion(name="unasked", meaning="", reason="", origin="", usual=(None, 0), side="highest"),
))

def by_length():
    return lambda text: ("long" if len(text) > 75 else "short", 1.0)

def lengths(model, label, home):
    if model == "missing":
        raise ValueError("no such model")
    return lambda texts: [len(text) / 100 for text in texts]

nothing = 7
"""
POINTS = """[graftline.rules]
shouting = shouting_rules:rules
[graftline.languages]
length = shouting_rules:by_length
[graftline.document_scores]
lengths = shouting_rules:lengths
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution called shouting, as an installer leaves it, in a folder that Python looks through."""
    folder = tmp_path / "site"
    info = folder / "shouting-1.2.dist-info"
    info.mkdir(parents=True)
    (folder / "shouting_rules.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.2\n")
    entry(folder, POINTS)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))  # for worker processes
    monkeypatch.delitem(sys.modules, "shouting_rules", raising=False)
    return folder


def entry(folder: Path, text: str) -> None:
    (folder / "shouting-1.2.dist-info" / "entry_points.txt").write_text(text)
    invalidate_caches()
