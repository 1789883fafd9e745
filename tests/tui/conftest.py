"""One demo workspace and its real supervisor for all tests of the screen that only look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import _wait

from engine.launch.client import Client
from tests.support.workspace import NOW, make_workspace
from tui import theme
from tui.app import GraftlineApp

STILL = 3600.0
"""Seconds between two looks at the store: one look a test."""


@pytest.fixture(scope="session", autouse=True)
def _user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of its own, so that workspaces read `~/runs` in every snapshot, and a supervisor soon gone."""
    home = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("GRAFTLINE_IDLE_SECONDS", "30")
        patch.setenv("GRAFTLINE_SAMPLE_SECONDS", "0")  # this machine's figures would stand in the pictures
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("COLORTERM", "truecolor")
        for name in ("GRAFTLINE_HOME", "NO_COLOR", "SSH_CONNECTION", "TMUX", "XDG_CONFIG_HOME"):
            patch.delenv(name, raising=False)
        patch.setattr(_wait, "SLEEP_GRANULARITY", 0.005)  # a key would otherwise take 40 ms and more to be over
        patch.setattr(_wait, "SLEEP_IDLE", 0.001)
        yield home


@pytest.fixture(scope="session")
def demo_home(_user: Path) -> Iterator[Path]:
    """`~/runs` with everything in it. For tests that change nothing."""
    home = make_workspace(_user / "runs").home
    with Client(home) as client:
        client.sync()
        client.notices()  # said once: the engine that it adopted
        yield home
        client.shutdown()


@pytest.fixture
def empty_home(_user: Path) -> Iterator[Path]:
    """`~/new/runs`, with nothing in it; gone after the test."""
    home = _user / "new" / "runs"
    home.mkdir(parents=True)
    with Client(home) as client:
        client.sync()
        yield home
        client.shutdown()
    shutil.rmtree(home.parent)


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """A full workspace for one test, to change as it likes. Never stop its running run: that is this process."""
    home = make_workspace(tmp_path / "runs").home
    with Client(home) as client:
        client.sync()
        client.notices()
        yield home
        client.shutdown()


@pytest.fixture(autouse=True)
def _dark_again() -> Iterator[None]:
    """A palette is the process's: no test leaves its own to the next."""
    yield
    theme.use("dark")


def open_app(home: Path, *, poll: float = STILL) -> GraftlineApp:
    return GraftlineApp(home, clock=lambda: NOW, poll=poll)


@pytest.fixture
def demo(demo_home: Path) -> GraftlineApp:
    (demo_home / "views.toml").unlink(missing_ok=True)  # how another test chose to look at the runs
    return open_app(demo_home)


@pytest.fixture
def own(own_home: Path) -> GraftlineApp:
    """The app on a workspace of its own, looking at the store five times a second."""
    return open_app(own_home, poll=0.2)


@pytest.fixture
def empty_app(empty_home: Path) -> GraftlineApp:
    return open_app(empty_home)
