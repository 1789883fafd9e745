"""The whole method once, by keys alone, in the app in a terminal, with the real supervisor and real engines.

text -> corpus -> base, pretrained -> frozen -> a variant branched off it -> both ways scored -> compared
"""

from __future__ import annotations

from pathlib import Path

from engine.config.load import dump
from engine.config.schema import SuiteConfig
from engine.launch.client import Client
from tests.support.stages import sentences, write_rows
from tests.support.terminal import Terminal
from tests.terminal.conftest import Open
from tests.terminal.form import fill, launch


def finished(client: Client, terminal: Terminal, name: str) -> str:
    """Wait until the newest run of this name has finished, with the app alive beside it; the run's id."""

    def done() -> bool:
        rows = [row for row in client.runs() if row.name == name]
        assert not rows or rows[-1].state not in ("failed", "stopped"), rows[-1]
        return bool(rows) and rows[-1].state == "finished"

    terminal.wait(done, 200, every=0.3)
    return client.run(name).id


def test_the_whole_method_by_keys(workspace: Client, open_app: Open, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.jsonl", sentences(80, seed=1))
    test = write_rows(tmp_path / "test.jsonl", sentences(40, seed=2))
    suite = tmp_path / "kinds.toml"
    suite.write_text(dump(SuiteConfig(name="kinds", task="classification", data=str(test))))
    terminal = open_app(workspace.workspace.home, size=(120, 50))
    terminal.shows("This workspace is empty")

    terminal.press("5", "b")
    terminal.shows("Build a corpus")
    fill(terminal, name="docs", vocabulary="300")
    launch(terminal)
    finished(workspace, terminal, "docs")
    terminal.press("5")
    terminal.shows("docs", "duplicate")

    terminal.press("1", "P")
    terminal.shows("Pretrain a new base")
    fill(terminal, name="seed", context="32", batch="4", step="30", patience="0")
    launch(terminal)
    terminal.shows("seed", "train")
    finished(workspace, terminal, "seed")
    terminal.press("1")
    terminal.shows("seed", "F freeze")
    terminal.press("end")
    terminal.shows("pretraining run · finished")

    terminal.press("F")
    terminal.shows("Freeze")
    terminal.press("enter")
    terminal.shows("seed@1")

    terminal.rest()
    terminal.press("home", "down")
    terminal.shows("frozen")
    terminal.press("b")
    terminal.shows("Branch a variant")
    fill(terminal, name="kinds-full", data=str(train), epochs="1")
    launch(terminal)
    variant = finished(workspace, terminal, "kinds-full")
    terminal.press("1")
    terminal.shows("kinds-full", "F freeze")

    terminal.press("end", "e")
    terminal.shows("Evaluate")
    fill(terminal, models=f"{variant}", suites=str(suite), name="scores")
    launch(terminal)
    finished(workspace, terminal, "scores")

    terminal.press("1")
    terminal.shows("acc")
    terminal.press("4")
    terminal.shows("kinds-full", "accuracy")
    assert terminal.process.poll() is None and "Traceback" not in terminal.text
