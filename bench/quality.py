"""Held-out loss for the time it takes: `python -m bench.quality --work DIR --peers DIR [--nanogpt CHECKOUT]`.

Two recipes on the same text, tokens, shape, batch and number of steps, each at the best of several learning rates:

    Graftline's default    modern block, Muon for the matrices and AdamW for the rest, a linear decay at the end
    nanoGPT's              GPT-2's block, AdamW, a warm-up and a cosine; nanoGPT's model when there is a checkout, else
                           transformers' GPT-2; at its fastest: bf16, fused kernels, an allocator that keeps its memory

Told are the held-out loss at the end, and the seconds of training (held-out looks left out) until Graftline's was first
as low as the other's at its end.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import peers
from bench.contest import ROOT, Contestant, Point, graftline, peer
from bench.report import Column, Table, write
from bench.text import corpus
from bench.train import SIZES, TITLES
from engine import __version__
from engine.config.schema import TrainConfig
from engine.corpus.manifest import FILES, CorpusFolder
from engine.paths import Workspace

SIZE = SIZES["small"]
MUON_RATES = (1e-2, 2e-2, 4e-2)
ADAM_RATES = (1e-3, 2e-3, 4e-3)
LOOK = 50
"""Steps between looks."""


def ours(workspace: Workspace, text: CorpusFolder, steps: int, rate: float) -> Contestant:
    looked = -(-text.manifest.heldout_tokens // SIZE.context) // SIZE.batch + 1
    train = TrainConfig(
        steps=steps, batch=SIZE.batch, muon_lr=rate, eval_every=LOOK, eval_batches=looked, log_every=10, patience=0,
        checkpoint_every=1_000_000, device="cpu",
    )  # fmt: skip
    return graftline("Graftline", __version__, workspace, text.ref, SIZE.model(), train)


def theirs(text: CorpusFolder, steps: int, rate: float, told: argparse.Namespace) -> Contestant:
    name = "nanogpt" if told.nanogpt else "hf"
    python, version = peers.environment(told.peers.absolute(), name, (peers.PACKAGES[name],))
    more = [
        "--heldout", str(text.path / FILES["heldout"]), "--steps", str(steps), "--look", str(LOOK), "--window", "10",
        "--lr", str(rate), "--warmup", "100", "--beta2", "0.99",
    ]  # fmt: skip
    checkout = ["--checkout", str(told.nanogpt.absolute())] if told.nanogpt else []
    command = peers.loop(python, name, text.path / FILES["train"], SIZE.shape(), *more, *checkout)
    return peer(TITLES[name], "" if told.nanogpt else version, command, best=True)


def trained(one: Contestant, rate: float) -> list[Point]:
    points, _ = one.run()
    last = looks(points)[-1]
    print(f"{one.name} at {rate:g}: {last.heldout:.4f} after {last.seconds:.0f} s", file=sys.stderr, flush=True)
    return points


def looks(points: list[Point]) -> list[Point]:
    return [point for point in points if point.heldout is not None]


def reached(points: list[Point], loss: float) -> float:
    """Seconds of training until a look was as low; infinite when none was."""
    return next((p.seconds for p in looks(points) if p.heldout is not None and p.heldout <= loss), float("inf"))


def tuned(runs: dict[float, list[Point]]) -> tuple[float, list[Point]]:
    """The learning rate that ended lowest, and its points."""
    return min(runs.items(), key=lambda one: looks(one[1])[-1].heldout or float("inf"))


def column(name: str, rate: float, points: list[Point], target: float) -> Column:
    result, last = Column(name), looks(points)[-1]
    result.put("learning rate", rate)
    result.put("held-out loss at the end, nats a token", last.heldout or float("nan"))
    result.put("seconds to the end", last.seconds)
    result.put("seconds to the peer's last loss", reached(points, target))
    return result


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description="Held-out loss for the time it takes.")
    parser.add_argument("--work", type=Path, required=True, help="folder for the corpus and the runs")
    parser.add_argument("--peers", type=Path, required=True, help="folder for the peer's environment")
    parser.add_argument("--nanogpt", type=Path, help="a checkout of nanoGPT")
    parser.add_argument("--text", type=Path, help="a text; absent: Python's documentation")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rates", type=float, nargs="*", default=ADAM_RATES, help="the peer's learning rates")
    parser.add_argument("--muon-rates", type=float, nargs="*", default=MUON_RATES, help="Graftline's, of the matrices")
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    workspace = Workspace(told.work.absolute())
    text = corpus(workspace, told.text, SIZE.tokenizer)
    mine = {rate: trained(ours(workspace, text, told.steps, rate), rate) for rate in told.muon_rates}
    other = {rate: trained(theirs(text, told.steps, rate, told), rate) for rate in told.rates}
    (my_rate, my_points), (rate, points) = tuned(mine), tuned(other)
    target = looks(points)[-1].heldout or float("nan")
    peers_name = "nanoGPT's recipe" + ("" if told.nanogpt else " on transformers' GPT-2")
    result = Table(f"{SIZE.title}; {text.manifest.name}, {told.steps:,} steps, the best of {len(mine)} learning rates")
    result.add(column("Graftline's default recipe", my_rate, my_points, target))
    result.add(column(peers_name, rate, points, target))
    print(result.markdown())
    if told.write:
        write(ROOT / "bench" / "README.md", "quality", [result])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
