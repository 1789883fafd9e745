"""A snapshot without a baseline must fail: it may never be created behind anybody's back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TEST = """
from textual.app import App

def test_new(snap_compare):
    assert snap_compare(App())
"""


def test_a_missing_baseline_fails_and_stays_missing(tmp_path: Path) -> None:
    (tmp_path / "test_new.py").write_text(_TEST)
    options = [
        "-q",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
    ]
    command = [sys.executable, "-m", "pytest", *options, "test_new.py"]
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED test_new.py::test_new" in done.stdout
    assert not list(tmp_path.rglob("*.svg"))
