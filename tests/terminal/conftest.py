"""The app as a user starts it: its own process in a terminal, on a workspace with a real supervisor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.launch.client import Client
from tests.support.supervised import supervised
from tests.support.terminal import Terminal
from tests.support.workspace import make_workspace

ROOT = Path(__file__).parents[2]
Open = Callable[..., Terminal]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Client]:
    """An empty workspace; whatever was started in it is gone after the test."""
    home = tmp_path / "runs"
    home.mkdir()
    with supervised(home) as client:
        yield client


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The believable workspace, for tests that only look."""
    home = make_workspace(tmp_path_factory.mktemp("demo") / "runs").home
    with supervised(home) as client:
        client.sync()
        client.notices()
        yield client


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Open]:
    """Opens the app in a terminal; all are closed after the test. A home folder of its own: no user's settings."""
    with ExitStack() as stack:

        def start(home: Path, size: tuple[int, int] = (120, 40), **environment: str) -> Terminal:
            command = [sys.executable, "-m", "tui", "--home", str(home)]
            own = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), **environment}
            return stack.enter_context(Terminal(command, size=size, environment=own, folder=ROOT))

        yield start
