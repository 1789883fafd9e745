"""The curves that every program is measured on: the same numbers for ours and for the peers.

    curves(run, steps) -> {metric: float64[steps]}    seeded by the run; each has one spike of a single step

Values are in [0, 10) and have six decimals, so that each format holds them in the same number of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

METRICS = ("train_loss", "heldout_loss", "grad_norm", "lr", "tokens_per_second")
TOKENS = 4096
"""Tokens a step."""
PACE = 0.05
"""Seconds a step."""
START = 1_764_000_000.0
"""When the first run began, seconds since the epoch."""

Curves = dict[str, NDArray[np.float64]]


def curves(run: int, steps: int, names: tuple[str, ...] = METRICS) -> Curves:
    """A run's metrics, all five or those in `names`."""
    noise = np.random.default_rng(run)
    progress = np.arange(1, steps + 1) / steps
    floor = 2.0 + noise.random()
    loss = floor + 4.0 * np.exp(-6.0 * progress) + noise.normal(0, 0.05, steps)
    loss[steps * 2 // 3] = 9.0
    made = {
        "train_loss": loss,
        "heldout_loss": floor + 0.1 + 4.0 * np.exp(-6.0 * progress) + noise.normal(0, 0.01, steps),
        "grad_norm": 1.0 + noise.gamma(2.0, 0.2, steps),
        "lr": 3.0 * np.minimum(1.0, (1.0 - progress) * 5.0),
        "tokens_per_second": 4.0 + noise.normal(0, 0.1, steps),
    }
    return {name: np.clip(made[name], 0.0, 9.999999) for name in names}


def rows(made: Curves) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Steps from 1, each with a value for each metric."""
    yield from enumerate(zip(*(values.tolist() for values in made.values()), strict=True), 1)


def run_name(run: int) -> str:
    return f"curve-{run:03d}"
