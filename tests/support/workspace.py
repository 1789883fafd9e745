"""A believable finished workspace, written the way the engine writes one: journals, configs and small real files.

Nothing here knows the store: what the app, the command line and `reindex` show of it went through the real ingest.
All times are fixed (`NOW` is a little after the newest), all noise is seeded, so snapshots of it hold.

The running run's process is the calling test process itself, so that a supervisor takes it for alive and leaves the
queued run waiting behind it. Never `stop` that run from a test: it would signal the test.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import psutil
from safetensors.numpy import save_file

from engine.config import schema
from engine.config.fingerprint import fingerprint
from engine.config.load import dump
from engine.corpus.vocabulary import train_bpe
from engine.freeze.manifest import FrozenManifest, save_manifest
from engine.journal.events import (
    Checkpoint,
    CorpusBuilt,
    Created,
    Decision,
    Evaluated,
    Event,
    Failed,
    Finished,
    MachineSample,
    Metrics,
    Noted,
    Planned,
    Prediction,
    Progress,
    Record,
    Said,
    Score,
    Started,
    Tagged,
    VariantMade,
)
from engine.journal.writer import encode
from engine.paths import RunFolder, Workspace
from engine.stage import boot_id
from tests.support.report import write_report

NOW = dt.datetime(2026, 11, 23, 15, 0, 0, tzinfo=dt.UTC).timestamp()
"""What "now" is for this workspace."""

DOCS = "python-docs/3f1c9a7be204"
EMAIL = "email-docs/c20d77e1aa95"
BASE = "tiny@1"
RUNS = {
    "docs": "20261123-141000-corpus-python-docs-a1c0",
    "email": "20261123-141040-corpus-email-docs-a2c0",
    "tiny": "20261123-141502-pretrain-tiny-k3f9",
    "areas": "20261123-142301-branch-areas-m2x7",
    "helper": "20261123-142540-branch-helper-q8d1",
    "reference": "20261123-143012-branch-reference-z5t4",
    "areas-scratch": "20261123-143355-branch-areas-scratch-h0n6",
    "evaluate": "20261123-143801-evaluate-evaluate-e4v2",
    "areas-head": "20261123-144210-branch-areas-head-f7c3",
    "helper-long": "20261123-145530-branch-helper-long-r6w8",
    "areas-last": "20261123-145702-branch-areas-last-u9b5",
}
"""Run ids by the run's name ("docs" and "email": the corpus runs)."""

CLASSES = ("data", "files", "network", "text")
SUITES = ("areas", "questions", "email-text")
_MODEL = schema.ModelConfig(layers=2, width=32, heads=2, context=64, vocab_size=512)
_SHA = {name: hashlib.sha256(name.encode()).hexdigest() for name in RUNS}


def make_workspace(home: Path) -> Workspace:
    """Write the whole workspace into `home` (made when absent) and return it."""
    workspace = Workspace(home)
    home.mkdir(parents=True, exist_ok=True)
    _corpora(workspace)
    _pretrain(workspace)
    _base(workspace)
    _variants(workspace)
    _evaluations(workspace)
    _unfinished(workspace)
    _workspace_journal(workspace)
    return workspace


def at(run: str) -> float:
    """When a run was created, seconds since the epoch."""
    return _time(RUNS[run])


def _time(run_id: str) -> float:
    return dt.datetime.strptime(run_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=dt.UTC).timestamp()


class Journal:
    """Writes a journal with times of our choosing; the lines are the writer's own."""

    def __init__(self, path: Path, time: float, attempt: int = 0):
        self.path, self.time, self.attempt, self.seq = path, time, attempt, 0
        self._lines: list[bytes] = []

    def add(self, event: Event, seconds: float = 0.0) -> None:
        """Append one event, `seconds` after the last."""
        self.time += seconds
        self._lines.append(encode(Record(seq=self.seq, attempt=self.attempt, time=self.time, event=event)))
        self.seq += 1

    def write(self) -> None:
        """Append what was added since the last time."""
        with self.path.open("ab") as file:
            file.write(b"".join(self._lines))
        self._lines.clear()


def _begin(
    workspace: Workspace, run: str, config: schema.RunConfig, parents: tuple[str, ...], started: bool = True
) -> tuple[RunFolder, Journal]:
    return begin(workspace, RUNS[run], config, parents, started)


def begin(
    workspace: Workspace, run_id: str, config: schema.RunConfig, parents: tuple[str, ...] = (), started: bool = True
) -> tuple[RunFolder, Journal]:
    """A run folder with its config and a journal that holds `Created`, and `Started` unless told otherwise."""
    folder, created = workspace.run(run_id), _time(run_id)
    folder.path.mkdir()
    folder.config.write_text(dump(config))
    journal = Journal(folder.journal, created)
    kind = str(config.__struct_config__.tag)
    journal.add(
        Created(
            run_id=folder.id,
            kind=kind,
            name=config.name,
            config=msgspec.to_builtins(config),
            fingerprint=fingerprint(config),
            parents=parents,
            command=f"graftline {kind}",
        )
    )
    if started:
        journal.attempt = 1
        device = "" if kind == "corpus" else "CPU, 2 threads, fp32"
        journal.add(_started(device), 0.5)
        _status(folder, "running", created)
        folder.log.write_text(f"{device or 'corpus'}\nstarted {config.name}\n")
    else:
        _status(folder, "queued", created)
    return folder, journal


def _started(device: str) -> Started:
    process = psutil.Process()
    return Started(
        pid=process.pid, start_ticks=process.create_time(), boot_id=boot_id(), host="workshop", device=device,
        versions={"graftline": "0.1.0", "python": "3.11.7"},
    )  # fmt: skip


def _status(folder: RunFolder, state: str, queued_at: float) -> None:
    process = psutil.Process()
    alive = state == "running"
    folder.status.write_bytes(
        msgspec.json.encode(
            {
                "state": state,
                "queued_at": queued_at,
                "pid": process.pid if alive else None,
                "start_ticks": process.create_time() if alive else None,
                "boot_id": boot_id() if alive else None,
                "gpu": None,
                "stop_asked": False,
            }
        )
    )


def _end(folder: RunFolder, journal: Journal, ending: Event, seconds: float = 0.2) -> None:
    journal.add(ending, seconds)
    journal.write()
    _status(folder, {Finished: "finished", Failed: "failed"}[type(ending)], journal.time)


# --- corpora --------------------------------------------------------------------------------------


def _corpora(workspace: Workspace) -> None:
    source = schema.SourceConfig(type="python-docs", name="python-docs")
    _corpus(workspace, "docs", schema.CorpusConfig(name="python-docs", sources=(source,)), DOCS, 11_204, 1_502_311)
    email = schema.SourceConfig(type="python-docs", name="email", only=("email",))
    _corpus(workspace, "email", schema.CorpusConfig(name="email-docs", sources=(email,)), EMAIL, 412, 48_215)


def _corpus(workspace: Workspace, run: str, config: schema.CorpusConfig, ref: str, documents: int, tokens: int) -> None:
    folder, journal = _begin(workspace, run, config, ())
    journal.add(Progress(phase="tokenise", done=documents, total=documents), 8)
    journal.add(CorpusBuilt(name=config.name, hash=ref.split("/")[1]), 1)
    _end(folder, journal, Finished(seconds=9.5, device_seconds=0.0, tokens=tokens))
    built = workspace.corpora / ref
    (built / "tokenizer").mkdir(parents=True)
    train = np.random.default_rng(0).integers(0, 512, 4096, dtype=np.uint16)
    train.tofile(built / "train-00000.bin")
    train[:512].tofile(built / "heldout.bin")
    manifest = {
        "name": config.name,
        "hash": ref.split("/")[1],
        "dtype": "uint16",
        "documents": documents,
        "heldout_documents": documents // 20,
        "train_tokens": tokens,
        "heldout_tokens": tokens // 20,
        "train_bytes": tokens * 4,
        "heldout_bytes": tokens // 5,
        "vocab_size": 512,
        "fingerprint": fingerprint(config),
        "files": {f: hashlib.sha256((built / f).read_bytes()).hexdigest() for f in ("train-00000.bin", "heldout.bin")},
        "built": journal.time,
    }
    (built / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    write_report(built, config.name, ref.split("/")[1], documents=documents, tokens=tokens)


# --- training -------------------------------------------------------------------------------------


def _curve(
    journal: Journal, *, steps: int, first: float, last: float, seed: int, pace: float, upto: int = 0, every: int = 10,
    extra: str = "",
) -> float:  # fmt: skip
    """Metrics of a run of `steps` steps whose losses fall from `first` towards `last`; the last held-out loss."""
    noise = random.Random(seed)
    heldout = first
    for step in range(1, (upto or steps) + 1):
        left = math.exp(-5 * step / steps)
        loss = last + (first - last) * left
        values: dict[str, float | None] = {}
        if step % 2 == 0 or step == 1:
            values["train_loss"] = round(loss + noise.gauss(0, 0.03), 5)
            values["lr"] = 3e-3 * min(1.0, (steps - step) / (steps * 0.2) + 1e-9)
            values["grad_norm"] = round(0.6 + noise.random() * 0.4, 4)
            values["tokens_per_second"] = round(1024 / pace, 1)
        if step % every == 0:
            heldout = round(loss + 0.08 + noise.gauss(0, 0.004), 5)
            values["heldout_loss"] = heldout
            if extra == "accuracy":
                values["accuracy"] = round(0.25 + 0.5 * (1 - left), 4)
            if extra == "bits":
                values["heldout_bits_per_byte"] = round(heldout / math.log(2) / 4, 5)
        if values:
            journal.add(Metrics(step=step, tokens=step * 1024, seconds=round(step * pace, 3), values=values), pace)
    return heldout


def _checkpoint(folder: RunFolder, journal: Journal, step: int, loss: float | None, *, best: bool) -> str:
    """A checkpoint folder with small but real weights, and its event. The weights' SHA-256."""
    path = folder.checkpoint(step)
    path.mkdir(parents=True)
    weights = np.random.default_rng(int(_SHA["tiny"][:8], 16) + step).standard_normal((32, 32)).astype(np.float32)
    save_file({"blocks.0.weight": weights}, path / "model.safetensors")
    (path / "config.json").write_bytes(msgspec.json.encode(schema.ModelCard(model=_MODEL)))
    sha = hashlib.sha256((path / "model.safetensors").read_bytes()).hexdigest()
    for name in ("last", "best") if best else ("last",):
        link = folder.checkpoints / name
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
    journal.add(Checkpoint(step=step, tokens=step * 1024, heldout_loss=loss, best=best, sha256=sha))
    return sha


def _pretrain(workspace: Workspace) -> None:
    train = schema.TrainConfig(steps=400, batch=16, eval_every=10, checkpoint_every=100, price_per_hour=2.0)
    config = schema.PretrainConfig(name="tiny", corpus=DOCS, model=_MODEL, train=train)
    folder, journal = _begin(workspace, "tiny", config, (f"corpus:{DOCS}",))
    journal.add(Said(text="device: CPU, 2 threads, fp32 (no CUDA or MPS device here)"), 0.1)
    journal.add(Planned(steps=400, parameters=41_216, trainable=41_216, tokens_per_step=1024, flops_per_token=2.6e5))
    _curve(journal, steps=200, first=6.2, last=3.1, seed=1, pace=0.9, upto=100, extra="bits")
    _checkpoint(folder, journal, 100, 3.44, best=True)
    noise = random.Random(2)
    for step in range(101, 201):
        loss = 3.1 + 3.1 * math.exp(-5 * step / 200)
        values: dict[str, float | None] = {"train_loss": round(loss + noise.gauss(0, 0.03), 5)}
        if step % 10 == 0:
            values["heldout_loss"] = round(loss + 0.08, 5)
            values["heldout_bits_per_byte"] = round((loss + 0.08) / math.log(2) / 4, 5)
        journal.add(Metrics(step=step, tokens=step * 1024, seconds=round(step * 0.9, 3), values=values), 0.9)
        if step == 160:
            journal.add(Decision(what="plateau", step=160, why="held-out loss gained less than 0.5 % in 3 looks"))
            journal.add(Decision(what="decay", step=160, why="cooling down over 40 steps"))
    journal.add(Decision(what="end", step=200, why="plateau"))
    _checkpoint(folder, journal, 200, 3.2009, best=True)
    flops = 200 * 1024 * 2.6e5
    _end(folder, journal, Finished(seconds=183.0, device_seconds=180.0, tokens=200 * 1024, flops=flops, step=200))


def _base(workspace: Workspace) -> None:
    run = workspace.run(RUNS["tiny"])
    folder = workspace.bases / BASE
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "config.json"):
        (folder / name).write_bytes((run.checkpoint(200) / name).read_bytes())
    train_bpe([f"rows of the {name} are read" for name in CLASSES], 280).save(folder / "tokenizer")
    whole = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in whole}
    manifest = {
        "name": "tiny",
        "version": 1,
        "kind": "base",
        "parent": None,
        "corpus": DOCS,
        "run_id": RUNS["tiny"],
        "step": 200,
        "method": None,
        "scratch": False,
        "sha256": files["model.safetensors"],
        "files": files,
        "parameters": 41_216,
        "heldout_loss": 3.2009,
        "frozen_at": at("areas") - 20,
        "card": msgspec.to_builtins(schema.ModelCard(model=_MODEL)),
    }
    save_manifest(msgspec.convert(manifest, FrozenManifest), folder)


def _branch(
    name: str, method: str, *, what: str = "full", scratch: bool = False, steps: int = 150
) -> schema.BranchConfig:
    data = schema.DataConfig(train="/data/areas.jsonl") if method != "continued" else schema.DataConfig(corpus=EMAIL)
    train = schema.TrainConfig(steps=steps, optimizer="adamw", lr=3e-4, price_per_hour=2.0)
    classes = CLASSES if method == "classify" else ()
    return msgspec.convert(
        {
            "kind": "branch", "name": name, "method": method, "base": BASE, "what": what, "scratch": scratch,
            "classes": classes, "data": msgspec.to_builtins(data), "train": msgspec.to_builtins(train),
        },
        schema.BranchConfig,
    )  # fmt: skip


def _variants(workspace: Workspace) -> None:
    _variant(workspace, "areas", "classify", first=1.45, last=0.62, seed=11, extra="accuracy")
    _variant(workspace, "helper", "instruct", first=3.9, last=2.2, seed=12)
    _variant(workspace, "reference", "continued", first=3.4, last=2.7, seed=13, extra="bits")
    _variant(workspace, "areas-scratch", "classify", first=1.5, last=1.05, seed=14, extra="accuracy", scratch=True)


def _variant(
    workspace: Workspace, run: str, method: str, *, first: float, last: float, seed: int, extra: str = "",
    scratch: bool = False,
) -> None:  # fmt: skip
    parents = (f"model:{BASE}", *((f"corpus:{EMAIL}",) if method == "continued" else ()))
    folder, journal = _begin(workspace, run, _branch(run, method, scratch=scratch), parents)
    journal.add(Said(text=f"context: 64 tokens, from {BASE}"), 0.1)
    journal.add(Planned(steps=150, parameters=41_344, trainable=41_344, tokens_per_step=1024, flops_per_token=2.6e5))
    loss = _curve(journal, steps=150, first=first, last=last, seed=seed, pace=0.4, extra=extra)
    journal.add(Decision(what="end", step=150, why="step limit"))
    sha = _checkpoint(folder, journal, 150, loss, best=True)
    journal.add(VariantMade(method=method, parent=BASE, scratch=scratch, step=150, sha256=sha))
    flops = 150 * 1024 * 2.6e5
    _end(folder, journal, Finished(seconds=62.0, device_seconds=60.0, tokens=150 * 1024, flops=flops, step=150))


def _unfinished(workspace: Workspace) -> None:
    """One that failed, one that runs, one that waits behind it."""
    folder, journal = _begin(
        workspace, "areas-head", _branch("areas-head", "classify", what="head"), (f"model:{BASE}",)
    )
    journal.add(Planned(steps=150, parameters=41_344, trainable=128, tokens_per_step=1024, flops_per_token=2.6e5), 0.1)
    _curve(journal, steps=150, first=1.5, last=1.3, seed=15, pace=0.3, upto=40)
    journal.add(Decision(what="nan", step=41, why="the loss is not a number"))
    _end(folder, journal, Failed(error="loss is not a number at step 41; lower train.lr", seconds=12.5))
    folder, journal = _begin(
        workspace, "helper-long", _branch("helper-long", "instruct", steps=600), (f"model:{BASE}",)
    )
    journal.add(Planned(steps=600, parameters=41_344, trainable=41_344, tokens_per_step=1024, flops_per_token=2.6e5), 1)
    _curve(journal, steps=600, first=3.9, last=2.1, seed=16, pace=0.4, upto=260)
    journal.write()
    _, journal = _begin(
        workspace, "areas-last", _branch("areas-last", "classify", what="last-block"), (f"model:{BASE}",), started=False
    )
    journal.write()


# --- evaluation -----------------------------------------------------------------------------------


def _evaluations(workspace: Workspace) -> None:
    suites = tuple(
        schema.SuiteConfig(name=name, task=task, data=data)
        for name, task, data in (
            ("areas", "classification", "/data/areas-test.jsonl"),
            ("questions", "instruction", "/data/questions.jsonl"),
            ("email-text", "language-model", EMAIL),
        )
    )
    models = tuple(RUNS[n] for n in ("areas", "areas-scratch", "helper", "reference"))
    config = schema.EvaluateConfig(models=(BASE, *models), suites=suites)
    folder, journal = _begin(workspace, "evaluate", config, (f"model:{BASE}", *(f"run:{m}" for m in models)))
    folder.predictions.mkdir()
    _score(folder, journal, RUNS["areas"], "areas", "classification", _labels(0.74, 21))
    _score(folder, journal, RUNS["areas-scratch"], "areas", "classification", _labels(0.52, 22))
    _score(folder, journal, RUNS["helper"], "questions", "instruction", _answers(0.38, 23))
    _score(folder, journal, BASE, "questions", "instruction", _answers(0.12, 24))
    _score(folder, journal, BASE, "email-text", "language-model", _documents(1.31, 25))
    _score(folder, journal, RUNS["reference"], "email-text", "language-model", _documents(1.12, 25))
    _end(folder, journal, Finished(seconds=20.0, device_seconds=18.0, tokens=90_000))


def _labels(share: float, seed: int) -> list[Prediction]:
    noise = random.Random(seed)
    items = []
    for number in range(160):
        target = CLASSES[number % 4]
        output = target if noise.random() < share else noise.choice(CLASSES)
        text = f"Return the {target} object number {number}."
        items.append(_item(number, text, target, output, output == target, float(output == target)))
    return items


def _answers(share: float, seed: int) -> list[Prediction]:
    noise = random.Random(seed)
    items = []
    for number in range(80):
        right = noise.random() < share
        target = f"Return a new array of length {number}."
        output = target if right else "Return the value."
        score = 1.0 if right else round(noise.random() * 0.5, 4)
        items.append(_item(number, f"What does array.f{number} do?", target, output, right, score))
    return items


def _documents(bits_per_byte: float, seed: int) -> list[Prediction]:
    noise = random.Random(seed)
    items = []
    for number in range(40):
        size = 200 + noise.randrange(400)
        bits = bits_per_byte * size * (1 + noise.gauss(0, 0.1))
        items.append(_item(number, f"Document {number}.", "", "", None, round(bits, 3), float(size)))
    return items


def _item(
    number: int, text: str, target: str, output: str, correct: bool | None, score: float, weight: float = 1.0
) -> Prediction:
    return Prediction(
        example_id=f"{number:04d}",
        input=text,
        target=target,
        output=output,
        correct=correct,
        score=score,
        weight=weight,
    )


def _score(folder: RunFolder, journal: Journal, model: str, suite: str, task: str, items: Sequence[Prediction]) -> None:
    """Write the predictions, and the event whose scores follow from them."""
    name = f"predictions/{suite}-{model.replace('@', '-')}.jsonl"
    (folder.path / name).write_bytes(b"".join(msgspec.json.encode(item) + b"\n" for item in items))
    confusion: dict[str, dict[str, int]] = {}
    if task == "classification":
        scores = [_wilson("accuracy", [bool(i.correct) for i in items]), *_per_class(items)]
        confusion = {t: dict(Counter(i.output for i in items if i.target == t)) for t in CLASSES}
    elif task == "instruction":
        f1 = sum(i.score for i in items) / len(items)
        exact = _wilson("exact_match", [bool(i.correct) for i in items])
        scores = [
            exact,
            Score("token_f1", f1, f1 - 0.06, f1 + 0.06, len(items)),
            Score("rule_score", 0.9, n=len(items)),
        ]
    else:
        value = sum(i.score for i in items) / sum(i.weight for i in items)
        scores = [Score("bits_per_byte", value, value - 0.03, value + 0.03, len(items))]
    journal.add(
        Evaluated(
            model=model,
            step=None if "@" in model else 150,
            suite=suite,
            suite_sha256=hashlib.sha256(suite.encode()).hexdigest(),
            task=task,
            scores=tuple(scores),
            confusion=confusion,
            predictions=name,
            seconds=3.0,
        ),
        3.0,
    )


def _wilson(metric: str, right: Sequence[bool]) -> Score:
    """A share with its 95 % Wilson interval."""
    n, z = len(right), 1.959964
    p = sum(right) / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Score(metric, p, (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n), n)


def _per_class(items: Sequence[Prediction]) -> list[Score]:
    scores, f1s = [], []
    for name in CLASSES:
        hit = sum(i.target == name == i.output for i in items)
        said, are = sum(i.output == name for i in items), sum(i.target == name for i in items)
        precision, recall = hit / max(said, 1), hit / max(are, 1)
        f1s.append(2 * precision * recall / max(precision + recall, 1e-9))
        scores += [Score(f"precision:{name}", precision, n=said), Score(f"recall:{name}", recall, n=are)]
        scores.append(Score(f"f1:{name}", f1s[-1], n=are))
    macro = sum(f1s) / len(f1s)
    return [Score("macro_f1", macro, macro - 0.07, macro + 0.07, len(items)), *scores]


# --- the workspace's own journal ------------------------------------------------------------------


def _workspace_journal(workspace: Workspace) -> None:
    journal = Journal(workspace.journal, at("docs"))
    for minute in range(40):
        sample = MachineSample(
            cpu_percent=80.0 + minute % 7, memory_used=3 << 30, memory_total=8 << 30, disk_free=90 << 30
        )
        journal.add(sample, 60)
    journal.add(Noted(target=BASE, text="first base whose loss flattened"), 1)
    journal.add(Tagged(target=RUNS["areas"], tag_name="keep"), 1)
    journal.write()
