"""A really tiny model made by the real stages, in this process: text -> corpus -> base, in about a second."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

import msgspec

from engine.__main__ import STAGES
from engine.config import schema
from engine.corpus.manifest import find_corpus
from engine.freeze.freeze import freeze
from engine.journal.events import Finished, Started, Stopped
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.launch.job import create
from engine.paths import RunFolder, Workspace
from engine.stage import Outcome, StageContext

MODEL = schema.ModelConfig(layers=1, width=16, heads=2, context=32)
TRAIN = schema.TrainConfig(
    steps=4, batch=4, optimizer="adamw", warmup=1, eval_every=2, eval_batches=2, patience=0, checkpoint_every=100,
    device="cpu", precision="fp32",
)  # fmt: skip

_WORDS = {
    "animal": ["cat", "dog", "horse", "cow", "bird", "fish", "mouse", "sheep"],
    "fruit": ["apple", "pear", "plum", "cherry", "grape", "lemon", "fig", "melon"],
}


def sentences(count: int, seed: int, kinds: tuple[str, ...] = ("animal", "fruit")) -> list[dict[str, str]]:
    """Rows of text with a label that follows from the words."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        label = kinds[number % len(kinds)]
        words = " and the ".join(draw.sample(_WORDS[label], 3))
        rows.append({"text": f"In the year {draw.randrange(1000, 9999)} we saw the {words} there.", "label": label})
    return rows


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return path


def stage(workspace: Workspace, config: schema.RunConfig, parents: tuple[str, ...] = ()) -> RunFolder:
    """Run one stage to its end in this process, with the journal that an engine would leave. Errors are raised."""
    folder = create(workspace, config, parents=parents)
    go_on(folder, workspace, config)
    return folder


def go_on(folder: RunFolder, workspace: Workspace, config: schema.RunConfig, *, stop: bool = False) -> Outcome:
    """One attempt in a run folder. `stop`: it is asked to stop from the start."""
    with JournalWriter(folder.journal) as journal:
        journal.attempt += 1
        context = StageContext(folder, workspace, journal, stop_asked=stop)
        journal.append(
            Started(pid=1, start_ticks=0.0, boot_id="test", host="test", from_step=(folder.steps() or [0])[-1])
        )
        kind = str(config.__struct_config__.tag)
        outcome: Outcome = importlib.import_module(STAGES[kind]).run(context, config)
        journal.append((Stopped if outcome.stopped else Finished)(seconds=0.0, step=outcome.step))
    return outcome


def build_corpus(workspace: Workspace, folder: Path, name: str = "text", vocab: int = 320, seed: int = 0) -> str:
    """A corpus of a hundred sentences; its exact name."""
    path = write_rows(folder / f"{name}.jsonl", sentences(100, seed))
    source = schema.SourceConfig(path=str(path))
    config = schema.CorpusConfig(
        name=name, sources=(source,), tokenizer=schema.TokenizerConfig(vocab_size=vocab), heldout=0.1
    )
    stage(workspace, config)
    return find_corpus(workspace, name).ref


def pretrain(workspace: Workspace, corpus: str, name: str = "tiny", **train: Any) -> RunFolder:
    config = schema.PretrainConfig(
        name=name, corpus=corpus, model=MODEL, train=msgspec.structs.replace(TRAIN, **train), seed=1
    )
    return stage(workspace, config, (f"corpus:{corpus}",))


def events(folder: RunFolder, kind: type[Any]) -> list[Any]:
    """Every event of one type in a run's journal."""
    return [record.event for record in read(folder.journal).records if isinstance(record.event, kind)]


def branch_config(name: str, method: Any, data: schema.DataConfig, **changes: Any) -> schema.BranchConfig:
    """A branch of `tiny@1` that trains for a few steps; `changes` to the configuration, `train_*` to its training."""
    train = {key.removeprefix("train_"): changes.pop(key) for key in list(changes) if key.startswith("train_")}
    return schema.BranchConfig(
        name=name, method=method, base="tiny@1", data=data, train=msgspec.structs.replace(TRAIN, **train), **changes
    )


def branch(workspace: Workspace, config: schema.BranchConfig) -> RunFolder:
    return stage(workspace, config, (f"model:{config.base}",))


def base_to_branch(folder: Path) -> Workspace:
    """A corpus `text`, a frozen base `tiny@1` with dropout; beside them `classify.jsonl` and `instruct.jsonl`."""
    workspace = Workspace(folder / "ws")
    corpus = build_corpus(workspace, folder)
    shape = msgspec.structs.replace(MODEL, dropout=0.1, layers=2)
    config = schema.PretrainConfig(name="base", corpus=corpus, model=shape, train=TRAIN)
    freeze(workspace, stage(workspace, config).id, "tiny")
    rows = [{"instruction": f"Say {n}.", "input": "", "output": f"{n} and {n + 1}!"} for n in range(40)]
    write_rows(folder / "instruct.jsonl", rows)
    write_rows(folder / "classify.jsonl", sentences(60, 2))
    return workspace
