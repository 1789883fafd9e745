"""The screen beside its peers: `python -m bench.screen --work DIR --peers DIR [--quick]`.

Each program runs in a pty of 120x40 that answers terminal queries, on the same curves in its own format, one after
the other. What is measured, and how:

    first frame    from exec to the last byte of the first frame that holds the runs and is followed by 0.3 s of silence
    overlay        from the first key (or exec, where a program overlays by itself) to the last byte before 3 s without
    memory         sum over the process tree of each process's own peak; Graftline's supervisor is told by itself
    processor      user and system seconds of the process tree, to the end of the scenario
    key            up to 60 keys within a minute, at rest: from the key to the last byte of its repaint
    idle, live     bytes a second, and percent of one core

Graftline is opened twice: with its supervisor up ("warm"), and with none, so that it has to be started ("cold").
Needs Linux (/proc) and PyPI; nothing else leaves the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import event_file, journals, wandb_file
from bench.curves import METRICS, curves
from bench.live import LiveRun
from bench.programs import LEET, ROOT, TERMINALBOARD, Program, graftline, install, leet, terminalboard
from bench.report import Column, Table, write
from bench.usage import flow, frame, latency, supervisor_usage, usage
from engine import __version__
from engine.launch.client import Client
from tests.support.terminal import Terminal

SETTLED = 3.0
"""Seconds of silence after which an overlay has settled."""


@dataclass(frozen=True)
class Sizes:
    runs: int = 50
    steps: int = 20_000
    long: int = 1_000_000
    keys: int = 60
    seconds: float = 20.0


QUICK = Sizes(runs=8, steps=2000, long=50_000, keys=12, seconds=5.0)


@dataclass
class Contest:
    """Where everything lies, and who takes part."""

    work: Path
    sizes: Sizes
    peers: dict[str, tuple[Path, str]] = field(default_factory=dict)

    def programs(self, folder: Path) -> list[Program]:
        found = [graftline(folder / "runs", __version__)]
        if "wandb" in self.peers:
            found.append(leet(folder / "wandb", *self.peers["wandb"]))
        if "terminalboard" in self.peers:
            found.append(terminalboard(folder / "tb", *self.peers["terminalboard"]))
        return found


def write_data(folder: Path, runs: int, steps: int, names: tuple[str, ...] = METRICS) -> Path:
    """The same runs in every format; kept for the next time."""
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        for run in range(runs):
            made = curves(run, steps, names)
            journals.write_run(folder / "runs", run, made)
            wandb_file.write_run(folder / "wandb", run, made).close()
            event_file.write_run(folder / "tb", run, made)
        done.touch()
    return folder


def supervised(home: Path) -> float:
    """Start the workspace's supervisor and have it read every journal; seconds that this took."""
    began = time.perf_counter()
    with Client(home) as client:
        client.sync()
        return time.perf_counter() - began


def without_supervisor(home: Path) -> None:
    with Client(home) as client:
        client.shutdown()


def warm_and_cold(home: Path, look: Callable[[], Column]) -> tuple[Column, Column]:
    """What `look` measures with a supervisor up, and with none; the columns are named so."""
    took = supervised(home)
    warm = look()
    warm.note(f"its supervisor had looked at every journal {took:.1f} s after it was asked for")
    warm.put("supervisor's peak memory, MB", supervisor_usage(home).memory / 1e6)
    without_supervisor(home)
    cold = look()
    without_supervisor(home)
    warm.name, cold.name = "warm", "cold"
    return warm, cold


def look(program: Program, sizes: Sizes) -> Column:
    """Open a program, overlay everything, press keys, watch it rest."""
    column = Column(program.name, program.version)
    for file in program.remembers:
        file.unlink(missing_ok=True)
    with Terminal(program.command, environment=program.environment, folder=ROOT) as terminal:
        column.put("first frame, s", frame(terminal, program.ready))
        began = terminal.started if not program.overlay else time.perf_counter()
        for keys in program.overlay:
            terminal.rest(0.2)
            before = len(terminal.chunks)
            terminal.press(*keys)
            terminal.wait(lambda before=before: len(terminal.chunks) > before, 120)
        terminal.rest(SETTLED, 600)
        column.put("overlay settled, s", terminal.chunks[-1].time - began)
        used = usage(terminal.process.pid)
        column.put("peak memory, MB", used.memory / 1e6)
        column.put("processor, s", used.seconds)
        answered = latency(terminal, [program.keys[n % len(program.keys)] for n in range(sizes.keys)])
        column.put("key to repaint, median, ms", answered.median)
        column.put("key to repaint, 95 %, ms", answered.p95)
        if answered.unanswered:
            column.note(f"{answered.unanswered} of {sizes.keys} keys repainted nothing")
        terminal.rest(1.0)
        sent, busy = flow(terminal, sizes.seconds / 2)
        column.put("idle, bytes/s", sent)
        column.put("idle, % of a core", busy)
        column.screen = terminal.text
    return column


def side_by_side(contest: Contest, title: str, folder: Path) -> Table:
    """Every program on one set of finished runs; Graftline warm and cold."""
    table = Table(title)
    for program in contest.programs(folder):
        if program.name != "Graftline":
            table.add(look(program, contest.sizes))
            continue
        for column in warm_and_cold(folder / "runs", partial(look, program, contest.sizes)):
            column.name = f"Graftline, {column.name}"
            table.add(column)
    return table


def live(contest: Contest) -> Table:
    """A run that grows by ten steps a second."""
    folder = contest.work / "live"
    shutil.rmtree(folder, ignore_errors=True)
    run = LiveRun(folder)
    supervised(folder / "runs")
    table = Table("live: one run, 5 metrics, 10 steps a second")
    with run.writing():
        for program in contest.programs(folder):
            table.add(_watch(program, contest.sizes.seconds))
    run.close()
    without_supervisor(folder / "runs")
    return table


def _watch(program: Program, seconds: float) -> Column:
    column = Column(program.name, program.version)
    with Terminal(program.command, environment=program.environment, folder=ROOT) as terminal:
        terminal.wait(lambda: program.ready(terminal.text), 60)
        if program.name == "Graftline":
            terminal.pump(1.0)
            terminal.press("enter")
        terminal.pump(5.0)
        sent, busy = flow(terminal, seconds)
        column.put("sent, bytes/s", sent)
        column.put("processor, % of a core", busy)
        column.put("peak memory, MB", usage(terminal.process.pid).memory / 1e6)
        column.screen = terminal.text
    return column


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description="The screen beside its peers.")
    parser.add_argument("--work", type=Path, required=True, help="folder for the data; kept between runs")
    parser.add_argument("--peers", type=Path, help="folder for the peers' environments; absent: Graftline alone")
    parser.add_argument("--only", choices=["fifty", "million", "live"], help="one scenario")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs, not to compare")
    parser.add_argument("--screens", action="store_true", help="also show each program's last screen")
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    work = told.work.absolute() / ("quick" if told.quick else "full")
    contest = Contest(work, QUICK if told.quick else Sizes())
    os.environ["GRAFTLINE_IDLE_SECONDS"] = "600"
    if told.peers:
        contest.peers = {name: install(told.peers.absolute(), name, wanted) for name, wanted in (LEET, TERMINALBOARD)}
    sizes = contest.sizes
    scenarios: dict[str, Callable[[], Table]] = {
        "fifty": lambda: side_by_side(
            contest, f"{sizes.runs} runs x 5 metrics x {sizes.steps:,} steps, all overlaid",
            write_data(work / "fifty", sizes.runs, sizes.steps),
        ),
        "million": lambda: side_by_side(
            contest, f"one run of {sizes.long:,} points",
            write_data(work / "million", 1, sizes.long, METRICS[:1]),
        ),
        "live": lambda: live(contest),
    }  # fmt: skip
    tables = []
    for name, scenario in scenarios.items():
        if told.only in (None, name):
            tables.append(scenario())
            print(tables[-1].markdown(), flush=True)
            if told.screens:
                print(tables[-1].screens())
    if told.write:
        write(ROOT / "bench" / "README.md", "screen", tables)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
