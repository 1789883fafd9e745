"""What a run measures of itself beside its losses, each against the same thing worked out another way."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.config.schema import ModelCard, ModelConfig, TrainConfig
from engine.journal.events import Decision
from engine.model.devices import choose
from engine.model.peak import _told, peak_flops
from engine.model.transformer import build
from engine.paths import RunFolder
from engine.train.optim import Optimizers
from engine.train.parallel import Undivided
from engine.train.updates import Updates, kind_of
from tests.support.tiny_run import events, series
from tests.train.test_loop import decisions, train

OPTIONS = TrainConfig(steps=12, batch=4, log_every=1, eval_every=4, patience=0, decay=0.0, checkpoint_every=50)


def make(tmp_path: Path, name: str) -> RunFolder:
    folder = RunFolder(tmp_path / f"20261124-000000-pretrain-loop-{name}")
    folder.path.mkdir()
    return folder


def test_update_ratios_are_those_of_the_whole_weights() -> None:
    shape = ModelConfig(layers=2, width=32, heads=2, context=8, vocab_size=1200, block="gpt2", tie_embeddings=False)
    model = build(ModelCard(model=shape), 1)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    parallel = Undivided(model)
    updates = Updates(parallel.learned)
    assert updates.after() == {}
    updates.before()
    for p in model.parameters():
        p.grad = torch.randn_like(p)
    Optimizers(parallel, TrainConfig(lr=1e-2), torch.float32).step(1.0)
    found = updates.after()
    assert sorted(found) == [f"update_ratio_{kind}" for kind in ("attention", "embed", "head", "mlp", "rest")]
    for kind in ("attention", "embed", "head", "mlp", "rest"):
        mine = [(p.detach(), before[n]) for n, p in model.named_parameters() if kind_of(n) == kind]
        moved = sum(float((new - old).square().sum()) for new, old in mine)
        size = sum(float(old.square().sum()) for _, old in mine)
        assert found[f"update_ratio_{kind}"] == pytest.approx((moved / size) ** 0.5, rel=0.05)


def test_a_run_tells_its_rates_place_and_use_of_the_machine(tmp_path: Path) -> None:
    folder = make(tmp_path, "0000")
    train(folder, msgspec.structs.replace(OPTIONS, lr=1e-3, muon_lr=2e-2, warmup=0))
    assert dict(series(folder, "muon_lr"))[5] == pytest.approx(20 * 1e-3) == 20 * dict(series(folder, "lr"))[5]
    assert dict(series(folder, "epoch")) == {step: pytest.approx(step * 4 / 250) for step in (4, 8, 12)}
    assert all(0 < (value or 0) < 1 for _, value in series(folder, "mfu"))
    assert all((value or 0) > 50e6 for _, value in series(folder, "memory_bytes"))
    ratios = dict(series(folder, "update_ratio_mlp"))
    assert sorted(ratios) == [4, 8, 12] and all(1e-5 < (ratio or 0) < 1 for ratio in ratios.values())


def test_what_a_device_could_do_at_most() -> None:
    assert 1e9 < peak_flops(choose("cpu", "fp32")) < 1e14
    assert _told("NVIDIA H100 80GB HBM3") == 989e12 and _told("NVIDIA A100-SXM4-80GB") == 312e12
    assert _told("NVIDIA GeForce RTX 4090") == 165e12 and _told("something new") == 0


def test_a_profile_is_a_trace_of_the_steps_asked_for_and_changes_nothing(tmp_path: Path) -> None:
    folder, other = make(tmp_path, "0000"), make(tmp_path, "0001")

    def ask(context: Any, task: Any) -> None:
        whole = task.batch

        def batch(first: int, size: int) -> Any:
            if first == 16:  # in step 5
                context.folder.profile_request.write_text("3")
            return whole(first, size)

        task.batch = batch

    train(folder, OPTIONS, context_hook=ask)
    train(other, OPTIONS)
    assert decisions(folder) == [("profile", 6), ("end", 12)]
    (why,) = [e.why for e in events(folder) if isinstance(e, Decision) and e.what == "profile"]
    assert why == "steps 6 to 8 are traced in profiles/step-00000006.json.gz: open it at ui.perfetto.dev"
    trace = json.loads(gzip.decompress(folder.profile(6).read_bytes()))
    spans = [event["name"] for event in trace["traceEvents"] if event.get("ph") == "X"]
    assert [name for name in spans if name.startswith("step ")] == ["step 6", "step 7", "step 8"]
    assert any(name.startswith("aten::") for name in spans)
    assert not folder.profile_request.exists()
    assert series(folder, "train_loss") == series(other, "train_loss")
