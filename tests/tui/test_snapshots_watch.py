"""How the monitor, the comparison and the launch form look at three sizes, through the real store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.support.screen import screen_text, settle
from tests.support.workspace import BASE, RUNS
from tui.app import GraftlineApp
from tui.messages import OpenCompare, OpenCorpus, OpenLaunch, OpenMonitor, OpenPlay

SIZES = [(80, 24), (120, 40), (200, 60)]
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
Compare = Callable[..., bool]

OVERLAID = tuple(RUNS[name] for name in ("areas", "areas-scratch", "areas-head"))
LOOKS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "running": (OpenMonitor(()), ()),
    "finished": (OpenMonitor((RUNS["tiny"],)), ("plus", "plus", "shift+left")),
    "overlaid": (OpenMonitor(OVERLAID), ("y",)),
    "failed": (OpenMonitor((RUNS["areas-head"],)), ()),
    "pick": (OpenMonitor(OVERLAID), ("space",)),
    "grid": (OpenMonitor((RUNS["tiny"],)), ("number_sign",)),
    "zoomed": (OpenMonitor((RUNS["tiny"],)), ("z", "z", "plus")),
    "branch-point": (OpenMonitor((RUNS["areas"], RUNS["tiny"])), ("X", "X", "X", "X")),
    "classification": (OpenCompare(()), ()),
    "answers": (OpenCompare(()), ("f", "f", "down")),
    "item": (OpenCompare(()), ("tab", "tab", "enter")),
    "recipes": (OpenCompare(()), ("tab", "tab", "tab")),
    "suites": (OpenCompare(()), ("shift+tab",)),
    "instruction": (OpenCompare(()), ("full_stop",)),
    "language-model": (OpenCompare(()), ("comma", "tab", "tab")),
    "not-evaluated": (OpenCompare((RUNS["helper-long"],)), ()),
    "samples": (OpenCorpus(), ("enter",)),
    "sample": (OpenCorpus(), ("end", "enter", "enter")),
    "play": (OpenPlay(()), ()),
    "play-models": (OpenPlay(()), ("escape", "space")),
    "play-settings": (OpenPlay(()), ("escape", "v")),
    "branch": (OpenLaunch("branch", BASE), ()),
    "pretrain": (OpenLaunch("pretrain", ""), ()),
    "evaluate": (OpenLaunch("evaluate", "", (BASE, RUNS["areas"])), ()),
    "corpus": (OpenLaunch("corpus"), ()),
    "all-keys": (OpenLaunch("pretrain", ""), ("ctrl+t",)),
    "sweep": (OpenLaunch("pretrain", ""), ("tab", "tab", "plus", "tab", "tab", *" | 256")),
}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, demo_home: Path) -> None:
    """Away from the repository, whose path and configurations the launch form would show."""
    monkeypatch.chdir(demo_home)


@sizes
@pytest.mark.parametrize("look", list(LOOKS))
def test_it_looks_like_this(snap_compare: Compare, demo: GraftlineApp, size: tuple[int, int], look: str) -> None:
    message, keys = LOOKS[look]

    async def go(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        demo.post_message(message)
        await settle(pilot, lambda: "… checking" not in screen_text(pilot))
        if keys:
            await pilot.press(*keys)
            await settle(pilot)
        demo.clear_notifications()
        for field in demo.screen.query(Input):
            field.cursor_blink = False
        for box in demo.screen.query(TextArea):
            box.cursor_blink = False
        await pilot.pause()

    assert snap_compare(demo, terminal_size=size, run_before=go)


def test_every_snapshot_here_has_its_baseline() -> None:
    """A baseline that was never looked at, or was forgotten in a commit, is a failure and not a fresh start."""
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots_watch"
    assert len(list(folder.glob("*.raw"))) + len(list(folder.glob("*.svg"))) == len(LOOKS) * len(SIZES)
