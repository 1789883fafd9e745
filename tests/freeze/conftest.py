"""A workspace with one trained base, made once for all tests here; each test works in a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.paths import Workspace
from tests.support.stages import build_corpus, pretrain


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("trained")
    workspace = Workspace(folder / "runs")
    pretrain(workspace, build_corpus(workspace, folder), checkpoint_every=2)
    return workspace


@pytest.fixture
def workspace(trained: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(trained.home, tmp_path / "runs", symlinks=True)
    return Workspace(tmp_path / "runs")
