"""Imports point one way. The picture is in the design: screen -> store and launch -> journal -> config -> paths."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOOR = {"errors", "paths", "plain", "figures", "dialogue", "markdown", "collector", "hub"}
RECORD = FLOOR | {"config", "journal"}
TORCH_ZONE = RECORD | {"stage", "corpus", "model", "train", "freeze", "scores"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "paths": {"errors"},
    "plain": set(),
    "memory": set(),
    "hub": {"errors"},
    "collector": set(),
    "figures": set(),
    "dialogue": set(),
    "markdown": {"plain"},
    "config": FLOOR,
    "journal": FLOOR | {"config"},
    "stage": RECORD,
    "corpus": RECORD | {"stage"},
    "model": RECORD | {"corpus"},
    "train": RECORD | {"stage", "model", "corpus", "memory"},
    "freeze": RECORD | {"corpus"},
    "pretrain": TORCH_ZONE,
    "branch": TORCH_ZONE,
    "evaluate": TORCH_ZONE | {"branch"},
    "exchange": TORCH_ZONE,
    "store": RECORD | {"corpus", "freeze"},
    "scores": RECORD,
    "compare": RECORD | {"store", "corpus", "freeze", "scores"},
    "launch": RECORD | {"store", "freeze", "corpus", "stage"},
    "demo": RECORD | {"corpus", "launch", "store", "compare", "freeze", "cli"},
    "cli": RECORD | {"launch", "store", "compare", "corpus", "freeze", "demo"},
    "torchrun": RECORD,
    "__main__": RECORD | {"stage", "torchrun"},
    "rehearse": RECORD | {"stage", "__main__"},
}
SCREEN_MAY_IMPORT = RECORD | {"store", "launch", "compare", "freeze", "corpus"}

NEVER_TORCH = [
    "tui.app",
    "engine.cli",
    "engine.store.database",
    "engine.launch.client",
    "engine.launch.ask",
    "engine.launch.supervisor",
    "engine.journal.writer",
    "engine.config.load",
    "engine.compare.table",
    "engine.compare.export",
    "engine.freeze.freeze",
    "engine.corpus.report",
    "engine.demo.run",
    "engine.launch.estimate",
    "engine.launch.rehearse",
    "engine.launch.machine",
    "engine.launch.exported",
]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def engine_parts(path: Path) -> set[str]:
    """The parts of the engine that a file imports, such as `journal`."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("engine.")}
    return {name for name in names if (ROOT / "engine" / name).is_dir() or (ROOT / "engine" / f"{name}.py").exists()}


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_imports_downwards_only(path: Path) -> None:
    part = path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
    if part == "__init__":
        part = "errors"
    wrong = engine_parts(path) - MAY_IMPORT[part] - {part}
    assert not wrong, f"{path.relative_to(ROOT)} imports engine.{', engine.'.join(sorted(wrong))}"
    assert not any(name == "tui" or name.startswith("tui.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((ROOT / "tui").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_screen_knows_no_torch_zone(path: Path) -> None:
    wrong = engine_parts(path) - SCREEN_MAY_IMPORT
    assert not wrong, f"{path.relative_to(ROOT)} imports engine.{', engine.'.join(sorted(wrong))}"
    assert not any(name.split(".")[0] == "torch" for name in imported(path))


def test_only_the_gateway_opens_the_store_and_the_launcher() -> None:
    """Other files of the screen take the store's typed rows, and nothing that does something.

    But for one: the supervisor is woken before the app, and with it the gateway, is there.
    """
    for path in (ROOT / "tui").rglob("*.py"):
        if path.name == "gateway.py":
            continue
        doers = {n for n in imported(path) if n.startswith(("engine.launch", "engine.store"))}
        allowed = {"engine.launch.wire", "engine.launch.wire.wake"} if path.name == "__main__.py" else set()
        wrong = {n for n in doers - allowed if not n.startswith("engine.store.rows") and n != "engine.store"}
        assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("module", NEVER_TORCH)
def test_torch_stays_unloaded(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_an_engine_that_runs_a_corpus_stays_light() -> None:
    """Building a corpus needs no torch: three seconds and 200 MB saved."""
    code = "import sys, engine.corpus.run; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
