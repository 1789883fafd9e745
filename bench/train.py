"""Training beside its peers: `python -m bench.train --work DIR --peers DIR [--nanogpt CHECKOUT] [--text FILE]`.

The same shape, text, tokens, vocabulary and batch for all; each contestant a process of its own, one at a time, in
turns A B C A B C. Graftline is the real engine on a run folder, with its journal; peers are plain loops around their
own models (bench/peer_loop.py), at what they do by default and at their best: bf16 autocast, fused AdamW, an allocator
that keeps its memory. They do less than Graftline does: no journal, no guards.

    tokens/s     median over windows of some steps, the first window of each turn left out
    memory       peak resident size of the process, libraries included

Needs Linux and PyPI. Peers run the torch that is installed here.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import peers
from bench.contest import ROOT, Contestant, graftline, interleaved, peer
from bench.report import Column, Table, write
from bench.text import corpus
from engine import __version__
from engine.config.schema import ModelConfig, TrainConfig
from engine.corpus.manifest import FILES
from engine.paths import Workspace

TITLES = {"hf": "transformers", "litgpt": "litgpt", "nanogpt": "nanoGPT"}


@dataclass(frozen=True)
class Size:
    title: str
    layers: int
    width: int
    heads: int
    context: int
    batch: int
    tokenizer: int
    """Tokens that the text is written in ..."""
    vocabulary: int
    """... and that the model has room for."""
    window: int
    """Steps."""

    def shape(self) -> dict[str, int]:
        return {
            "layers": self.layers, "width": self.width, "heads": self.heads, "context": self.context,
            "vocabulary": self.vocabulary, "batch": self.batch,
        }  # fmt: skip

    def model(self, **kind: str) -> ModelConfig:
        return ModelConfig(
            layers=self.layers, width=self.width, heads=self.heads, context=self.context,
            vocab_size=self.vocabulary, **kind,  # type: ignore[arg-type]
        )  # fmt: skip


SIZES = {
    "small": Size("0.8 M parameters: 4 layers, width 128, context 64, batch 12", 4, 128, 4, 64, 12, 320, 320, 20),
    "medium": Size(
        "30 M parameters: 6 layers, width 384, vocabulary 50,304, context 256, batch 8", 6, 384, 6, 256, 8, 8192, 50304,
        1,
    ),
}  # fmt: skip


def contestants(size: Size, told: argparse.Namespace) -> list[Contestant]:
    workspace = Workspace(told.work.absolute())
    built = corpus(workspace, told.text, size.tokenizer)
    options = TrainConfig(
        steps=1_000_000, batch=size.batch, lr=6e-4, optimizer="adamw", log_every=size.window, eval_every=1_000_000,
        checkpoint_every=1_000_000, eval_batches=1, patience=0, device="cpu",
    )  # fmt: skip
    default = TrainConfig(
        steps=1_000_000, batch=size.batch, log_every=size.window, eval_every=1_000_000, checkpoint_every=1_000_000,
        eval_batches=1, patience=0, device="cpu",
    )  # fmt: skip
    found = [
        graftline("Graftline, GPT-2's block and AdamW", __version__, workspace, built.ref,
                  size.model(block="gpt2", mlp="gelu"), options),
        graftline("Graftline, its default: modern block and Muon", __version__, workspace, built.ref,
                  size.model(), default),
    ]  # fmt: skip
    for name, (python, version) in installed(told).items():
        checkout = ["--checkout", str(told.nanogpt.absolute())] if name == "nanogpt" else []
        more = ["--steps", "1000000", "--window", str(size.window), "--look", "1000000", *checkout]
        command = peers.loop(python, name, built.path / FILES["train"], size.shape(), *more)
        found += [peer(f"{TITLES[name]}, default", version, command)]
        found += [peer(f"{TITLES[name]}, best", version, command, best=True)]
    return found


def installed(told: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """The peers that take part: interpreter and version by short name."""
    if not told.peers:
        return {}
    names = [name for name in peers.PACKAGES if name != "nanogpt" or told.nanogpt]
    found = {name: peers.environment(told.peers.absolute(), name, (peers.PACKAGES[name],)) for name in names}
    return {name: (python, "" if name == "nanogpt" else version) for name, (python, version) in found.items()}


def table(size: Size, found: list[Contestant]) -> Table:
    result = Table(size.title)
    own = found[0].rate
    for one in found:
        column = Column(one.name, one.version)
        column.put("tokens/s", one.rate)
        column.put("the first column's, times its", own / one.rate)
        column.put("slowest window", min(one.rates))
        column.put("fastest window", max(one.rates))
        column.put("peak memory, MB", one.memory / 1e6)
        if one.loss is not None:
            column.put("last training loss", one.loss)
        result.add(column)
    return result


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.train", description="Training beside its peers.")
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and runs")
    parser.add_argument("--peers", type=Path, help="folder for the peers' environments; absent: Graftline alone")
    parser.add_argument("--nanogpt", type=Path, help="a checkout of nanoGPT")
    parser.add_argument("--text", type=Path, help="a text; absent: Python's documentation")
    parser.add_argument("--only", choices=list(SIZES), help="one size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="of one turn")
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    tables = []
    for name, size in SIZES.items():
        if told.only in (None, name):
            found = contestants(size, told)
            interleaved(found, told.rounds, told.seconds)
            tables.append(table(size, found))
            print(tables[-1].markdown(), flush=True)
    if told.write:
        write(ROOT / "bench" / "README.md", "train", tables)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
