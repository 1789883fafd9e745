"""An axis: values to places between its ends and back, linear or logarithmic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tui.widgets.decimate import Floats


@dataclass(frozen=True)
class Scale:
    """From `low` to `high`. `log`: both above zero, and what is not has no place (NaN)."""

    low: float
    high: float
    log: bool = False

    def place(self, values: Floats) -> Floats:
        """Where values stand, in the unit that the line is drawn in: themselves or their logarithm."""
        return np.log10(np.where(values > 0, values, np.nan)) if self.log else values

    def place_of(self, value: float) -> float:
        return float(np.log10(value)) if self.log else value

    @property
    def ends(self) -> tuple[float, float]:
        return self.place_of(self.low), self.place_of(self.high)

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high one; NaN where a logarithmic axis has no place for it."""
        if self.log and value <= 0:
            return float("nan")
        low, high = self.ends
        return (self.place_of(value) - low) / ((high - low) or 1.0)

    def value(self, share: float) -> float:
        """The value at a share of the way; the inverse of `share`."""
        low, high = self.ends
        at = low + share * (high - low)
        return 10.0**at if self.log else at

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high and (value > 0 or not self.log)

    def around(self, value: float, factor: float) -> Scale:
        """`factor` times as long (0.5: zoomed in), with `value` where it was."""
        share = min(1.0, max(0.0, self.share(value)))
        return Scale(self.value(share - share * factor), self.value(share + (1 - share) * factor), self.log)

    def moved(self, share: float) -> Scale:
        """The same length, `share` of it further on."""
        return Scale(self.value(share), self.value(1 + share), self.log)
