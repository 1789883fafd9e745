"""The only door from the screen to the store, the launcher and the files of a workspace.

Every method blocks (a socket, a file), so it is called from thread workers and never from a handler. What comes back
is typed and frozen; what goes wrong through the user's doing is a `GraftlineError`, with the same words as on the
command line. Heavy modules are imported inside, after the first frame is drawn.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config.estimate import Estimate
from engine.config.schema import BranchConfig, PretrainConfig, RunConfig
from engine.errors import InputError
from engine.journal.reader import Tail
from engine.paths import Workspace, write_atomic
from engine.store.rows import (
    CheckpointRow,
    CorpusRow,
    CurveRow,
    Evaluation,
    EventRow,
    Lineage,
    MachineRow,
    ModelRow,
    Node,
    Point,
    PredictionRow,
    RunRow,
    Submitted,
    Swept,
)
from tui.messages import Snapshot
from tui.node_details import Details, files, folder_of, unlike_siblings

if TYPE_CHECKING:
    from engine.compare.items import Item
    from engine.compare.overview import Overview
    from engine.compare.table import Comparison
    from engine.corpus.report import CorpusReport
    from engine.corpus.thresholds import Answer
    from engine.corpus.tokenizer_report import TokenizerReport
    from engine.dialogue import Said, Stop
    from engine.freeze.exported import Exported
    from engine.freeze.manifest import FrozenManifest
    from engine.launch.ask import Speakers
    from engine.launch.client import Client
    from engine.launch.machine import Watch
    from engine.launch.mirror import Mirror
    from engine.launch.thresholds import Thresholds
    from tui.exchange import Question
    from tui.views import Views


CARD_COLUMNS = 240
"""Buckets of a card's curve: two for each column of a wide one."""


@dataclass(frozen=True)
class Compared:
    """Models on one suite: the table, every item with all answers, and the recipes by model."""

    comparison: Comparison
    items: list[Item]
    recipes: dict[str, dict[str, Any]]
    """Resolved configurations of the runs that made them; a model that no run here made is absent."""
    overview: Overview


SOME = 12
"""Runs of a sweep that are worked out."""


class Gateway:
    """One workspace, as the app sees it."""

    def __init__(self, home: Path):
        self.home = home
        self.workspace = Workspace(home)
        self._snapshot: Snapshot | None = None
        self._recalled = False
        self._thresholds: Thresholds | None = None
        self._choosing = threading.Lock()

    @cached_property
    def client(self) -> Client:
        """The connection to the supervisor, which it starts when there is none. Any thread may use it."""
        from engine.launch.client import Client as Connected

        return Connected(self.home)

    @cached_property
    def mirror(self) -> Mirror:
        from engine.launch.mirror import Mirror as Kept

        return Kept(lambda since: self.client.changes(since))

    def close(self) -> None:
        """Give the connections back. The supervisor and every engine go on."""
        if "speakers" in self.__dict__:
            self.speakers.close()
        if self._thresholds is not None:
            self._thresholds.close()
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def speakers(self) -> Speakers:
        """The processes that answer prompts; two at once, since each wants a processor and a model's memory."""
        from engine.launch.ask import Speakers as Processes

        return Processes(slots=2)

    # --- look -----------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Lineage and runs together, and what the supervisor wants said; the same object while nothing moved."""
        lineage, runs, notices = self.mirror.look()
        kept = self._snapshot
        if kept is None or kept.remembered or notices or kept.lineage is not lineage or kept.runs is not runs:
            kept = self._snapshot = Snapshot(lineage, runs, notices)
        return kept

    def remembered(self, most: float = math.inf) -> Snapshot | None:
        """The workspace as it was last seen, before anything is asked; None when that is not known, or not news.

        What takes more than `most` bytes is left for another time.
        """
        from engine.store.remember import load, size

        if self._snapshot is not None or self._recalled or size(self.workspace) > most:
            return None
        self._recalled = True
        if (changes := load(self.workspace)) is None:
            return None
        self.mirror.take(changes)
        self._snapshot = Snapshot(self.mirror.lineage, self.mirror.runs, remembered=True)
        return self._snapshot

    def runs(self) -> list[RunRow]:
        return self.client.runs()

    def run(self, ref: str) -> RunRow:
        return self.client.run(ref)

    def lineage(self) -> Lineage:
        return self.client.lineage()

    def models(self) -> list[ModelRow]:
        return self.client.models()

    def corpora(self) -> list[CorpusRow]:
        return self.client.corpora()

    def metrics(self, run_id: str, names: tuple[str, ...] = ()) -> dict[str, list[Point]]:
        return self.client.metrics(run_id, names)

    def curves(
        self,
        run_ids: Sequence[str],
        names: Sequence[str] = (),
        *,
        x: str = "step",
        low: float | None = None,
        high: float | None = None,
        columns: int = 1000,
    ) -> list[CurveRow]:
        """Curves thinned for drawing, as `Client.curves`."""
        return self.client.curves(run_ids, names, x=x, low=low, high=high, columns=columns)

    def search(self, query: str, now: float) -> list[str]:
        return self.client.search(query, now)

    def search_keys(self) -> dict[str, tuple[str, ...]]:
        return self.client.search_keys()

    def values(self, keys: Sequence[str], run_ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        return self.client.values(keys, run_ids)

    def views(self) -> Views:
        """How the runs were looked at. Raises `InputError` for a views.toml that cannot be read."""
        from tui.views import load

        return load(self.home / "views.toml")

    def save_views(self, views: Views) -> None:
        from tui.views import save

        save(self.home / "views.toml", views)

    def events(self, run_id: str) -> list[EventRow]:
        return self.client.events(run_id)

    def checkpoints(self, run_id: str) -> list[CheckpointRow]:
        return self.client.checkpoints(run_id)

    def evaluations(self) -> list[Evaluation]:
        return self.client.evaluations()

    def predictions(self, model_id: str, suite: str) -> list[PredictionRow]:
        return self.client.predictions([model_id], suite)[model_id]

    def machine(self, since: float) -> list[MachineRow]:
        return self.client.machine(since)

    @cached_property
    def watch(self) -> Watch:
        """Looks at the machine as it is now. One thread at a time."""
        from engine.launch.machine import Watch as Looking

        return Looking(self.workspace.home, self.client.processes)

    def tail(self, run_id: str) -> Tail:
        """A run's journal, followed without the database."""
        return Tail(self.workspace.run(run_id).journal)

    def log(self, run_id: str) -> Path:
        """Where a run's engine.log stands; it need not exist yet."""
        return self.workspace.run(run_id).log

    def details(self, node: Node, siblings: Sequence[str] = ()) -> Details:
        """What a node's card shows besides the node. `siblings`: run ids whose configurations to hold against it."""
        folder, run_id = folder_of(self.workspace, node), node.run_id
        here = (str(folder.relative_to(self.home)), files(folder)) if folder else ("", ())
        if run_id is None or node.kind == "corpus":
            command = self.command(run_id) if run_id else ""
            return Details(node.id, run_id, command=command, folder=here[0], files=here[1])
        return Details(
            node.id,
            run_id,
            curves=tuple(self.curves((run_id,), ("heldout_loss", "train_loss"), columns=CARD_COLUMNS)),
            checkpoints=tuple(self.client.checkpoints(run_id)),
            command=self.command(run_id),
            folder=here[0],
            files=here[1],
            unlike=unlike_siblings(self.workspace, run_id, siblings),
        )

    def command(self, run_id: str) -> str:
        """The command that made a run, from the first line of its journal; empty when nobody recorded one."""
        from engine.journal.events import Created
        from engine.journal.reader import read

        records = read(self.workspace.run(run_id).journal, limit=1 << 16).records
        return records[0].event.command if records and isinstance(records[0].event, Created) else ""

    def compare(
        self, models: list[str], suite: str, baseline: str | None = None, glance: Sequence[str] = ()
    ) -> Compared:
        """The models side by side on one suite. Without a baseline, the scratch control or the first is it.

        `glance`: the models to show on all suites at once.
        """
        from engine.compare.contaminated import seen_by
        from engine.compare.items import items_of
        from engine.compare.overview import overview
        from engine.compare.table import compare, default_baseline

        known = {row.id: row for row in self.client.models(models)}
        every = self.client.evals(models=[*models, *glance])
        evals = [row for row in every if row.suite == suite and row.model_id in models]
        evals.sort(key=lambda row: models.index(row.model_id))
        answers = self.client.predictions(list(dict.fromkeys(row.model_id for row in evals)), suite)
        names = {model_id: row.name for model_id, row in known.items() if row.version is None}
        baseline = baseline or default_baseline([known[row.model_id] for row in evals if row.model_id in known])
        made = {model: known[model].run_id for model in models if model in known}
        seen = seen_by(self.workspace, [row.model_id for row in evals])
        comparison = compare(evals, answers, suite=suite, baseline=baseline, names=names, seen=seen)
        return Compared(
            comparison,
            items_of(
                {model: {row.example_id: row for row in rows} for model, rows in answers.items()},
                {flag.example_id: flag for flag in comparison.flags},
            ),
            {model: recipe for model, run in made.items() if run and (recipe := self.recipe(run))},
            overview(every, glance),
        )

    def recipe(self, run_id: str) -> dict[str, Any]:
        """A run's resolved configuration as plain data; empty when its file is gone or damaged."""
        from engine.config.load import read_toml

        try:
            return read_toml(self.workspace.run(run_id).config)
        except InputError:
            return {}

    def answer(self, model: str, question: Question, stop: Stop) -> Iterator[Said]:
        """What a model says to a question, as it comes; loading torch and the model are part of the wait."""
        from engine.launch.ask import request

        _, asked = request(self.workspace, model, [question.prompt], question.given, question.sampling)
        yield from self.speakers.ask(asked, stop)

    def report(self, ref: str) -> CorpusReport:
        """What building a corpus (`name/hash`) kept and dropped."""
        from engine.corpus.manifest import find_corpus
        from engine.corpus.report import load_report

        return load_report(find_corpus(self.workspace, ref).path)

    def tokenizer(self, ref: str, sources: Sequence[str]) -> TokenizerReport:
        """How well a corpus's vocabulary suits its held-out text; a few seconds. `sources`: their names."""
        from engine.corpus.manifest import find_corpus
        from engine.corpus.tokenizer_report import tokenizer_report

        return tokenizer_report(find_corpus(self.workspace, ref), sources, most=10)

    def thresholds(self, corpus: CorpusRow) -> Thresholds:
        """What tries out other thresholds of a corpus; one corpus at a time."""
        from engine.launch.thresholds import Thresholds as Process

        with self._choosing:
            kept = self._thresholds
            if kept is None or kept.ref != corpus.id:
                if kept is not None:
                    kept.close()
                config = self.workspace.run(corpus.run_id or "").config
                kept = self._thresholds = Process(self.workspace, corpus.id, config)
            return kept

    def would(self, corpus: CorpusRow, overrides: Sequence[str]) -> Answer:
        """What other thresholds would keep and drop. Raises `InputError` for those that cannot be."""
        from engine.corpus.thresholds import Question

        return self.thresholds(corpus).ask(Question(overrides=tuple(overrides)))

    def measure(self, corpus: CorpusRow, measure: str, source: str, overrides: Sequence[str]) -> Answer:
        """How a measure is spread over the documents that were read, and who is kept nearest to its bounds."""
        from engine.corpus.thresholds import Question

        asked = Question(measure=measure, source=source, overrides=tuple(overrides))
        return self.thresholds(corpus).ask(asked)

    def rebuilt(self, corpus: CorpusRow, overrides: Sequence[str]) -> RunConfig:
        """The configuration that a corpus was built with, with other thresholds. Raises `InputError`."""
        from engine.config.load import KINDS, load

        config = load(self.workspace.run(corpus.run_id or "").config, KINDS["corpus"], tuple(overrides))
        assert isinstance(config, RunConfig)
        return config

    def configs(self, kind: str, folder: Path = Path("configs")) -> list[Path]:
        """The configuration files of one kind that stand where the app was started."""
        return sorted((folder / kind).glob("*.toml"))

    def demo(self, lines: int = 4) -> tuple[bool, list[str]]:
        """Whether the demo plays in this workspace, and its last words; none when it never did."""
        from engine.launch.demo import running, words

        return running(self.home), words(self.home, lines)

    # --- do -------------------------------------------------------------------------------------

    def problems(self, config: RunConfig) -> list[InputError]:
        """All that would keep a configuration from being launched; nothing is changed by asking."""
        from engine.launch.prepare import problems

        return problems(self.workspace, config)

    def load(self, path: Path, kind: str) -> RunConfig:
        """A stage's configuration file. Raises `InputError` that names file, key and fix."""
        from engine.config.load import KINDS, load

        config = load(path.expanduser(), KINDS[kind])
        assert isinstance(config, RunConfig)
        return config

    def save(self, path: Path, toml: str) -> None:
        """Write a configuration file, whole or not at all. Folders are made."""
        write_atomic(path.expanduser(), toml)

    def check(self, config: RunConfig, runs: Sequence[RunRow]) -> tuple[list[InputError], Estimate | None]:
        """The problems, and what it will take as far as that can be told."""
        from engine.launch.estimate import estimate

        try:
            return self.problems(config), estimate(self.workspace, config, runs)
        except InputError:  # one of the problems, told with them
            return self.problems(config), None

    def rehearse(self, config: RunConfig, runs: Sequence[RunRow]) -> None:
        """Time a run's first steps here, and remember what they took. Blocks for some ten seconds.

        Raises `MachineError` while a run is in the way, and `InputError` for what the run would be refused for.
        """
        from engine.launch.rehearse import rehearse

        if isinstance(config, PretrainConfig | BranchConfig):
            rehearse(self.workspace, config, runs)

    def check_sweep(
        self, configs: Sequence[RunConfig], runs: Sequence[RunRow]
    ) -> tuple[list[InputError], Estimate | None, float | None]:
        """The first run's problems and plan, and the seconds that all together take, as far as the past tells.

        Of a large sweep, some runs are worked out and the rest taken to be like them.
        """
        from engine.launch.estimate import estimate

        errors, first = self.check(configs[0], runs)
        if first is None or first.seconds is None:
            return errors, first, None
        some = configs[:: max(1, len(configs) // SOME)]
        found = [estimate(self.workspace, config, runs) for config in some]
        known = [one.seconds for one in found if one is not None and one.seconds is not None]
        return errors, first, sum(known) / len(known) * len(configs)

    def expected(self, waiting: Sequence[RunRow], runs: Sequence[RunRow]) -> dict[str, float | None]:
        """Seconds that each of these will take at most, by run id; None where nothing tells."""
        from engine.launch.estimate import expected_seconds

        return {run.id: expected_seconds(self.workspace, run.id, run.kind, runs) for run in waiting}

    def submit_sweep(self, configs: Sequence[RunConfig], tag: str, command: str) -> Swept:
        """Queue them all, or none. However many they are: who asks has asked the user."""
        from engine.launch.sweep import submit_all

        return submit_all(self.client, configs, tag, command, sure=True)

    def submit(self, config: RunConfig, command: str = "", where: object = None) -> Submitted:
        return self.client.submit(config, command, where)

    def start_demo(self) -> None:
        """Begin the demo here, as a process that goes on without the app. Raises `InputError` while it plays."""
        from engine.launch.demo import start

        self._demo = start(self.home)

    def stop(self, run_id: str) -> None:
        self.client.stop(run_id)

    def profile(self, run_id: str) -> None:
        """Have a running run trace its next five steps."""
        self.client.profile(run_id, steps=5)

    def resume(self, run_id: str) -> None:
        self.client.resume(run_id)

    def cancel(self, run_id: str) -> None:
        self.client.cancel(run_id)

    def waiting(self) -> list[str]:
        return self.client.waiting()

    def reorder(self, run_ids: tuple[str, ...]) -> list[str]:
        """Ids that do not wait any more, and so were left alone."""
        return self.client.reorder(run_ids)

    def remove(self, run_id: str) -> None:
        self.client.remove(run_id)

    def freeze(self, run_ref: str, name: str) -> FrozenManifest:
        from engine.freeze.freeze import freeze

        return freeze(self.workspace, run_ref, name, now=time.time())

    def export(self, model: str, folder: Path) -> Exported:
        from engine.launch.exported import export_model

        return export_model(self.workspace.home, model, folder)

    def note(self, target: str, text: str) -> None:
        self.client.note(target, text)

    def tag(self, target: str, tag: str, *, removed: bool = False) -> None:
        self.client.tag(target, tag, removed)

    def rename(self, target: str, name: str) -> None:
        self.client.rename(target, name)
