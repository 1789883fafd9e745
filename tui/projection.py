"""Where a loss heads: the power law that its second half follows, L(s) = floor + scale * s^-power, carried on.

Held-out losses of one training stage are close to such a law once warm-up is over; a decay phase bends below it, so
what is shown is where the run would end as it goes now, and is called so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tui.widgets.decimate import Floats

POWERS = np.geomspace(0.02, 2.0, 60)
LEAST_POINTS = 5
"""Three numbers are fitted; fewer points than this would fit anything."""
MOST_POINTS = 200
"""A law of three numbers is no better fitted to more, and it is fitted twice a second."""
FITTED_SHARE = 0.5
"""Of the steps so far, the newest: what came before says less about what comes."""


@dataclass(frozen=True)
class PowerLaw:
    floor: float
    scale: float
    power: float

    def at(self, steps: Floats) -> Floats:
        found: Floats = self.floor + self.scale * steps**-self.power
        return found


def fit(steps: Floats, losses: Floats) -> PowerLaw | None:
    """The law with the least squared error, falling towards a floor of zero or more; None when none does."""
    known = np.isfinite(losses) & (steps > 0)
    steps, losses = steps[known], losses[known]
    if len(steps):
        late = np.flatnonzero(steps >= FITTED_SHARE * steps[-1])
        late = late[:: max(1, len(late) // MOST_POINTS)]
        steps, losses = steps[late], losses[late]
    if len(steps) < LEAST_POINTS:
        return None
    return _best(steps, losses)


def _best(steps: Floats, losses: Floats) -> PowerLaw | None:
    """For each of `POWERS` the law is a straight line in s^-power; the line that fits best of all, if one falls."""
    x = steps ** -POWERS[:, None]
    spread = x - x.mean(axis=1, keepdims=True)
    wide = np.maximum(np.square(spread).sum(axis=1), np.finfo(np.float64).tiny)
    scale = (spread * losses).sum(axis=1) / wide
    floor = losses.mean() - scale * x.mean(axis=1)
    through_zero = (x * losses).sum(axis=1) / np.square(x).sum(axis=1)
    scale, floor = np.where(floor < 0, through_zero, scale), np.maximum(floor, 0.0)
    missed = np.square(floor[:, None] + scale[:, None] * x - losses).sum(axis=1)
    best = int(np.argmin(np.where(scale > 0, missed, np.inf)))
    return PowerLaw(float(floor[best]), float(scale[best]), float(POWERS[best])) if scale[best] > 0 else None
