"""`graftline demo`: the whole method, from documentation to comparison, in a fresh workspace.

    data -> corpus -> pretrain until flat -> freeze -> three branches and a control -> evaluate -> compare

Everything goes through the same door as a user's own work: configurations on disk, the queue, the supervisor. The demo
only waits, tells, and takes the next step. In the app it runs as a process of its own, so that closing the screen
leaves it going.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from engine.cli import cli, open_app, require_terminal
from engine.config.schema import EvaluateConfig, RunConfig
from engine.demo import data, recipes
from engine.errors import InputError, RunFailedError
from engine.freeze.freeze import freeze
from engine.journal.events import Decision, Metrics, Record, Said
from engine.journal.reader import Tail
from engine.launch.client import Client
from engine.launch.demo import start
from engine.paths import Workspace, default_home
from engine.plain import one_line
from engine.store.rows import RunRow

POLL_SECONDS = 0.25
OVER = {"finished", "failed", "stopped", "cancelled"}


def fresh_home(home: Path | None) -> Path:
    """The workspace to use: `home`, which must be empty or new, else the first free `runs/demo`, `runs/demo-2` ..."""
    if home is not None:
        if home.is_dir() and any(home.iterdir()):
            fix = "name a folder that is empty or not there yet, or `graftline --home DIR` to look at it"
            raise InputError("the demo wants a fresh workspace", where=home, key="--home", fix=fix)
        return home.absolute()
    first = default_home() / "demo"
    later = (first.with_name(f"demo-{n}") for n in range(2, 10_000))
    return next(path for path in (first, *later) if not path.exists())


def main(home: Path | None, *, headless: bool) -> None:
    """Run the demo here (`headless`), or beside the app, which this process then becomes.

    Raises `InputError` for a workspace that is not fresh or where the app has no terminal, and `RunFailedError` when
    a stage failed.
    """
    if not headless:
        require_terminal()
    place = fresh_home(home)
    place.mkdir(parents=True, exist_ok=True)
    if headless:
        Demo(place).play()
    else:
        _beside_the_app(place)


def _beside_the_app(home: Path) -> NoReturn:
    """Start the demo in its own session, its words in `demo.log`, and become the app."""
    start(home)
    open_app(home)


class Demo:
    """One performance of the demo in one workspace."""

    def __init__(self, home: Path):
        self.workspace = Workspace(home)
        self.client = Client(home)
        self.configs = home / "configs"
        self.began = time.monotonic()

    def play(self) -> None:
        self._title("Workspace", str(self.workspace.home))
        task_data = data.write(self.workspace.home / "data")
        self._title("Tasks", f"{len(task_data.areas)} areas; {len(task_data.test_modules)} modules kept for the tests")

        self._title("Corpus", "the documentation that this Python carries")
        self._run([recipes.corpus(task_data)])
        self._title("Pretrain", "next-token prediction, until the held-out loss flattens")
        (base_run,) = self._run([recipes.pretrain(recipes.corpus(task_data).name)])
        frozen = freeze(self.workspace, base_run.id, recipes.BASE)
        self._title("Freeze", f"{frozen.id}: sha256 {frozen.sha256[:12]}, read-only from now on")

        branches = recipes.branches(task_data)
        self._title("Branch", f"{len(branches)} branches of {frozen.id}, one of them from random weights as a control")
        variants = {row.name: row.id for row in self._run(branches)}

        self._title("Evaluate", "each on its own test set")
        suites = recipes.suites(task_data)
        asked = {"areas": ["areas", "areas-scratch"], "questions": ["questions"], "reference": ["reference", frozen.id]}
        evaluations = [
            EvaluateConfig(name=f"{name}-test", models=tuple(variants.get(m, m) for m in asked[name]), suites=(suite,))
            for name, suite in suites.items()
        ]
        for suite in suites.values():
            recipes.write(self.workspace.suites, suite)
        self._run(evaluations)
        self._results(suites, frozen.id)

    def _run(self, configs: Sequence[RunConfig]) -> list[RunRow]:
        """Queue runs, follow them one after the other, and return how they ended. Raises when one failed."""
        submitted = []
        for config in configs:
            outcome = self.client.submit(config, where=recipes.write(self.configs, config))
            for line in outcome.said:
                self._line(line)
            submitted.append(outcome.run_id)
        return [self._follow(run_id) for run_id in submitted]

    def _follow(self, run_id: str) -> RunRow:
        """Tell what a run's journal says until the run is over."""
        tail = Tail(self.workspace.run(run_id).journal)
        self._line(f"{run_id}")
        while True:
            row = self.client.run(run_id)
            for record in tail.poll():
                self._tell(record)
            if row.state in OVER:
                break
            time.sleep(POLL_SECONDS)
        if row.state != "finished":
            raise RunFailedError(f"{run_id} {row.state}: {row.error or 'see graftline logs'}")
        self._line(f"done in {row.cost.seconds:.0f} s")
        return row

    def _tell(self, record: Record) -> None:
        match record.event:
            case Said(text=text):
                self._line(text)
            case Metrics(step=step, values={"heldout_loss": float(loss)}):
                self._line(f"step {step:>5}   held-out loss {loss:.3f}")
            case Decision(what=what, step=step, why=why):
                self._line(f"step {step:>5}   {what}: {why}")

    def _results(self, suites: Iterable[str], base: str) -> None:
        """The end: what any user would ask next, asked on the command line."""
        for suite in suites:
            baseline = ["--baseline", base] if suite == "reference" else []
            self._ask("compare", "--suite", suite, *baseline)
        self._ask("lineage")
        print(f"\nThe whole method took {time.monotonic() - self.began:.0f} s. Look around:", flush=True)
        print(f"    graftline --home {shlex.quote(str(self.workspace.home))}", flush=True)

    def _ask(self, *verb: str) -> None:
        print(f"\n$ graftline {' '.join(verb)}", flush=True)
        cli.main([*verb, "--home", str(self.workspace.home)], standalone_mode=False)

    def _title(self, what: str, text: str) -> None:
        print(f"\n[{time.monotonic() - self.began:4.0f} s] {what}: {one_line(text)}", flush=True)

    def _line(self, text: str) -> None:
        print(f"         {one_line(text)}", flush=True)
