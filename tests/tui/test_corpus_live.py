"""A corpus that is being built: the strip above the report follows its journal, and its keys stop and resume it."""

from __future__ import annotations

import pytest

from engine.config.schema import CorpusConfig, SourceConfig
from engine.journal.events import Progress
from engine.journal.pace import documents_per_second, pace
from engine.store.rows import RunRow
from tests.support.screen import screen_text, settle
from tests.support.workspace import begin
from tui.app import GraftlineApp
from tui.screens.corpus_live import building
from tui.widgets.build_strip import Building, strip

PROGRESS = Progress(
    phase="reading", done=12_000, total=40_000, bytes=60_000_000, bytes_per_second=5e6, seconds_left=28.0,
    memory_bytes=300_000_000,
)  # fmt: skip


def row(state: str, at: float, *, kind: str = "corpus", error: str | None = None) -> RunRow:
    return RunRow(id=f"{kind}-{at}", name="web", kind=kind, state=state, created=at, error=error)


def test_the_run_that_is_shown() -> None:
    assert building([row("finished", 1), row("running", 2, kind="branch")]) is None
    assert building([row("queued", 1), row("running", 2)]).id == "corpus-2"  # type: ignore[union-attr]
    assert building([row("stopped", 1), row("finished", 2)]) is None, "what was built since is what matters"
    assert building([row("finished", 1), row("failed", 2)]).id == "corpus-2"  # type: ignore[union-attr]


def test_the_pace_of_a_build() -> None:
    assert documents_per_second(PROGRESS) == 1000
    assert dict(pace(PROGRESS)) == {
        "documents/s": "1000", "MB/s": "5.0", "ETA": "28s", "read": "60 MB", "memory": "300 MB",
    }  # fmt: skip
    assert pace(Progress(phase="evaluating", done=3, total=9)) == []


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_strip_fits_and_says_what_can_be_done(width: int) -> None:
    going = strip(Building(row("running", 1), PROGRESS), width).plain.split("\n")
    assert [len(line) <= width for line in going] == [True, True] and going[1].endswith("S stop")
    short = strip(Building(row("failed", 1, error="the disk is full")), width).plain
    assert "failed" in short and "R resume" in short and "the disk is" in short


async def test_it_follows_the_journal(own: GraftlineApp) -> None:
    workspace = own.gateway.workspace
    config = CorpusConfig(name="web", sources=(SourceConfig(type="python-docs"),))
    _, journal = begin(workspace, "20261123-145900-corpus-web-b1d0", config)
    journal.add(PROGRESS, 1)
    journal.write()
    own.gateway.client.sync()
    async with own.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        await settle(pilot, lambda: "12,000 of ~40,000 documents" in screen_text(pilot))
        assert "30%" in screen_text(pilot) and "S stop" in screen_text(pilot)
        journal.add(Progress(phase="encoding", done=7, total=0, bytes=9), 1)
        journal.write()
        await settle(pilot, lambda: "encoding  7 documents" in screen_text(pilot))
        await pilot.press("3")
        await settle(pilot, lambda: "encoding 7" in screen_text(pilot))
