"""What opening the app costs: nothing heavy is imported, and the first frame is drawn before anything is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui.app import GraftlineApp
from tui.gateway import Gateway
from tui.messages import Snapshot
from tui.screens.lineage import LineageScreen

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["tui.app", "tui.screens.lineage", "tui.screens.logs", "tui.__main__"])
def test_nothing_heavy_is_imported(module: str) -> None:
    code = (
        f"import sys, {module}; print(*({{'torch', 'duckdb', 'numpy', 'tiktoken', 'safetensors'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def test_it_draws_first_and_asks_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Watched(LineageScreen):
        def on_mount(self) -> None:
            super().on_mount()
            self.call_after_refresh(lambda: seen.append("drawn"))

    def ask(gateway: Gateway) -> Snapshot:
        seen.append("asked")
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr("tui.screens.lineage.LineageScreen", Watched)
    monkeypatch.setattr(Gateway, "snapshot", ask)
    app = GraftlineApp(tmp_path)
    async with app.run_test() as pilot:
        while "asked" not in seen:
            await pilot.pause(0.01)
        await pilot.pause(0.1)
        said = [notification.message for notification in app._notifications]
    assert seen[:2] == ["drawn", "asked"]
    assert said == [f"{tmp_path}: the disk is full (free some space, or choose another workspace with --home)"]
