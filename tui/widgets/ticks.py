"""Round numbers for axes: where ticks stand, what they are called, and limits that move in jumps.

Limits snap to round numbers, so a live curve is redrawn in its old frame until it outgrows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CEILINGS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is `least` or more."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def nice_ceiling(value: float) -> float:
    """The smallest round number that is `value` or more."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in _CEILINGS if power * step >= value * (1 - 1e-9))


def grown(reached: float, limit: float) -> float:
    """The end of an axis that has to hold `reached`: `limit` while it does, else a jump of a quarter or more."""
    return limit if reached <= limit else nice_ceiling(reached * 1.25)


def linear(low: float, high: float, most: int) -> list[float]:
    """At most `most` (or so) round numbers within [low, high]."""
    if high <= low:
        return [low]
    return _multiples(low, high, nice_step((high - low) / max(1, most)))


def whole(low: float, high: float, most: int) -> list[float]:
    """Like `linear`, whole numbers only: for steps and tokens."""
    if high <= low:
        return [low]
    step = nice_step(max(1.0, (high - low) / max(1, most)))
    return _multiples(low, high, math.ceil(step))


def clock(low: float, high: float, most: int) -> list[float]:
    """Round times within [low, high] seconds."""
    least = (high - low) / max(1, most)
    if high <= low or least < 1.0:
        return linear(low, high, most)
    step = next((s for s in _SECONDS if s >= least), None)
    return _multiples(low, high, step or 86400 * nice_step(least / 86400))


def log(low: float, high: float, most: int) -> list[float]:
    """Round numbers for a logarithmic axis over [low, high], both above zero: decades, or 1-2-5 when few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if high / low < 4:
        return linear(low, high, most)
    bases = (1.0, 2.0, 5.0) if last - first <= max(1, most // 2) else (1.0,)
    every = max(1, math.ceil((last - first) / max(1, most))) if len(bases) == 1 else 1
    found = [base * 10.0**p for p in range(first, last + 1, every) for base in bases]
    return [v for v in found if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def snapped(low: float, high: float, *, logarithmic: bool, parts: int = 10) -> tuple[float, float]:
    """Limits of a y axis around [low, high]: a little room, on round numbers so that they rarely move."""
    if logarithmic:
        a, b = math.log10(low), math.log10(high)
        step = nice_step(max(b - a, 0.1) / parts)
        return 10 ** (math.floor(a / step) * step), 10 ** (math.ceil(b / step + 1e-9) * step)
    span = (high - low) or abs(high) * 0.1 or 1.0
    step = nice_step(span / parts)
    if high == low:
        return low - step, high + step
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def labels(values: Sequence[float]) -> list[str]:
    """Ticks as people write them, all with as many decimals as tell them apart."""
    if not values:
        return []
    largest = max(abs(v) for v in values)
    if largest >= 10_000:
        return [_short(v) for v in values]
    if 0 < largest < 0.001:
        return [f"{v:.0e}".replace("e-0", "e-") if v else "0" for v in values]
    for decimals in range(6):
        texts = [f"{v:.{decimals}f}" for v in values]
        exact = all(abs(float(t) - v) <= 1e-9 * max(1.0, largest) for t, v in zip(texts, values, strict=True))
        if exact:
            return texts
    return [f"{v:.3g}" for v in values]


def _short(value: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def clock_label(seconds: float) -> str:
    """`0`, `30s`, `1m30`, `2h`, `3d`."""
    if seconds == 0:
        return "0"
    if seconds < 60:
        return f"{seconds:g}s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}m{rest:02d}" if rest else f"{minutes}m"
    if seconds < 86400:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours}h{rest:02d}" if rest else f"{hours}h"
    return f"{seconds / 86400:.3g}d"
