"""Published folders and the bases made of them, each family once for all tests here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.config.schema import ImportConfig
from engine.freeze.refs import ModelRef, find_model
from engine.paths import Workspace
from tests.exchange import peers
from tests.support.stages import stage


class Imported(NamedTuple):
    peer: Any
    """The model of `transformers`."""
    folder: Path
    base: ModelRef


def bring(workspace: Workspace, folder: Path, name: str, **changes: Any) -> ModelRef:
    """Import a folder by the stage itself."""
    stage(workspace, ImportConfig(name=name, source=str(folder), **changes))
    return find_model(workspace, name)


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("exchange") / "runs")


TOKENIZERS = {"llama2": "llama2", "mistral": "llama2", "llama3": "llama3", "qwen2": "qwen2", "qwen3": "qwen2"}


@pytest.fixture(scope="session")
def imported(exchange: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Imported]:
    """A family's published folder and its base, by the name in `peers.CONFIGS`; `NAME-classes`: with such a head."""

    @cache
    def get(name: str) -> Imported:
        kind, _, head = name.partition(":")
        peer = peers.model(kind, classes=3 if head else 0)
        folder = tmp_path_factory.mktemp(name.replace(":", "-"))
        peers.write(folder, peer, TOKENIZERS.get(kind, "gpt2"), shards=kind in ("llama3", "gpt2"))
        return Imported(peer, folder, bring(exchange, folder, name.replace(":", "-")))

    return get
