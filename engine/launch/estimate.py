"""What a run will take, before it is launched: its plan, and its time from what runs here have really achieved.

    configuration + workspace (corpus, base, task data)  ->  config.size.plan
    + the runs so far (arithmetic done, seconds taken)   ->  Estimate

Nothing is changed by asking, and no torch is loaded. Half-filled forms have no estimate: `estimate` then raises the
`InputError` that the check of the configuration raises too, or gives None for stages without arithmetic.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.config.estimate import Estimate, Measured
from engine.config.hardware import Hardware
from engine.config.load import KINDS, load
from engine.config.schema import BranchConfig, ModelCard, PretrainConfig, RunConfig, TrainConfig
from engine.config.settings import find_settings
from engine.config.size import Plan, plan
from engine.corpus.manifest import find_corpus
from engine.corpus.table import Row, read_table
from engine.corpus.tokenizer import Tokenizer
from engine.errors import InputError, NotFoundError
from engine.freeze.refs import ModelRef, find_model
from engine.journal.events import Predicted
from engine.launch import memory
from engine.launch.memory import TrainT
from engine.launch.rehearse import Trained, recall
from engine.paths import Workspace
from engine.store.rows import RunRow

_SAMPLE = 64
"""Rows of task data whose tokens are counted, to know how long one is on average."""


def estimate(workspace: Workspace, config: RunConfig, runs: Sequence[RunRow]) -> Estimate | None:
    """`runs`: every run of the workspace, for the pace that one like this had. None: nothing to tell of this stage."""
    if not isinstance(config, PretrainConfig | BranchConfig):
        return None
    planned, train = plan_of(workspace, config), priced(workspace, config.train)
    known = recall(workspace, config) if planned.epochs else None
    kind = str(config.__struct_config__.tag)
    like = pace(runs, kind, config.train.device, planned.flops / max(1, planned.tokens))
    found = Estimate(planned, train, known, like, memory.room(train))
    if isinstance(config, PretrainConfig):
        return found
    base = find_model(workspace, config.base, key="base")
    made_by = next((run for run in runs if run.id == base.run_id and run.cost.flops), None)
    share = planned.flops / made_by.cost.flops if made_by else None
    return dataclasses.replace(found, base=base.id, share_of_base=share)


def priced(workspace: Workspace, train: TrainT) -> TrainT:
    """With the settings' price of an hour, where the configuration names none."""
    if train.price_per_hour:
        return train
    return replace(train, price_per_hour=find_settings(workspace.home).settings.price_per_hour)


def elsewhere(workspace: Workspace, config: Trained, hardware: Hardware) -> Estimate:
    """The same for one GPU that is not at hand: worked out, not measured. `auto` is settled for its memory."""
    room = int(hardware.memory_bytes * memory.USABLE)
    planned = _counted(workspace, config, gpu=True)
    train = memory.settle(planned, priced(workspace, config.train), room)
    return Estimate(planned.at_once(train.rows), train, room_bytes=room, hardware=hardware)


def predict(workspace: Workspace, config: RunConfig, runs: Callable[[], Sequence[RunRow]]) -> Predicted | None:
    """What is expected of a run when it is queued, to be held against what it takes; None for stages without a plan.

    `runs` is asked only where no rehearsal tells.
    """
    try:
        found = estimate(workspace, config, ())
        if found is not None and found.rehearsed is None:
            found = estimate(workspace, config, runs())
    except InputError:  # its data shows only in its engine, which says what is wrong
        return None
    if found is None:
        return None
    known = found.rehearsed
    return Predicted(
        seconds=found.seconds,
        steps=found.plan.steps,
        tokens=found.plan.tokens,
        flops=found.plan.flops,
        peak_bytes=known.peak_bytes if known else found.plan.peak_bytes,
        rehearsed=known is not None,
    )


def plan_of(workspace: Workspace, config: Trained) -> Plan:
    """The counts of a run. Raises `InputError` for what is not here or cannot be read."""
    return _counted(workspace, config, gpu=memory.on_gpu(config.train.device))


def expected_seconds(workspace: Workspace, run_id: str, kind: str, runs: Sequence[RunRow]) -> float | None:
    """How long a run that waits will take at most, by its folder's configuration; None where nothing tells."""
    if kind not in ("pretrain", "branch"):
        return None
    try:
        config = load(workspace.run(run_id).config, KINDS[kind])
        assert isinstance(config, RunConfig)
        found = estimate(workspace, config, runs)
    except InputError:  # its base or its data went away since it was queued: its engine will say so
        return None
    return found.seconds if found is not None else None


def _counted(workspace: Workspace, config: Trained, *, gpu: bool) -> Plan:
    if isinstance(config, PretrainConfig):
        return _pretrain(workspace, config, gpu)
    return _branch(workspace, config, gpu)


def _pretrain(workspace: Workspace, config: PretrainConfig, gpu: bool) -> Plan:
    """A recipe that states its vocabulary and its steps needs no corpus for this."""
    tokens, shape = 0, config.model
    stated = bool(shape.vocab_size and config.train.steps)
    try:
        corpus = find_corpus(workspace, config.corpus, key=None if stated else "corpus").manifest
        tokens, shape = corpus.train_tokens, replace(shape, vocab_size=shape.vocab_size or corpus.vocab_size)
    except NotFoundError:  # without a key it is that; with one, the configuration is at fault
        pass
    if shape.width % shape.heads and not shape.head_size:
        problem = f"{shape.heads} heads do not divide a width of {shape.width}"
        raise InputError(problem, key="model.heads", fix="choose a divisor of it")
    steps = _steps(config.train, tokens / shape.context / config.train.batch)
    return plan(shape, config.train, steps=steps, train_tokens=tokens, gpu=gpu)


def _branch(workspace: Workspace, config: BranchConfig, gpu: bool) -> Plan:
    base = find_model(workspace, config.base, key="base")
    card = base.card()
    rows, tokens = _task_data(workspace, config, base, card)
    return plan(
        card.model,
        config.train,
        steps=_steps(config.train, rows / config.train.batch),
        train_tokens=round(rows * tokens),
        tokens_per_step=round(config.train.batch * tokens),
        what=config.what,
        rank=config.lora.rank,
        vocabulary=config.method != "classify",
        gpu=gpu,
    )


def _steps(train: TrainConfig, steps_per_epoch: float) -> int:
    """As the training loop counts them."""
    return train.steps or max(1, math.ceil(train.epochs * steps_per_epoch))


def _task_data(workspace: Workspace, config: BranchConfig, base: ModelRef, card: ModelCard) -> tuple[float, float]:
    """Training rows, and tokens a row on average over the first of them; for text, whole contexts."""
    data, context = config.data, card.model.context
    if config.method == "continued":
        if not data.corpus:
            raise InputError("how much text there is shows when the run has read it", key="data.train")
        return find_corpus(workspace, data.corpus, key="data.corpus").manifest.train_tokens / context, context
    table = read_table(Path(data.train), data.columns, key="data.train")
    columns = (data.text,) if config.method == "classify" else (data.instruction, data.input, data.output)
    texts = [_text(row, columns) for row in table.rows[:_SAMPLE]]
    counts = [min(context, 1 + len(tokens)) for tokens in Tokenizer.load(base.tokenizer).encode_batch(texts)]
    share = 1.0 if data.heldout else 1.0 - data.heldout_fraction
    return share * len(table.rows), sum(counts) / len(counts)


def _text(row: Row, columns: Sequence[str]) -> str:
    return "\n".join(str(row.values.get(column) or "") for column in columns)


def pace(runs: Sequence[RunRow], kind: str, device: str, flops_per_token: float) -> Measured | None:
    """What a finished run achieved that was as much like this one as any: on such a device, of that kind, of its size.

    Small matrices keep a processor less busy than large ones, so size (arithmetic per token) counts: the nearest, in
    powers of two; another kind counts as one power. The newest of equals.
    """
    name = device.partition(":")[0].lower()
    done = [run for run in runs if run.state == "finished" and run.cost.flops and run.cost.device_seconds]
    here = [run for run in done if device == "auto" or run.device.lower().startswith(name)]
    trained = [run for run in here if run.kind in ("pretrain", "branch") and run.cost.tokens]

    def unlike(run: RunRow) -> int:
        return round(abs(math.log2(run.cost.flops / run.cost.tokens / flops_per_token))) + (run.kind != kind)

    best = min(trained, key=lambda run: (unlike(run), -run.created), default=None)
    if best is None:
        return None
    return Measured(best.cost.flops / best.cost.device_seconds, best.name, best.id, best.device)
