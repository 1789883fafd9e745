"""What opening the app costs: nothing heavy is imported, and the first frame is drawn before anything is asked."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.screen import screen_text, shows
from tests.support.supervised import supervised
from tests.support.workspace import RUNS, make_workspace
from tui.app import GraftlineApp
from tui.gateway import Gateway
from tui.messages import Snapshot
from tui.widgets.place_bar import PlaceBar

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["tui.app", "tui.screens.lineage", "tui.screens.logs", "tui.__main__"])
def test_nothing_heavy_is_imported(module: str) -> None:
    code = (
        f"import sys, {module}; print(*({{'torch', 'duckdb', 'numpy', 'tiktoken', 'safetensors'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def test_it_draws_first_and_asks_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked when the frame has its size; that it does not answer is said once, in one line."""
    app = GraftlineApp(tmp_path, poll=0.05)
    widths: list[int] = []

    def ask(gateway: Gateway) -> Snapshot:
        widths.append(app.screen.query_one(PlaceBar).outer_size.width)
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path))

    monkeypatch.setattr(Gateway, "snapshot", ask)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(200):
            await pilot.pause(0.01)
            if len(widths) > 2:
                break
        said = [str(notification.message) for notification in app._notifications]
        assert "asking" in screen_text(pilot)
    assert widths[0] == 80
    assert said == [f"{tmp_path}: the disk is full (free some space, or choose another workspace with --home)"]


async def test_what_was_last_seen_is_drawn_until_the_store_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of an earlier day at once, marked as not answered yet; then those of today."""
    with supervised(make_workspace(tmp_path / "ws").home) as client:
        client.tag(RUNS["tiny"], "yesterday")
        client.shutdown()
        answer, real = threading.Event(), Gateway.snapshot
        monkeypatch.setattr(Gateway, "snapshot", lambda gateway: (answer.wait(), real(gateway))[1])
        app = GraftlineApp(client.workspace.home, poll=0.05)
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, lambda: app.snapshot is not None)
            before = screen_text(pilot)
            answer.set()
            await shows(pilot, lambda: app.snapshot is not None and not app.snapshot.remembered)
            after = screen_text(pilot)
    assert "asking" in before
    assert "areas-scratch" in before
    assert "asking" not in after
    tree = [[line[:60] for line in text.splitlines()[2:20]] for text in (before, after)]
    assert tree[0] == tree[1]
