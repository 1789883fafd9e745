"""Verbs about single steps: batch, the text of one that went wrong; profile, where the time of the next ones goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.base import emit, examples, home_option, json_option, say, workspace

if TYPE_CHECKING:
    from engine.corpus.tokenizer import Tokenizer
    from engine.journal.batches import KeptBatch
    from engine.paths import RunFolder

run_argument = click.argument("run", metavar="RUN")


@click.command(epilog=examples("graftline batch tiny", "graftline batch tiny --step 120 --json"))
@run_argument
@click.option("--step", type=click.IntRange(min=1), help="Which step's.  [default: the first that was kept]")
@home_option
@json_option
def batch(run: str, step: int | None, home: Path, as_json: bool) -> None:
    """The text of a batch whose loss was no number or a spike, the worst item first."""
    from engine.errors import NotFoundError
    from engine.journal import batches

    with workspace(home) as client:
        row = client.run(run)
        folder = client.workspace.run(row.id)
    steps = batches.kept(folder)
    if not steps and step is None:
        raise NotFoundError("no batch was kept", where=row.id, fix="one is when a loss is no number or a spike")
    found = batches.load(folder, step or steps[0])
    texts = _texts(folder, found)
    if as_json:
        return emit({"batch": found, "texts": texts, "steps": steps})
    return _print_batch(found, texts, steps)


def _texts(folder: RunFolder, batch: KeptBatch) -> list[str]:
    from engine.corpus.tokenizer import Tokenizer

    tokenizer: Tokenizer = Tokenizer.load(folder.tokenizer)
    known = tokenizer.n_vocab
    return [tokenizer.decode(token for token in item.tokens if token < known) for item in batch.items]


def _print_batch(batch: KeptBatch, texts: list[str], steps: list[int]) -> None:
    from engine.cli import render

    others = ", ".join(f"{one:,}" for one in steps if one != batch.step)
    rows: list[tuple[str, object]] = [
        ("step", f"{batch.step:,}, after {batch.epoch:.2f} passes over {batch.source}"),
        (batch.what, batch.why),
        ("step's loss", render.number(batch.loss)),
        ("gradient norm", render.number(batch.grad_norm)),
        ("lr", f"{batch.lr:.3g}"),
    ]
    table = render.table(">LOSS", f">{batch.unit.upper()}", ">TOKENS", "TEXT")
    worst = sorted(zip(batch.items, texts, strict=True), key=lambda pair: _badness(pair[0].loss), reverse=True)
    for item, text in worst:
        loss = render.number(item.loss)
        table.add_row(loss, f"{item.place:,}", f"{len(item.tokens):,}", render.text(text))
    render.show(render.facts(rows), "", table)
    if others:
        say(f"kept too: the batches of steps {others}")


def _badness(loss: float | None) -> float:
    return float("inf") if loss is None else loss


@click.command(epilog=examples("graftline profile tiny", "graftline profile tiny --steps 20"))
@run_argument
@click.option("--steps", default=5, show_default=True, type=click.IntRange(min=1, max=100), help="How many.")
@home_option
def profile(run: str, steps: int, home: Path) -> None:
    """Have a running run trace its next steps, for ui.perfetto.dev."""
    with workspace(home) as client:
        row = client.run(run)
        client.profile(row.id, steps)
        say(f"{row.id}: asked; the trace of {steps} steps will be in {client.workspace.run(row.id).path / 'profiles'}")


VERBS = (batch, profile)
