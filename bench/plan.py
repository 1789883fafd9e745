"""The plan against the run: seconds and peak memory that were predicted, beside what a real run then took.

    python -m bench.plan [--write] [SHAPE ...]       about four minutes on two cores, all shapes

Each shape is rehearsed, then pretrained for real through the queue, its looks and checkpoints included; the text is
what Python itself carries. Three predictions: the time from the rehearsal, the memory from the rehearsal, and the
memory from the formula alone, which is what is known before anything is run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.report import Column, Table, write
from engine.cli.follow import follow
from engine.config.schema import CorpusConfig, ModelConfig, PretrainConfig, SourceConfig, TrainConfig
from engine.launch.client import Client
from engine.launch.estimate import plan_of
from engine.launch.rehearse import rehearse
from engine.store.rows import RunRow

_30M = {"layers": 6, "width": 384, "heads": 6, "context": 256, "vocab_size": 50304}
SHAPES: dict[str, tuple[ModelConfig, TrainConfig]] = {
    "1M": (ModelConfig(layers=4, width=128, heads=4, kv_heads=2, context=128), TrainConfig(steps=300, batch=16)),
    "4M": (ModelConfig(layers=4, width=256, heads=4, context=256), TrainConfig(steps=20, batch=32, micro_batch=4)),
    "30M": (ModelConfig(**_30M), TrainConfig(steps=30, batch=8)),
    "30M, GPT-2's block": (
        ModelConfig(block="gpt2", mlp="gelu", **_30M), TrainConfig(steps=30, batch=8, optimizer="adamw"),
    ),
    "33M, SwiGLU": (
        ModelConfig(layers=8, width=512, heads=8, kv_heads=4, context=512, mlp="swiglu", tie_embeddings=False,
                    vocab_size=8192),
        TrainConfig(steps=20, batch=4, optimizer="adamw"),
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"of {', '.join(SHAPES)}; all of them when none")
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    result = Table("Predicted by `plan`, and what the run then took")
    with tempfile.TemporaryDirectory(prefix="graftline-plan-") as folder, Client(Path(folder) / "runs") as client:
        try:
            source = CorpusConfig(name="text", sources=(SourceConfig(type="python-docs"),))
            finished(client, client.submit(source).run_id)
            for name in options.shapes or SHAPES:
                result.add(measure(client, name, *SHAPES[name]))
                print(result.markdown(), flush=True)
        finally:
            client.shutdown()
    if options.write:
        write(Path(__file__).with_name("README.md"), "plan", [result])


def measure(client: Client, name: str, model: ModelConfig, train: TrainConfig) -> Column:
    """One shape: predicted, run, compared."""
    config = PretrainConfig(name="shape", corpus="text", model=model, train=train)
    rehearse(client.workspace, config, client.runs())
    formula = plan_of(client.workspace, config).peak_bytes
    run = finished(client, client.submit(config).run_id)
    assert run.expected is not None and run.expected.seconds is not None
    column = Column(name, run.device.partition(" (")[0])
    for what, expected, took in (
        ("seconds", run.expected.seconds, run.cost.seconds),
        ("MB, rehearsed", run.expected.peak_bytes / 1e6, run.peak_bytes / 1e6),
        ("MB, by the formula", formula / 1e6, run.peak_bytes / 1e6),
    ):
        column.put(f"{what}: predicted", expected)
        column.put(f"{what}: taken", took)
        column.put(f"{what}: off by %", 100 * (expected / took - 1))
    column.note(run.expectation)
    return column


def finished(client: Client, run_id: str) -> RunRow:
    """Wait for a run's end. Raises `RuntimeError` when it did not finish."""
    run, _ = follow(client, run_id, loud=False)
    if run.state != "finished":
        raise RuntimeError(f"{run_id} {run.state}: {run.error}")
    return run


if __name__ == "__main__":
    main()
