"""The programs that are compared: how each is installed, opened on its own copy of the data, and driven by keys.

Peers come from PyPI, each into an environment of its own: `install` makes it once, and the versions are reported.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEET = ("wandb", ("wandb==0.31.*",))
TERMINALBOARD = ("terminalboard", ("terminalboard==0.5.*", "plotext<6"))  # it does not start with plotext 6


@dataclass(frozen=True)
class Program:
    """One contestant on one set of data."""

    name: str
    version: str
    command: tuple[str, ...]
    ready: Callable[[str], bool]
    """Whether the screen's text is a first frame with the runs in it."""
    overlay: tuple[tuple[str, ...], ...] = ()
    """Keys that lay all curves over each other, in groups, each pressed when the program is at rest. None: it does so
    by itself.
    """
    keys: tuple[str, ...] = ("right", "left")
    """Keys that repaint something, pressed in turn to time the repaint."""
    environment: dict[str, str] = field(default_factory=dict)
    remembers: tuple[Path, ...] = ()
    """Files in which it keeps what was chosen last time: taken away before it is opened."""


def install(peers: Path, package: str, wanted: tuple[str, ...]) -> tuple[Path, str]:
    """The environment of a peer, made when it is not there; its `bin` folder and the installed version."""
    folder = peers / package
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True, stderr=subprocess.DEVNULL)
    code = f"from importlib.metadata import version; print(version({package!r}))"
    told = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return folder / "bin", told.stdout.strip()


def graftline(home: Path, version: str) -> Program:
    """The app on a workspace: all runs marked in the lineage, then their curves."""
    return Program(
        name="Graftline",
        version=version,
        command=(sys.executable, "-m", "tui", "--home", str(home)),
        ready=lambda text: "curve-0" in text,
        overlay=(("ctrl+a",), ("enter",)),
        environment={"HOME": str(home.parent), "XDG_CONFIG_HOME": str(home.parent / "config")},
    )


def leet(folder: Path, bin: Path, version: str) -> Program:
    """LEET in its workspace view: it draws the newest run by itself, and all when told to."""
    runs = len(list(folder.glob("offline-run-*")))
    return Program(
        name="LEET",
        version=version,
        command=(str(bin / "wandb"), "beta", "leet", "run", str(folder)),
        ready=lambda text: "train_loss" in text or "grad_norm" in text,
        overlay=(("ctrl+a",), ("y",)) if runs > 1 else (),
        keys=("down", "up") if runs > 1 else ("tab",),
        environment={"HOME": str(folder.parent), "WANDB_MODE": "offline"},
        remembers=(folder / ".wandb-leet.json",),
    )


def terminalboard(folder: Path, bin: Path, version: str) -> Program:
    """terminalboard: it reads everything, then draws everything."""
    return Program(
        name="terminalboard",
        version=version,
        command=(str(bin / "terminalboard"), "--reset-view", str(folder)),
        ready=lambda text: "train_loss" in text and "┤" in text,
        environment={"HOME": str(folder.parent)},
    )
