"""A workspace of any size, written the way the engine writes one: `python bench/workspace.py HOME --preset large`.

    a seed -> corpus, bases, branches below them, evaluations -> folders, journals with right checksums, manifests,
              a corpus report, and every answer of every evaluation

Configurations differ in learning rate, seed, width, method and in what learns; some runs failed or were stopped. What
a run's journal says depends on the seed, its number and its length alone. `--preset small` is 50 runs of 20,000 steps,
`million` one run of a million points, `large` 10,000 runs and 50 million points.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime as dt
import hashlib
import math
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.built import report
from bench.scored import scored
from engine.config import schema
from engine.config.fingerprint import fingerprint
from engine.corpus.manifest import CorpusManifest
from engine.corpus.report import save_report
from engine.freeze.manifest import FrozenManifest, save_manifest
from engine.journal import events as e
from engine.journal.writer import encode
from engine.paths import RunFolder, Workspace

PRESETS = {"small": (50, 5_000_000), "million": (1, 1_000_000), "large": (10_000, 50_000_000)}
METRICS = ("train_loss", "lr", "grad_norm", "tokens_per_second", "heldout_loss")
CLASSES = ("data", "files", "network", "text")
CORPUS = "python-docs/3f1c9a7be204"
_START = dt.datetime(2026, 1, 5, 8, 0, 0, tzinfo=dt.UTC).timestamp()
_TAGS = ("keep", "old", "sweep", "paper")
_METHODS = ("classify", "instruct", "continued")
_WHAT = ("full", "last-block", "full", "full")
_PACE = 0.3  # seconds a step
_TOKENS = 4096  # a step

# One line of `Metrics` as msgspec writes it, with all five metrics.
_LINE = (
    b'{"seq":%d,"attempt":1,"time":%.3f,"event":{"type":"metrics","step":%d,"tokens":%d,"seconds":%.3f,"values":'
    b'{"train_loss":%.5f,"lr":%.4e,"grad_norm":%.4f,"tokens_per_second":%.1f,"heldout_loss":%.5f}}}'
)


@dataclass(frozen=True)
class Plan:
    """What to write: `runs` of pretraining, branching and evaluating together; the corpus's own comes on top."""

    home: Path
    runs: int
    points: int
    seed: int = 0

    @property
    def bases(self) -> int:
        return max(1, self.runs // 100)

    @property
    def branches(self) -> int:
        evaluations = self.runs // 20 if self.runs >= 100 else 0
        return self.runs - self.bases - evaluations

    @cached_property
    def steps(self) -> int:
        """Planned for every run that trains; those that fail or are stopped do a third of them."""
        runs = range(self.bases + self.branches)
        whole = sum(1.0 if self.ending(number) == "finished" else 1 / 3 for number in runs)
        return max(1, math.ceil(self.points / whole / len(METRICS)))

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.home)

    def noise(self, number: int, what: int) -> np.random.Generator:
        return np.random.default_rng((self.seed, number, what))

    def kind(self, number: int) -> str:
        """Bases come first, then branches, then evaluations."""
        if number < self.bases:
            return "pretrain"
        return "branch" if number < self.bases + self.branches else "evaluate"

    def name(self, number: int) -> str:
        """Three branches in a row differ in nothing but their seed, and share a name."""
        kind = self.kind(number)
        if kind == "branch":
            return f"{_METHODS[number // 3 % 3]}-{number // 3:04d}"
        return f"tiny-{number}" if kind == "pretrain" else f"eval-{number}"

    def created(self, number: int) -> float:
        return _START + 120.0 * number

    def folder(self, number: int) -> RunFolder:
        stamp = dt.datetime.fromtimestamp(self.created(number), dt.UTC).strftime("%Y%m%d-%H%M%S")
        tail = hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest()[:4]
        return self.workspace.run(f"{stamp}-{self.kind(number)}-{self.name(number)}-{tail}")

    def base(self, number: int) -> str:
        """What a branch grows from: the first bases have the most."""
        return f"tiny-{int(self.bases * self.noise(number // 3, 2).random() ** 2)}@1"

    def ending(self, number: int) -> str:
        """One branch in ten failed, one in twenty was stopped."""
        share = self.noise(number, 3).random() if self.kind(number) == "branch" else 1.0
        return "failed" if share < 0.1 else "stopped" if share < 0.15 else "finished"


# --- configurations -------------------------------------------------------------------------------


def config(plan: Plan, number: int) -> schema.RunConfig:
    """A run's configuration, as its journal holds it."""
    kind, noise = plan.kind(number), plan.noise(number // 3 if plan.kind(number) == "branch" else number, 4)
    rate = float(f"{10 ** noise.uniform(-4.5, -2):.1e}")
    if kind == "pretrain":
        width = int(noise.choice((64, 128, 256, 384)))
        model = schema.ModelConfig(layers=width // 32, width=width, heads=width // 32, context=256, vocab_size=8192)
        train = schema.TrainConfig(steps=plan.steps, batch=16, lr=rate, price_per_hour=2.0)
        return schema.PretrainConfig(name=plan.name(number), corpus=CORPUS, model=model, train=train, seed=number)
    if kind == "evaluate":
        suite = schema.SuiteConfig(name="areas", task="classification", data="/data/areas-test.jsonl")
        return schema.EvaluateConfig(name=plan.name(number), models=evaluated(plan, number), suites=(suite,))
    method = _METHODS[number // 3 % 3]
    data = {"corpus": CORPUS} if method == "continued" else {"train": f"/data/{method}.jsonl"}
    return msgspec.convert(
        {
            "kind": "branch", "name": plan.name(number), "method": method, "base": plan.base(number), "data": data,
            "what": str(noise.choice(_WHAT)), "seed": number % 3,
            "classes": CLASSES if method == "classify" else (),
            "train": {"steps": plan.steps, "lr": rate, "optimizer": "adamw", "price_per_hour": 2.0},
        },
        schema.BranchConfig,
    )  # fmt: skip


def evaluated(plan: Plan, number: int) -> tuple[str, ...]:
    """What an evaluation scores: twenty branches that finished, and a base."""
    first = plan.bases + (number - plan.bases - plan.branches) * 20
    branches = range(first, min(first + 20, plan.bases + plan.branches))
    done = (plan.folder(i).id for i in branches if plan.ending(i) == "finished")
    return (f"tiny-{number % plan.bases}@1", *done)


def parents(plan: Plan, number: int) -> tuple[str, ...]:
    kind = plan.kind(number)
    if kind == "pretrain":
        return (f"corpus:{CORPUS}",)
    if kind == "branch":
        return (f"model:{plan.base(number)}",)
    return tuple(f"model:{m}" if "@" in m else f"run:{m}" for m in evaluated(plan, number))


# --- journals -------------------------------------------------------------------------------------


class Lines:
    """A journal with times of our choosing."""

    def __init__(self, time: float):
        self.time, self.seq, self.attempt = time, 0, 0
        self.parts: list[bytes] = []

    def add(self, event: e.Event, seconds: float = 0.0) -> None:
        self.time += seconds
        self.parts.append(encode(e.Record(self.seq, self.attempt, self.time, event)))
        self.seq += 1

    def measure(self, plan: Plan, number: int, steps: int) -> float:
        """Metrics of so many steps; the last held-out loss."""
        noise, step = plan.noise(number, 5), np.arange(1, steps + 1)
        first, last = (9.0, 2.5 + noise.random()) if plan.kind(number) == "pretrain" else (2.2, 0.4 + noise.random())
        loss = last + (first - last) * np.exp(-5 * step / plan.steps)
        heldout = loss + 0.08 + noise.normal(0, 0.004, steps)
        rows = zip(
            range(self.seq, self.seq + steps),
            (self.time + _PACE * step).tolist(),
            step.tolist(),
            (step * _TOKENS).tolist(),
            (_PACE * step).tolist(),
            (loss + noise.normal(0, 0.03, steps)).tolist(),
            (3e-3 * np.minimum(1.0, (plan.steps - step) / (plan.steps * 0.2) + 1e-9)).tolist(),
            (0.6 + 0.4 * noise.random(steps)).tolist(),
            (_TOKENS / _PACE + noise.normal(0, 200, steps)).tolist(),
            heldout.tolist(),
        )
        self.parts += [b"%08x %s\n" % (zlib.crc32(body), body) for body in (_LINE % row for row in rows)]
        self.seq, self.time = self.seq + steps, self.time + _PACE * steps
        return float(heldout[-1])


def write_run(plan: Plan, number: int) -> float:
    """One run's folder; its last held-out loss."""
    folder, wanted, lines = plan.folder(number), config(plan, number), Lines(plan.created(number))
    kind, ending = plan.kind(number), plan.ending(number)
    folder.path.mkdir(parents=True)
    lines.add(
        e.Created(
            run_id=folder.id, kind=kind, name=wanted.name, config=msgspec.to_builtins(wanted),
            fingerprint=fingerprint(wanted), parents=parents(plan, number), command=f"graftline {kind} {kind}.toml",
        )
    )  # fmt: skip
    lines.attempt = 1
    lines.add(e.Started(pid=1, start_ticks=1.0, boot_id="", host="workshop", device="CPU, 2 threads, fp32"), 1.0)
    loss = 0.0
    if kind == "evaluate":
        for score in scored(folder, evaluated(plan, number), CLASSES, plan.steps, plan.noise(number, 6)):
            lines.add(score, 2.0)
    else:
        lines.add(e.Planned(steps=plan.steps, parameters=4_000_000, trainable=4_000_000, flops_per_token=2.4e7), 0.1)
        loss = lines.measure(plan, number, plan.steps if ending == "finished" else max(1, plan.steps // 3))
    for event in ended(plan, number, lines):
        lines.add(event, 0.2)
    folder.journal.write_bytes(b"".join(lines.parts))
    folder.status.write_bytes(msgspec.json.encode({"state": ending, "queued_at": plan.created(number), "attempts": 0}))
    return loss


def ended(plan: Plan, number: int, lines: Lines) -> Iterator[e.Event]:
    """How a run ended, and what it had made by then."""
    seconds, ending, kind = lines.time - plan.created(number) - 1.0, plan.ending(number), plan.kind(number)
    steps = 0 if kind == "evaluate" else plan.steps
    if ending == "failed":
        yield e.Failed(error="loss is not a number; lower train.lr", seconds=seconds)
    elif ending == "stopped":
        yield e.Stopped(seconds=seconds, device_seconds=seconds, step=steps // 3)
    else:
        if kind == "branch":
            made = hashlib.sha256(b"%d" % number).hexdigest()
            yield e.VariantMade(method=_METHODS[number // 3 % 3], parent=plan.base(number), step=steps, sha256=made)
        tokens = steps * _TOKENS
        yield e.Finished(seconds=seconds, device_seconds=seconds, tokens=tokens, flops=tokens * 2.4e7, step=steps)


# --- what is not a run ----------------------------------------------------------------------------


def write_corpus(plan: Plan) -> None:
    name, short = CORPUS.split("/")
    built = plan.workspace.corpora / CORPUS
    built.mkdir(parents=True)
    manifest = CorpusManifest(
        name=name, hash=short, dtype="uint16", documents=11_204, heldout_documents=560, train_tokens=1_502_311,
        heldout_tokens=75_115, train_bytes=6_009_244, heldout_bytes=300_462, vocab_size=8192, fingerprint="", files={},
        built=_START - 60,
    )  # fmt: skip
    (built / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    save_report(built, report(name, short))


def write_base(plan: Plan, number: int, loss: float) -> None:
    folder = plan.workspace.bases / f"{plan.name(number)}@1"
    folder.mkdir(parents=True)
    wanted = config(plan, number)
    assert isinstance(wanted, schema.PretrainConfig)
    manifest = FrozenManifest(
        name=plan.name(number), version=1, kind="base", corpus=CORPUS, run_id=plan.folder(number).id, step=plan.steps,
        sha256=hashlib.sha256(b"%d" % number).hexdigest(), files={}, parameters=4_000_000, heldout_loss=loss,
        frozen_at=plan.created(number) + 90, card=schema.ModelCard(model=wanted.model),
    )  # fmt: skip
    save_manifest(manifest, folder)


def write_labels(plan: Plan) -> None:
    """The workspace's own journal: every seventh run has a tag, every fiftieth a note."""
    lines = Lines(plan.created(plan.runs))
    for number in range(0, plan.runs, 7):
        lines.add(e.Tagged(target=plan.folder(number).id, tag_name=_TAGS[number % len(_TAGS)]), 1.0)
    for number in range(0, plan.runs, 50):
        lines.add(e.Noted(target=plan.folder(number).id, text=f"looked at after {number} runs"), 1.0)
    plan.workspace.journal.write_bytes(b"".join(lines.parts))


def write(plan: Plan, processes: int = 1) -> Workspace:
    """The whole workspace into `plan.home`, which must be new or empty."""
    plan.home.mkdir(parents=True, exist_ok=True)
    write_corpus(plan)
    if processes == 1:
        losses = [write_run(plan, number) for number in range(plan.runs)]
    else:
        with concurrent.futures.ProcessPoolExecutor(processes) as pool:
            losses = list(pool.map(partial(write_run, plan), range(plan.runs), chunksize=16))
    for number in range(plan.bases):
        write_base(plan, number, losses[number])
    write_labels(plan)
    return plan.workspace


# --- taking it in ---------------------------------------------------------------------------------


def ingest(workspace: Workspace) -> dict[str, float]:
    """Build the database from the journals, as a supervisor does; what that took."""
    import psutil

    from engine.journal.writer import JournalWriter
    from engine.store.database import Database

    began = time.perf_counter()
    with JournalWriter(workspace.journal) as journal:
        database = Database(workspace, journal, print)
        database.sync()
        taken = time.perf_counter() - began
        rows = database.counts()["metrics"]
        database.close()
    memory = psutil.Process().memory_info().rss / 1e6
    size = workspace.database.stat().st_size / 1e6
    return {"rows": rows, "seconds": taken, "rows_per_second": rows / taken, "rss_mb": memory, "file_mb": size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="a new folder")
    parser.add_argument("--preset", choices=PRESETS, default="small")
    parser.add_argument("--runs", type=int, help="pretraining, branch and evaluate runs; default: the preset's")
    parser.add_argument("--points", type=int, help="values measured, over all runs; default: the preset's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--ingest", action="store_true", help="build the database too, and say how fast")
    given = parser.parse_args()
    runs, points = PRESETS[given.preset]
    plan = Plan(given.home.absolute(), given.runs or runs, given.points or points, given.seed)
    began = time.perf_counter()
    workspace = write(plan, given.processes)
    print(f"{plan.runs:,} runs of {plan.steps:,} steps in {time.perf_counter() - began:.1f} s: {plan.home}")
    if given.ingest:
        print("  ".join(f"{name} {value:,.1f}" for name, value in ingest(workspace).items()))


if __name__ == "__main__":
    main()
