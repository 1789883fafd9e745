"""Every configuration that ships loads, and says what it is for."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.config.load import KINDS, convert, dump, load
from engine.config.resolve import check_branch
from engine.config.schema import BranchConfig

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.toml"))
FOLDER_KIND = {"corpus": "corpus", "pretrain": "pretrain", "branch": "branch", "suites": "suite"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: str(p.relative_to(ROOT)))
def test_it_loads_and_survives_a_round_trip(path: Path) -> None:
    kind = KINDS[FOLDER_KIND[path.parent.name]]
    config = load(path, kind)
    assert convert(tomllib.loads(dump(config)), kind, where=path) == config
    if isinstance(config, BranchConfig):
        check_branch(config, where=path)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: str(p.relative_to(ROOT)))
def test_it_opens_with_what_it_teaches(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_there_is_one_for_every_stage() -> None:
    assert {path.parent.name for path in CONFIGS} == set(FOLDER_KIND)
