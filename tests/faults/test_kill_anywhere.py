"""Killed ten times anywhere and gone on with each time, a run of every method is, bit for bit, the one never killed.

Each kill is SIGKILL, at a moment drawn at random among all that one attempt has: within a step, between the updates of
two optimizers, before or after any write, sync, rename and removal of a checkpoint or a line of the journal.
"""

from __future__ import annotations

import random
import signal
import typing

import msgspec
import pytest

from engine.branch.run import METHODS
from engine.config import schema
from engine.journal.events import Checkpoint, Decision, Finished, Metrics, VariantMade
from engine.launch.job import create
from engine.paths import RunFolder, Workspace
from tests.support import stages
from tests.support.fork_server import ForkServer
from tests.support.tiny_run import events

KILLS = 10
# Everything that could be forgotten is in play: dropout, micro-batches, warmup, a plateau that begins the decay, logs
# and looks that fall between checkpoints, retention, the losses that spikes are told from.
TRAIN = schema.TrainConfig(
    steps=40, batch=4, micro_batch=2, lr=5e-3, warmup=3, log_every=3, eval_every=4, eval_batches=2, patience=3,
    min_gain=0.5, decay=0.5, checkpoint_every=5, keep=2, device="cpu", precision="fp32", spike=6.0, on_spike="note",
)  # fmt: skip
WHAT: tuple[str, ...] = typing.get_args(typing.get_type_hints(schema.BranchConfig)["what"])
CASES = ["pretrain-fp32", "pretrain-bf16"] + [
    f"{method}-{what}" for method in METHODS for what in WHAT if what != "head" or method == "classify"
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return stages.base_to_branch(tmp_path_factory.mktemp("kill"))


def configure(case: str, workspace: Workspace) -> schema.RunConfig:
    kind, what = case.split("-", 1)
    if kind == "pretrain":
        train = msgspec.structs.replace(TRAIN, precision=what)
        shape = msgspec.structs.replace(stages.MODEL, dropout=0.1)
        return schema.PretrainConfig(name="run", corpus="text", model=shape, train=train, seed=5)
    train = msgspec.convert(msgspec.structs.asdict(TRAIN), schema.TuneConfig)
    file = str(workspace.home.parent / f"{kind}.jsonl")
    data = schema.DataConfig(corpus="text") if kind == "continued" else schema.DataConfig(train=file)
    return msgspec.convert(
        {"name": "run", "method": kind, "base": "tiny@1", "data": data, "what": what, "train": train, "seed": 5},
        schema.BranchConfig,
        from_attributes=True,
    )


def told(folder: RunFolder) -> list[tuple[object, ...]]:
    """All that the journal says of what was learned, without what depends on the clock or on being killed."""
    found: list[tuple[object, ...]] = []
    for event in events(folder):
        if isinstance(event, Metrics):
            timed = ("tokens_per_second", "memory_bytes", "mfu")
            values = {name: value for name, value in event.values.items() if name not in timed}
            found.append((event.step, event.tokens, values))
        elif isinstance(event, Decision) and event.what != "resume":
            found.append((event.what, event.step, event.why))
        elif isinstance(event, Checkpoint):
            found.append((event.step, event.tokens, event.heldout_loss, event.best, event.sha256))
        elif isinstance(event, Finished):
            found.append((event.step, event.tokens, event.flops))
        elif isinstance(event, VariantMade):
            found.append((event.method, event.step, event.sha256))
    return found


def saved(folder: RunFolder) -> dict[str, bytes]:
    """Every file of its checkpoints, but for the clock in the state."""
    files = [path for path in sorted(folder.checkpoints.rglob("*")) if path.is_file() and path.name != "state.json"]
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in files}


@pytest.mark.parametrize("case", CASES)
def test_killed_ten_times_and_resumed(case: str, workspace: Workspace, server: ForkServer) -> None:
    config, seed = configure(case, workspace), random.randrange(1 << 30)
    kind = str(config.__struct_config__.tag)
    straight, broken = create(workspace, config), create(workspace, config)
    code, moments = server.run(kind, straight.path)
    assert code == 0, straight.log.read_text()
    chance, kills = random.Random(seed), 0
    while kills < KILLS:
        # At most twice the tenth part of a run, of which what came after the last checkpoint is lost again.
        code, _ = server.run(kind, broken.path, kill_at=chance.randint(1, 2 * moments // KILLS))
        if code == 0:
            break  # lucky: it came to its end before ten were through
        assert code == -signal.SIGKILL, (seed, broken.log.read_text())
        kills += 1
    else:
        code, _ = server.run(kind, broken.path)
    assert code == 0 and kills >= KILLS // 2, (seed, kills, broken.log.read_text())
    assert told(broken) == told(straight), seed
    assert saved(broken) == saved(straight) and len(saved(straight)) >= 6, seed
    decided = [first for first, *_ in told(straight) if isinstance(first, str)]
    assert {"decay", "end"} | ({"plateau"} if kind == "pretrain" else set()) <= set(decided)
