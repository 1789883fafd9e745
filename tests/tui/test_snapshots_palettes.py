"""How the lineage and the monitor look in every palette but the dark one, at 120x40, through the real store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.config.settings import Found, Settings
from tests.support.screen import pressing
from tests.support.workspace import NOW
from tui.app import GraftlineApp
from tui.palettes import PALETTES

SIZE = (120, 40)
LOOKS = [name for name in PALETTES if name != "dark"]
PLACES = {"lineage": (), "monitor": ("3",)}
Compare = Callable[..., bool]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("look", LOOKS)
def test_it_looks_like_this(snap_compare: Compare, demo_home: Path, look: str, place: str) -> None:
    found = Found(settings=Settings(theme=look))  # type: ignore[arg-type]
    app = GraftlineApp(demo_home, found=found, clock=lambda: NOW, poll=3600)
    assert snap_compare(app, terminal_size=SIZE, run_before=pressing(*PLACES[place]))


def test_every_snapshot_here_has_its_baseline() -> None:
    """A baseline that was forgotten in a commit is a failure, and so is one that nothing compares any more."""
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots_palettes"
    assert len(list(folder.glob("*.svg")) + list(folder.glob("*.raw"))) == len(PLACES) * len(LOOKS)
