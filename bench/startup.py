"""From a command to its first training step: `python -m bench.startup --work DIR --peers DIR`.

A small branch, a classifier on a saved base, is started again and again, in turns with the Hugging Face Trainer on the
same: width, layers, batch and number of rows. What is measured is the time from exec to the end of the first step, as
each tells it itself: Graftline by its journal, the Trainer by a callback. Graftline reads a table, tokenises it, checks
the base against its hashes and writes a journal meanwhile; the Trainer is given tokens.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import peers
from bench.contest import ROOT, journal
from bench.report import Column, Table, write
from engine import __version__
from engine.config import schema
from engine.freeze.freeze import freeze
from engine.launch.job import create
from engine.launch.wire import python_command
from engine.paths import Workspace
from tests.support.stages import build_corpus, sentences, stage, write_rows

SHAPE = {"layers": 4, "width": 128, "heads": 4, "context": 64, "vocabulary": 320, "batch": 16}
ROWS = 500
PATIENCE = 120.0


def base(workspace: Workspace) -> str:
    """A frozen base of the shape, from two steps of training."""
    if not (workspace.home / "bases" / "small@1").exists():
        corpus = build_corpus(workspace, workspace.home / "data")
        model = schema.ModelConfig(layers=4, width=128, heads=4, context=64)
        train = schema.TrainConfig(steps=2, batch=16, eval_batches=1, patience=0, device="cpu")
        config = schema.PretrainConfig(name="small", corpus=corpus, model=model, train=train)
        freeze(workspace, stage(workspace, config, (f"corpus:{corpus}",)).id, "small")
    return "small@1"


def graftline(workspace: Workspace, model: str, rows: Path) -> tuple[float, float]:
    """Seconds to the first step, and to the end, of one branch."""
    train = schema.TuneConfig(steps=2, batch=16, eval_batches=1, log_every=1, device="cpu")
    data = schema.DataConfig(train=str(rows))
    config = schema.BranchConfig(name="branch", method="classify", base=model, data=data, train=train)
    folder = create(workspace, config, parents=(f"model:{model}",))
    command, environment = python_command("engine", "branch", str(folder.path))
    return _timed(command, lambda: bool(journal(folder)), environment)


def trainer(python: str, base: Path, rows: Path) -> tuple[float, float]:
    script = Path(__file__).with_name("peer_trainer.py")
    said = rows.with_name("trainer.log")
    command = [python, "-P", str(script), "run", str(base), "--rows", str(rows)]
    return _timed(command, lambda: '"step"' in said.read_text(), None, said)


def _timed(
    command: list[str], done: Callable[[], bool], environment: dict[str, str] | None, log: Path | None = None
) -> tuple[float, float]:
    """Seconds from exec until it is done with a step, and until it ends."""
    with (log or Path("/dev/null")).open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL)
        while not done():
            if time.perf_counter() - began > PATIENCE or process.poll():
                process.kill()
                raise SystemExit(f"no step within {PATIENCE:.0f} s: {' '.join(command)}")
            time.sleep(0.005)
        first = time.perf_counter() - began
        process.wait()
        return first, time.perf_counter() - began


def prepared(told: argparse.Namespace) -> dict[str, Callable[[], tuple[float, float]]]:
    """The contestants, by name, each with its base and its rows made."""
    workspace = Workspace(told.work.absolute())
    workspace.home.mkdir(parents=True, exist_ok=True)
    rows, model = write_rows(workspace.home / "data" / "rows.jsonl", sentences(ROWS, 0)), base(workspace)
    found = {f"Graftline {__version__}": lambda: graftline(workspace, model, rows)}
    if told.peers:
        python, version = peers.environment(told.peers.absolute(), "trainer", peers.TRAINER)
        saved, tokens = workspace.home / "hf-base", workspace.home / "data" / "tokens.json"
        draw = random.Random(0)
        made = [{"tokens": draw.choices(range(1, 320), k=40), "label": n % 2} for n in range(ROWS)]
        tokens.write_text(json.dumps(made))
        script = str(Path(__file__).with_name("peer_trainer.py"))
        subprocess.run([python, "-P", script, "make", str(saved), "--shape", json.dumps(SHAPE)], check=True)
        found[f"Trainer of transformers {version}"] = lambda: trainer(python, saved, tokens)
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description="From a command to its first step.")
    parser.add_argument("--work", type=Path, required=True, help="folder for the base and the runs")
    parser.add_argument("--peers", type=Path, help="folder for the peer's environment; absent: Graftline alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    contestants = prepared(told)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for one in contestants.values():  # once for the page cache and the compiled modules, not counted
        one()
    for _ in range(told.rounds):
        for name, one in contestants.items():
            times[name].append(one())
    result = Table(f"from exec to the first step of a small branch, {told.rounds} rounds")
    for name, found in times.items():
        column = Column(name)
        column.put("first step, median, s", statistics.median(first for first, _ in found))
        column.put("slowest, s", max(first for first, _ in found))
        column.put("to the process's end, median, s", statistics.median(end for _, end in found))
        result.add(column)
    print(result.markdown())
    if told.write:
        write(ROOT / "bench" / "README.md", "startup", [result])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
