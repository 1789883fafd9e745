"""The method through the command line alone: real text, a real supervisor, real engines."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.compare.table import Comparison
from engine.config.load import dump
from engine.config.schema import BranchConfig, DataConfig, SuiteConfig, TrainConfig
from engine.freeze.manifest import FrozenManifest
from engine.store.rows import Lineage, RunRow
from tests.cli.conftest import Answer, ask
from tests.support import tiny
from tests.support.supervised import supervised, wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configurations and data of a small method: label `a` texts hold other words than label `b` texts."""
    folder = tmp_path_factory.mktemp("configs")
    noise = random.Random(0)
    for split, count in (("train", 120), ("test", 40)):
        rows = []
        for i in range(count):
            label = "ab"[i % 2]
            words = [f"word{noise.randrange(100) + 100 * (label == 'b')}" for _ in range(8)]
            rows.append({"text": " ".join(words), "label": label})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = tiny.write_text(folder / "text.jsonl", 120)
    train = TrainConfig(epochs=6, batch=8, optimizer="adamw", lr=3e-3, eval_every=20, patience=0, device="cpu")
    branch = BranchConfig(
        name="ab", method="classify", base="tiny@1", data=DataConfig(train=str(folder / "train.jsonl")), train=train
    )
    suite = SuiteConfig(name="ab-test", task="classification", data=str(folder / "test.jsonl"))
    for name, config in {
        "corpus": tiny.corpus(source), "pretrain": tiny.pretrain(40), "branch": branch, "suite": suite
    }.items():  # fmt: skip
        (folder / f"{name}.toml").write_text(dump(config))
    return folder


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with supervised(tmp_path_factory.mktemp("real") / "runs") as client:
        client.workspace.home.mkdir()
        yield client.workspace.home


@pytest.fixture(scope="module")
def base(workplace: Path, configs: Path) -> str:
    """A base made by the command line: corpus, pretraining, freezing."""
    built = ok(ask("corpus", "build", configs / "corpus.toml", home=workplace))
    assert "tokens to train on" in built.err and "next: graftline pretrain" in built.err
    run_id = ok(ask("pretrain", configs / "pretrain.toml", "--wait", "--set", "seed=5", home=workplace)).out.strip()
    run: RunRow = ask("show", run_id, "--json", home=workplace).json()["run"]
    assert msgspec.convert(run, RunRow).state == "finished"
    frozen = ask("freeze", "tiny", "--as", "tiny", "--json", home=workplace).json(FrozenManifest)
    assert (frozen.name, frozen.version, frozen.run_id) == ("tiny", 1, run_id)
    assert ok(ask("freeze", run_id, "--as", "tiny", home=workplace)).out == "tiny@1\n", "the same again is the same"
    return "tiny@1"


def ok(answer: Answer) -> Answer:
    assert answer.code == 0, answer.err
    return answer


def test_a_base_is_verified_and_speaks(workplace: Path, base: str) -> None:
    assert "every byte as it was frozen" in ok(ask("verify", base, home=workplace)).out
    asked = ("generate", base, "word1 word2", "word3", "--max-tokens", "8", "--temperature", "0")
    told = ask(*asked, "--json", home=workplace).json()
    assert told["model"] == base and [one["prompt"] for one in told["answers"]] == ["word1 word2", "word3"]
    first = told["answers"][0]["text"]
    assert first and told["tokens"] > 8 and told["seconds"] > 0
    shorter = ask(*asked[:3], *asked[4:], "--stop", first[2:4], home=workplace)
    assert shorter.out == first[: first.index(first[2:4])] + "\n" and "a second" in shorter.err
    device = ask("generate", base, "x", "--device", "quantum", home=workplace)
    assert device.code == 2 and "device" in device.one_line()


def test_a_plan_is_told_before_and_held_against_the_run_after(workplace: Path, configs: Path, base: str) -> None:
    told = ask("plan", configs / "pretrain.toml", "--quick", "--json", home=workplace).json()
    assert told["steps"] == 40 and told["measured"]["run"] == "tiny" and told["seconds"] > 0
    assert told["peak_bytes"] > told["weight_bytes"] and told["rehearsed"] is None
    elsewhere = ok(ask("plan", configs / "branch.toml", "--on", "h100", home=workplace)).out
    assert "on one NVIDIA H100 SXM, at 40 % of its peak (not measured)" in " ".join(elsewhere.split())
    shown = ok(ask("show", "tiny", home=workplace)).out
    assert "than expected (estimated)" in " ".join(shown.split()), "its memory; of its time nothing told yet"
    huge = ("--set", "model.layers=500", "--set", "model.width=16384")
    for verb in (["plan", "--quick"], ["pretrain"]):
        refused = ask(*verb, configs / "pretrain.toml", *huge, home=workplace)
        assert refused.code == 2 and "of memory, and there are" in refused.err.splitlines()[-1]
    nobody = ask("plan", configs / "suite.toml", home=workplace)
    assert nobody.code == 2 and "trains nothing" in nobody.one_line()


def test_branches_are_grown_evaluated_and_compared(workplace: Path, configs: Path, base: str) -> None:
    queued = [
        ask("branch", configs / "branch.toml", "--base", "tiny", "--json", home=workplace).json()["run_id"],
        ask("branch", configs / "branch.toml", "--scratch", "--set", "name=control", "--json", home=workplace).json()[
            "run_id"
        ],
    ]
    for run_id in queued:
        assert ask("watch", run_id, "--json", home=workplace).json(RunRow).state == "finished"
    scored = ask("evaluate", "ab", "control", "--suite", configs / "suite.toml", "--wait", home=workplace)
    assert "next: graftline compare" in ok(scored).err
    found = ask("compare", "ab", "control", "--json", home=workplace).json(Comparison)
    assert (found.suite, found.baseline, found.items) == ("ab-test", queued[1], 40)
    assert found.rows[0].score("accuracy") is not None
    difference = found.rows[0].differences[0]
    accuracy = [row.score("accuracy").value for row in found.rows]  # type: ignore[union-attr]
    assert difference.value == pytest.approx(accuracy[0] - accuracy[1])
    macro = [row.score("macro_f1").value for row in found.rows]  # type: ignore[union-attr]
    assert found.rows[0].differences[1].value == pytest.approx(macro[0] - macro[1]), "both define macro F1 alike"
    tree = ask("lineage", "--json", home=workplace).json(Lineage)
    names = {child.name for root in tree.roots for node in root.children for child in node.children}
    assert names == {"ab", "control"}


def test_a_class_that_no_example_has_is_refused_before_training(workplace: Path, configs: Path, base: str) -> None:
    config = configs / "branch.toml"
    classes = 'classes=["a", "b", "zebra"]'
    answer = ask("branch", config, "--set", "name=zebra", "--set", classes, "--wait", home=workplace)
    last = answer.err.splitlines()[-1]
    assert answer.code == 2 and last.startswith("graftline: ") and "zebra" in last and "classes" in last, last
    assert ask("show", "zebra", home=workplace).code == 3  # known before the run: there is none


def test_an_interrupt_ends_the_waiting_and_not_the_run(workplace: Path, configs: Path, base: str) -> None:
    command = [sys.executable, "-m", "engine.cli", "pretrain", str(configs / "pretrain.toml"), "--wait"]
    command += ["--set", "train.steps=100000", "--set", "name=long", "--home", str(workplace)]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        run_id = process.stdout.readline().strip()

        def run() -> RunRow:
            return msgspec.convert(ask("show", run_id, "--json", home=workplace).json()["run"], RunRow)

        wait_for(lambda: run().step > 0)
        process.send_signal(signal.SIGINT)
        words = process.stderr.read()
    assert process.returncode == 130
    assert f"{run_id} goes on without you; see it again with: graftline watch {run_id}" in words
    assert "Traceback" not in words
    assert run().state == "running"
    ok(ask("stop", run_id, home=workplace))
    ended = ask("watch", run_id, home=workplace)
    assert ended.code == 1 and f"(graftline resume {run_id})" in ended.err.splitlines()[-1]
    assert run().state == "stopped"
