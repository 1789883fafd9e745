"""Scores of a classifier: accuracy, macro F1, and precision, recall and F1 of each class. No torch here.

Definitions as in scikit-learn with `zero_division=0`: what cannot be divided is 0, and the macro mean is over every
class that occurs among the targets or the outputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.journal.events import Score
from engine.scores.intervals import RESAMPLES, percentiles, share

Confusion = dict[str, dict[str, int]]


def confusion(targets: Sequence[str], outputs: Sequence[str]) -> Confusion:
    """target -> output -> how many items; pairs that never occur are left out."""
    table: Confusion = {}
    for (target, output), count in sorted(Counter(zip(targets, outputs)).items()):
        table.setdefault(target, {})[output] = count
    return table


def scores(targets: Sequence[str], outputs: Sequence[str], seed: int) -> tuple[Score, ...]:
    """All the metrics of at least one item. The bootstrap of macro F1 draws from `seed`."""
    classes = sorted({*targets, *outputs})
    place = {name: at for at, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for target, output in zip(targets, outputs):
        counts[place[target], place[output]] += 1
    hits, n = int(counts.trace()), len(targets)
    each: list[Score] = []
    f1s = f1(counts[None])[0]
    for at, name in enumerate(classes):
        right, said, are = int(counts[at, at]), int(counts[:, at].sum()), int(counts[at].sum())
        each += [share(f"precision:{name}", right, said), share(f"recall:{name}", right, are)]
        each.append(Score(f"f1:{name}", float(f1s[at]), n=are))
    low, high = percentiles(_macro(_resample(counts, seed)))
    macro = Score("macro_f1", float(f1s.mean()), low, high, n)
    return (share("accuracy", hits, n), macro, *each)


def f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each class from confusion matrices (..., targets, outputs); 0 for a class that does not occur."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    both = counts.sum(axis=-1) + counts.sum(axis=-2)
    return np.asarray(2 * right / np.maximum(both, 1), dtype=np.float64)


def _macro(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Macro F1 of many confusion matrices (R, K, K), each over the classes that occur in it."""
    occurs = (counts.sum(axis=-1) + counts.sum(axis=-2)) > 0
    return np.asarray(f1(counts).sum(axis=-1) / occurs.sum(axis=-1), dtype=np.float64)


def _resample(counts: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Confusion matrices of items drawn with replacement: a multinomial over the cells is the same as drawing items."""
    n = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=RESAMPLES)
    return np.asarray(drawn.reshape(RESAMPLES, *counts.shape), dtype=np.int64)
