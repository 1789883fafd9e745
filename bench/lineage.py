"""The home screen on a large tree, in a pty of 120x40: `python -m bench.lineage --work DIR [--runs N]`.

The workspace (written once, kept in DIR) has N runs with few points each: it is the tree that is large here, not the
curves. The supervisor is up and has read everything. What is measured, and how:

    first frame    from exec to the last byte of the first frame that holds the tree
    key            60 keys at rest, in a group of which all siblings are shown: from the key to the last byte
    sort, filter   from the key, or the last letter of the query, to the last byte
    laid out       `Outline` alone, without a terminal: every node visible, in three orders
    idle           bytes a second when nothing happens
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bench.programs import ROOT, graftline
from bench.usage import flow, frame, latency
from bench.workspace import Plan, write
from engine import __version__
from engine.launch.client import Client
from tests.support.terminal import Terminal
from tui.lineage_rows import Outline, View, every

KEYS = 60
OPEN = 300.0
"""Seconds that a first ingest may take."""


def tree(home: Path) -> Iterator[str]:
    """The size of the tree, and how long it takes to lay out with every node visible."""
    with Client(home) as client:
        client.sync()
        lineage = client.lineage()
    nodes = list(every(lineage))
    yield f"nodes {len(nodes):,}"
    whole = frozenset(node.id for node in nodes)
    for sort in ("age", "score", "cost"):
        began = time.perf_counter()
        outline = Outline(lineage, View(whole=whole, sort=sort))
        yield f"laid out by {sort}: {1000 * (time.perf_counter() - began):.1f} ms, {len(outline):,} lines"


def screen(home: Path) -> Iterator[str]:
    """What the app does with it."""
    app = graftline(home, __version__)
    with Terminal(app.command, environment=app.environment, folder=ROOT) as terminal:
        yield f"first frame {frame(terminal, lambda text: '◆ tiny' in text, seconds=OPEN):.2f} s"
        terminal.rest()
        terminal.press("j")
        terminal.rest()
        for what, keys in (("down", ["j"]), ("a page", ["n", "N"])):
            found = latency(terminal, keys * (KEYS // len(keys)))
            yield f"{what}: median {found.median:.0f} ms, 95th percentile {found.p95:.0f} ms"
        found = latency(terminal, ["o"] * 10)
        yield f"sort: median {found.median:.0f} ms"
        terminal.press("f", *"lr>=1e-3 kind:branch")
        began = time.perf_counter()
        terminal.rest(0.5)
        yield f"filter: {1000 * (terminal.chunks[-1].time - began):.0f} ms"
        terminal.press("escape")
        terminal.rest(3.0)
        yield f"idle: {flow(terminal, 10.0)[0]:.0f} bytes/s"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=10_000)
    options = parser.parse_args(arguments)
    home = options.work.absolute() / f"lineage-{options.runs}"
    if not home.exists():
        write(Plan(home, options.runs, points=options.runs * 20))
    for line in chain(tree(home), screen(home)):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
