"""How every place looks at three sizes, on the demo workspace, through the real store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.machine import StillWatch
from tests.support.screen import at_rest, pressing
from tui.app import GraftlineApp

SIZES = [(80, 24), (120, 40), (200, 60)]
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
Compare = Callable[..., bool]


PLACES: dict[str, tuple[str, ...]] = {
    "lineage": (),
    "variant": ("j", "space", "space"),
    "card": ("right_square_bracket",),
    "card-end": ("j", "tab", "G"),
    "by-score": ("o", "o", "o", "O"),
    "delete": (*"jjjjj", "D"),
    "filter-none": ("f", *"nothing-like-it"),
    "filter": ("slash", *"scratch", "enter"),
    "runs": ("2", "down", "down"),
    "corpus": ("5", "down"),
    "queue": ("7", "down"),
    "machine": ("8", "down"),
    "logs": ("9",),
    "help": ("question_mark",),
    "help-search": ("question_mark", "slash", *"mark"),
    "find": ("ctrl+p",),
    "find-name": ("ctrl+p", *"areas"),
    "freeze": ("j", "F"),
}
"""Names, and the keys that lead there."""


@sizes
@pytest.mark.parametrize("place", PLACES)
def test_it_looks_like_this(snap_compare: Compare, demo: GraftlineApp, size: tuple[int, int], place: str) -> None:
    demo.gateway.watch = StillWatch(gpus=1, cores=4)
    assert snap_compare(demo, terminal_size=size, run_before=pressing(*PLACES[place]))


@sizes
def test_an_empty_workspace_says_what_to_do(snap_compare: Compare, empty_app: Any, size: tuple[int, int]) -> None:
    assert snap_compare(empty_app, terminal_size=size, run_before=at_rest)


def test_every_snapshot_here_has_its_baseline() -> None:
    """A baseline that was forgotten in a commit is a failure, and so is one that nothing compares any more."""
    folder = Path(__file__).parent / "__snapshots__" / "test_snapshots"
    assert len(list(folder.glob("*.svg"))) == (len(PLACES) + 1) * len(SIZES)
