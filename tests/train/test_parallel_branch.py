"""A branch on two ranks is the branch on one: every method, whatever of the model it trains, shared by DDP or FSDP2."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch

from engine.config import schema
from engine.journal.events import Finished, VariantMade
from engine.launch.job import create
from engine.model.weights import load_tensors
from engine.paths import RunFolder, Workspace
from tests.support import stages
from tests.support.fork_server import ForkServer
from tests.support.tiny_run import events, series

STEPS = 12
TRAIN = schema.TuneConfig(
    steps=STEPS, batch=8, micro_batch=2, lr=5e-3, warmup=3, log_every=1, eval_every=4, eval_batches=2,
    checkpoint_every=6, device="cpu", precision="fp32",
)  # fmt: skip
CASES = [
    ("classify", "head", "ddp"), ("classify", "lora", "fsdp"), ("instruct", "full", "fsdp"),
    ("continued", "last-block", "ddp"),
]  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return stages.base_to_branch(tmp_path_factory.mktemp("branch"))


def finished(workspace: Workspace, server: ForkServer, method: str, what: str, **train: Any) -> RunFolder:
    data = {"corpus": "text"} if method == "continued" else {"train": str(workspace.home.parent / f"{method}.jsonl")}
    told = {"name": "run", "method": method, "base": "tiny@1", "data": data, "what": what, "seed": 5}
    config = msgspec.convert(told | {"train": msgspec.structs.asdict(TRAIN) | train}, schema.BranchConfig)
    folder = create(workspace, config)
    code, _ = server.run("branch", folder.path, ranks=train.get("devices", 1))
    assert code == 0, folder.log.read_text()
    return folder


@pytest.mark.parametrize(("method", "what", "way"), CASES)
def test_two_ranks_branch_as_one(method: str, what: str, way: str, workspace: Workspace, server: ForkServer) -> None:
    alone = finished(workspace, server, method, what)
    both = finished(workspace, server, method, what, devices=2, parallel=way)
    for name in ("train_loss", "heldout_loss"):
        wanted = dict(series(alone, name))
        assert len(wanted) >= 3 and dict(series(both, name)) == pytest.approx(wanted, abs=1e-4), name
    ends = [next(e for e in events(folder) if isinstance(e, Finished)) for folder in (both, alone)]
    assert (ends[0].step, ends[0].tokens, ends[0].flops) == (ends[1].step, ends[1].tokens, ends[1].flops)
    assert [any(isinstance(e, VariantMade) for e in events(folder)) for folder in (both, alone)] == [True, True]
    learned, wanted_all = (load_tensors(folder.checkpoint(STEPS) / "model.safetensors") for folder in (both, alone))
    assert learned.keys() == wanted_all.keys()
    for name, value in wanted_all.items():
        torch.testing.assert_close(learned[name], value, rtol=1e-3, atol=1e-4, msg=name)
