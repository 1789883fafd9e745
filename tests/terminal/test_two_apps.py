"""Two apps on one workspace while a run trains and another is launched: both stay live, neither shows an error."""

from __future__ import annotations

import re
from pathlib import Path

from engine.launch.client import Client
from tests.support import tiny
from tests.support.terminal import Terminal
from tests.terminal.conftest import Open
from tests.terminal.form import fill, launch

STEPS = 1_000_000


def step_of(terminal: Terminal) -> int:
    """The step that the monitor shows of the run that it watches."""
    found = re.search(r"step ([\d,]+)", terminal.text)
    return int(found[1].replace(",", "")) if found else -1


def healthy(*terminals: Terminal) -> None:
    for terminal in terminals:
        assert terminal.process.poll() is None
        assert not re.search(r"Traceback|Error|error", terminal.text), terminal.text


def test_both_stay_live(workspace: Client, open_app: Open, tmp_path: Path) -> None:
    home = workspace.workspace.home
    tiny.make_corpus(workspace.workspace, tmp_path)
    first = workspace.submit(tiny.pretrain(STEPS, every=500, name="first")).run_id
    one, two = open_app(home), open_app(home)
    for terminal in (one, two):
        terminal.shows("first")
        terminal.wait(lambda: workspace.run(first).state == "running", every=0.2)
        terminal.press("3")
        terminal.wait(lambda terminal=terminal: step_of(terminal) > 0, 90)

    two.press("1", "P")
    two.shows("Pretrain a new base")
    fill(two, name="second", context="32", batch="4", step=str(STEPS), patience="0")
    launch(two)
    one.press("1")
    one.shows("second")

    one.press("3")
    before = step_of(one)
    one.wait(lambda: step_of(one) > before + 10, 90)
    healthy(one, two)

    workspace.stop(first)
    second = workspace.run("second").id
    two.wait(lambda: workspace.run(second).state == "running", 90, every=0.2)
    two.wait(lambda: step_of(two) > 0, 90)
    for terminal in (one, two):
        terminal.press("2")
        terminal.shows("stopped", "running")
    healthy(one, two)
    workspace.stop(second)
