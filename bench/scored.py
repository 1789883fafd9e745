"""An evaluation of a synthetic workspace: its models' answers, item by item, and the scores that follow from them.

    a number and its models  ->  predictions/areas-<model>.jsonl  +  `Evaluated` events that point at them

Models are right about half to nearly all of the same 160 items, each on items of its own, so that two of them differ
on some. As after a real evaluation the accuracy, the confusion and the items say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from engine.journal import events as e
from engine.paths import RunFolder, slug
from engine.scores.classification import confusion

ITEMS = 160


def scored(
    folder: RunFolder, models: Sequence[str], classes: Sequence[str], step: int, noise: np.random.Generator
) -> Iterator[e.Evaluated]:
    """Each model on the suite `areas`: accuracy, with an interval, and each class's F1. Writes the answers."""
    folder.predictions.mkdir(parents=True)
    targets = [classes[n % len(classes)] for n in range(ITEMS)]
    for model in models:
        outputs = _outputs(targets, classes, noise)
        path = folder.predictions / f"areas-{slug(model, 64)}.jsonl"
        path.write_bytes(b"".join(_line(n, *pair) for n, pair in enumerate(zip(targets, outputs))))
        yield e.Evaluated(
            model=model, step=None if "@" in model else step, suite="areas", suite_sha256="a" * 64,
            task="classification", scores=tuple(_scores(targets, outputs, classes)), seconds=2.0,
            confusion=confusion(targets, outputs), predictions=str(path.relative_to(folder.path)),
        )  # fmt: skip


def _outputs(targets: Sequence[str], classes: Sequence[str], noise: np.random.Generator) -> list[str]:
    """Right in a share of the cases, any class in the others."""
    right = noise.random(len(targets)) < 0.4 + 0.5 * noise.random()
    other = noise.integers(0, len(classes), len(targets))
    return [target if right[n] else classes[other[n]] for n, target in enumerate(targets)]


def _line(number: int, target: str, output: str) -> bytes:
    """One line of a predictions file."""
    correct, text = (
        target == output,
        f"How would I {target} the {number * 7919 % 997}th of them, and what if it is late?",
    )
    item = e.Prediction(
        example_id=f"item-{number:04d}", input=text, target=target, output=output, correct=correct, score=float(correct)
    )
    return msgspec.json.encode(item) + b"\n"


def _scores(targets: Sequence[str], outputs: Sequence[str], classes: Sequence[str]) -> Iterator[e.Score]:
    pairs = list(zip(targets, outputs))
    share = sum(target == output for target, output in pairs) / len(pairs)
    half = 1.96 * (share * (1 - share) / len(pairs)) ** 0.5
    yield e.Score("accuracy", share, max(0.0, share - half), min(1.0, share + half), len(pairs))
    for name in classes:
        both = sum(target == output == name for target, output in pairs)
        yield e.Score(f"f1:{name}", 2 * both / max(1, targets.count(name) + outputs.count(name)), n=targets.count(name))
