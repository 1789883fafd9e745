"""The same curves as Graftline's engine journals them: what the app opens."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from bench.curves import PACE, START, TOKENS, Curves, rows, run_name
from engine.config.fingerprint import fingerprint
from engine.config.load import dump
from engine.config.schema import PretrainConfig, TrainConfig
from engine.journal.events import Created, Event, Finished, Metrics, Planned, Record, Started
from engine.journal.writer import encode
from engine.paths import RunFolder, Workspace


def write_run(home: Path, run: int, made: Curves) -> RunFolder:
    """A finished run's folder in the workspace `home`."""
    folder = begin(home, run, len(next(iter(made.values()))))
    start = START + run * 60
    lines, steps = [], 0
    for step, values in rows(made):
        steps, seconds = step, step * PACE
        event = measured(step, dict(zip(made, values, strict=True)))
        lines.append(encode(Record(seq=step + 2, attempt=1, time=start + seconds, event=event)))
    ending = Finished(seconds=steps * PACE, device_seconds=steps * PACE, tokens=steps * TOKENS, step=steps)
    lines.append(encode(Record(seq=steps + 3, attempt=1, time=start + steps * PACE, event=ending)))
    with folder.journal.open("ab") as file:
        file.writelines(lines)
    return folder


def begin(home: Path, run: int, steps: int, *, started: Started | None = None) -> RunFolder:
    """A run's folder with the first three lines of its journal."""
    start = START + run * 60
    time = dt.datetime.fromtimestamp(start, dt.UTC)
    folder = Workspace(home).run(f"{time:%Y%m%d-%H%M%S}-pretrain-{run_name(run)}-{run:04x}")
    folder.path.mkdir(parents=True)
    config = PretrainConfig(name=run_name(run), corpus="text", train=TrainConfig(steps=steps), seed=run)
    folder.config.write_text(dump(config))
    by = Started(pid=1, start_ticks=1.0, boot_id="bench", host="bench", device="CPU")
    events: tuple[Event, ...] = (
        Created(
            run_id=folder.id, kind="pretrain", name=config.name, config=msgspec.to_builtins(config),
            fingerprint=fingerprint(config), command="graftline pretrain",
        ),
        started or by,
        Planned(steps=steps, parameters=1_000_000, trainable=1_000_000, tokens_per_step=TOKENS, flops_per_token=6e6),
    )  # fmt: skip
    with folder.journal.open("wb") as file:
        for seq, event in enumerate(events):
            file.write(encode(Record(seq=seq, attempt=min(seq, 1), time=start, event=event)))
    return folder


def measured(step: int, values: dict[str, float]) -> Metrics:
    named: dict[str, float | None] = {name: round(value, 6) for name, value in values.items()}
    return Metrics(step=step, tokens=step * TOKENS, seconds=step * PACE, values=named)
