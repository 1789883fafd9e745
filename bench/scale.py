"""Graftline alone, at scale: `python -m bench.scale --home HOME [--preset large]`.

A workspace of 10,000 runs and 50 million points (bench/workspace.py writes it when HOME is empty), opened in a pty of
120x40, warm (its supervisor is up) and cold (it has to be started):

    first frame    from exec to the last byte of the first frame that names runs and is followed by 0.3 s of silence
    place          from the key to the last byte of what it opens, before 0.3 s of silence
    typing         each character of a filter: from the key to the last byte of its echo; and from the last key to the
                   last byte of the answer
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from bench import workspace
from bench.programs import ROOT
from bench.report import Column, Table, write
from bench.screen import warm_and_cold
from bench.usage import flow, frame, latency, usage
from engine import __version__
from tests.support.terminal import Terminal
from tui.widgets.place_bar import PLACES

FILTER = "lr>=1e-3 kind:branch"


def opened(terminal: Terminal, key: str) -> float:
    """Seconds from a key to the last byte of what it makes."""
    terminal.rest(0.3)
    before, pressed = len(terminal.chunks), time.perf_counter()
    terminal.press(key)
    terminal.wait(lambda: len(terminal.chunks) > before, 30, every=0.001)
    terminal.rest(0.5, 30)
    return terminal.chunks[-1].time - pressed


def measure(home: Path) -> Column:
    column = Column("Graftline", __version__)
    own = {"HOME": str(home.parent), "XDG_CONFIG_HOME": str(home.parent / "config")}
    with Terminal([sys.executable, "-m", "tui", "--home", home], environment=own, folder=ROOT) as terminal:
        column.put("first frame, s", frame(terminal, lambda text: "corpus" in text and "base" in text))
        column.put("all of it asked, s", terminal.rest(2.0, 60))
        for place in [*list(PLACES)[1:], "lineage"]:
            terminal.press("escape")  # out of the box that play begins in
            column.put(f"to {place}, s", opened(terminal, str(list(PLACES).index(place) + 1)))
        terminal.press("escape")
        opened(terminal, "2")
        keys = latency(terminal, ["down"] * 40)
        column.put("key to repaint among the runs, median, ms", keys.median)
        opened(terminal, "/")
        typed = latency(terminal, FILTER)
        column.put("a character of the filter, median, ms", typed.median)
        column.put("a character of the filter, 95 %, ms", typed.p95)
        terminal.press("escape", "escape", "1")
        terminal.rest(1.0)
        keys = latency(terminal, ["down"] * 40)
        column.put("key to repaint in the lineage, median, ms", keys.median)
        terminal.rest(2.0, 30)
        sent, busy = flow(terminal, 10.0)
        column.put("idle, bytes/s", sent)
        column.put("idle, % of a core", busy)
        column.put("peak memory, MB", usage(terminal.process.pid).memory / 1e6)
        column.screen = terminal.text
    return column


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="Graftline at scale.")
    parser.add_argument("--home", type=Path, required=True, help="the workspace; written when it is not there")
    parser.add_argument("--preset", choices=list(workspace.PRESETS), default="large")
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    home: Path = told.home.absolute()
    os.environ["GRAFTLINE_IDLE_SECONDS"] = "600"
    runs, points = workspace.PRESETS[told.preset]
    if not home.exists():
        workspace.write(workspace.Plan(home, runs, points, 0), os.cpu_count() or 1)
    table = Table(f"{runs:,} runs, {points:,} points")
    for column in warm_and_cold(home, lambda: measure(home)):
        table.add(column)
    print(table.markdown())
    print(table.screens())
    if told.write:
        write(ROOT / "bench" / "README.md", "scale", [table])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
