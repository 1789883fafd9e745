"""A corpus built for real, in this process, from files that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config.load import convert, dump
from engine.config.schema import CorpusConfig
from engine.corpus.manifest import CorpusFolder, find_corpus
from engine.corpus.run import run
from engine.journal.events import CorpusBuilt
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.paths import RunFolder, Workspace, new_run_id
from engine.stage import Outcome, StageContext

SHORT_TEXTS: dict[str, Any] = {"name": "test", "clean": {"preset": "none"}, "dedup": {"near": 0}}
"""What a corpus of single sentences, much like one another, is built with."""

Start = Callable[..., tuple[Outcome, RunFolder]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def start(workspace: Workspace) -> Start:
    """Run the stage on a configuration given as plain data; `stop`: somebody has asked it to."""

    def start(raw: dict[str, Any], stop: bool = False) -> tuple[Outcome, RunFolder]:
        folder = RunFolder(workspace.home / new_run_id("corpus", "test"))
        folder.path.mkdir(parents=True)
        config = convert({**SHORT_TEXTS, **raw}, CorpusConfig, where="test")
        folder.config.write_text(dump(config))
        with JournalWriter(folder.journal) as journal:
            context = StageContext(folder, workspace, journal, stop_asked=stop)
            return run(context, config), folder

    return start


@pytest.fixture
def build(workspace: Workspace, start: Start) -> Callable[..., CorpusFolder]:
    """Build a corpus and find it again."""

    def build(raw: dict[str, Any]) -> CorpusFolder:
        _, folder = start(raw)
        built = [r.event for r in read(folder.journal).records if isinstance(r.event, CorpusBuilt)]
        assert len(built) == 1
        return find_corpus(workspace, f"{built[0].name}/{built[0].hash}")

    return build


SENTENCES = [
    f"Early every {day} the {animal} that lives in the {place} eats {food}."
    for animal in ("heron", "badger", "otter")
    for place in ("river", "old mill", "northern wood")
    for food in ("small fish", "fallen apples", "whatever it finds")
    for day in ("morning", "evening")
]
"""54 different documents that pass every rule."""
