"""A workspace with a frozen base, `tiny@1`, made once for all tests here; each test works in a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.freeze.freeze import freeze
from engine.paths import Workspace
from tests.support.stages import build_corpus, pretrain


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("planted")
    workspace = Workspace(folder / "runs")
    run = pretrain(workspace, build_corpus(workspace, folder))
    freeze(workspace, run.id, "tiny", now=0.0)
    return workspace


@pytest.fixture
def workspace(planted: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(planted.home, tmp_path / "runs", symlinks=True)
    return Workspace(tmp_path / "runs")
