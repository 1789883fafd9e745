"""Numbers as people read them: one way for each kind, so that the same thing looks the same on every screen.

All take None for "not known" and give an en dash, which keeps columns aligned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

UNKNOWN = "–"
_BARS = "▁▂▃▄▅▆▇█"


def loss(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """A proportion as a percentage: `71.2`. The per-cent sign stands in the heading."""
    return UNKNOWN if value is None else f"{100 * value:.1f}"


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """A score with half the width of its 95 % interval: `71.2 ±2.8`."""
    if value is None:
        return UNKNOWN
    if low is None or high is None:
        return share(value)
    return f"{100 * value:.1f} ±{50 * (high - low):.1f}"


def duration(seconds: float | None) -> str:
    """`8s`, `2m10s`, `7h05m`, `3d04h`."""
    if seconds is None:
        return UNKNOWN
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def age(seconds: float | None) -> str:
    """How long ago, in one unit: `now`, `40s`, `5m`, `3h`, `12d`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 5:
        return "now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def count(value: float | None) -> str:
    """`950`, `12.3K`, `4.10M`, `1.20B`, `3.4e15`."""
    if value is None:
        return UNKNOWN
    if value < 10_000:
        return f"{value:.0f}"
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if size <= value < 1e15:
            figure = value / size
            return f"{figure:.0f}{unit}" if figure >= 100 else f"{figure:.3g}{unit}"
    return f"{value:.1e}".replace("e+", "e")


def flops(value: float | None) -> str:
    """Floating-point operations with the prefix people use for them: `53.2G`, `1.2T`, `40P`."""
    if value is None:
        return UNKNOWN
    for size, unit in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0f}"


def size(value: float | None) -> str:
    """Bytes in decimal units: `312 kB`, `4.1 GB`."""
    if value is None:
        return UNKNOWN
    for step, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= step:
            return f"{value / step:.3g} {unit}"
    return f"{value:.0f} B"


def beside(value: float, expected: float, words: Callable[[float], str]) -> str:
    """What came of an expectation: `2m03s, 5 % less than expected`."""
    off = round(100 * (value / expected - 1)) if expected else 0
    than = "as expected" if not off else f"{abs(off)} % {'more' if off > 0 else 'less'} than expected"
    return f"{words(value)}, {than}"


def sparkline(values: Sequence[float], width: int) -> str:
    """Values as one line of block characters, exactly `width` wide: the newest at the right, means when squeezed."""
    known = [v for v in values if v == v]
    if not known or width <= 0:
        return " " * max(width, 0)
    if len(known) > width:
        edges = [round(i * len(known) / width) for i in range(width + 1)]
        known = [sum(known[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(known), max(known)
    span = high - low or 1.0
    return "".join(_BARS[round((v - low) / span * 7)] for v in known).ljust(width)


def bar(value: float, largest: float, width: int) -> str:
    """A horizontal bar, to an eighth of a cell, at most `width` wide; anything above zero shows."""
    if largest <= 0 or value <= 0 or width <= 0:
        return ""
    eighths = max(1, round(value / largest * width * 8))
    full, rest = divmod(min(eighths, width * 8), 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
