"""Paired statistics over one test set: how far apart two models are, and whether that could be luck.

Both models answered the same items, so everything here works on pairs. A metric is a `Measure`: what to add up for
each item, and what to make of the sums. Accuracy, token F1, bits per byte and macro F1 all have that form, so one
bootstrap and one randomisation test serve them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

RESAMPLES = 4_000
"""Draws of a bootstrap or randomisation test. Efron and Tibshirani (1993, p. 275) ask for at least 1,000 for a
percentile interval; the smallest p-value that a randomisation test can give is one over this."""
CONFIDENCE = 0.95
_CELLS = 1 << 22
"""Most (draw, item) cells held in memory at once: 32 MiB of float64."""


@dataclass(frozen=True)
class Measure:
    """A metric of one model: `columns` (items, k) added up over any draw of items, then `value` of the k sums."""

    columns: Array
    value: Callable[[Array], Array]
    """(draws, k) sums -> (draws,) values."""

    def __call__(self) -> float:
        return float(self.value(self.columns.sum(axis=0, keepdims=True))[0])


def mean_measure(scores: Sequence[float], weights: Sequence[float] | None = None) -> Measure:
    """The sum of the scores over the sum of the weights: a mean, or bits per byte when weights are bytes."""
    score = np.asarray(scores, dtype=np.float64)
    weight = np.ones_like(score) if weights is None else np.asarray(weights, dtype=np.float64)
    return Measure(np.stack([score, weight], axis=1), _ratio)


def macro_f1_measure(targets: Sequence[str], outputs: Sequence[str], classes: Sequence[str]) -> Measure:
    """Macro F1 over those of `classes` that occur among the targets or outputs drawn, as evaluation defines it."""
    index = {name: i for i, name in enumerate(classes)}
    columns = np.zeros((len(targets), 2 * len(classes)))
    for row, (target, output) in enumerate(zip(targets, outputs, strict=True)):
        # Per class: 2 * true positives, and targets + outputs; F1 is their ratio.
        for name in (target, output):
            if name in index:
                columns[row, 2 * index[name] + 1] += 1
        if target == output and target in index:
            columns[row, 2 * index[target]] += 2
    return Measure(columns, _mean_of_ratios)


def _ratio(sums: Array) -> Array:
    return np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


def _mean_of_ratios(sums: Array) -> Array:
    top, bottom = sums[:, 0::2], sums[:, 1::2]
    ratios = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
    occurring = np.maximum((bottom > 0).sum(axis=1), 1)
    means: Array = ratios.sum(axis=1) / occurring
    return means


def bootstrap_difference(a: Measure, b: Measure, *, seed: int, resamples: int = RESAMPLES) -> tuple[float, float]:
    """The 95 % percentile interval of `a - b` when items are drawn with replacement, the same ones for both."""
    n = len(a.columns)
    random = np.random.default_rng(seed)
    found = [a.value(counts @ a.columns) - b.value(counts @ b.columns) for counts in _draws(random, n, resamples)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)


def _draws(random: np.random.Generator, n: int, resamples: int) -> Iterator[Array]:
    """How often each of `n` items is drawn, (draws, n) at a time."""
    for size in _blocks(n, resamples):
        items = random.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        yield np.bincount(items.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _blocks(n: int, resamples: int) -> Iterator[int]:
    block = max(1, _CELLS // max(1, n))
    for start in range(0, resamples, block):
        yield min(block, resamples - start)


def randomisation_p(a: Measure, b: Measure, *, seed: int, resamples: int = RESAMPLES) -> float:
    """Two-sided p-value of `a - b` when each item's two answers might as well have been swapped (Noreen 1989).

    Monte Carlo with the observed arrangement counted in, so that it is never 0 and never too small.
    """
    observed = abs(a() - b())
    gap = b.columns - a.columns
    total_a, total_b = a.columns.sum(axis=0), b.columns.sum(axis=0)
    random = np.random.default_rng(seed)
    as_far = 1
    for size in _blocks(len(gap), resamples):
        swapped = random.integers(0, 2, (size, len(gap))).astype(np.float64) @ gap
        differences = a.value(total_a + swapped) - b.value(total_b - swapped)
        as_far += int(np.count_nonzero(np.abs(differences) >= observed - 1e-12))
    return as_far / (resamples + 1)


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided McNemar test: only the items that one model alone gets right say anything.

    Under no difference each such item is a fair coin, so the smaller count is binomial with p = 1/2.
    """
    n, k = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    ways = 1  # C(n, i), kept as an exact integer
    total = 0
    for i in range(k + 1):
        total += ways
        ways = ways * (n - i) // (i + 1)
    return min(1.0, 2 * total / (1 << n))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): the same p-values, fit to be read side by side, in the order given."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    adjusted = [0.0] * len(ps)
    worst = 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, ps[i] * (len(ps) - rank)))
        adjusted[i] = worst
    return adjusted
