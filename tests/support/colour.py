"""What eyes make of colours: contrast as WCAG 2 defines it, distance in CIELAB, and deuteranopia simulated.

Colours are `#rrggbb`. The simulation is Machado, Oliveira and Fernandes (2009) at full severity, on linear RGB.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Triple = tuple[float, float, float]

_DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def linear(colour: str) -> Triple:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG's ratio: 1 for the same luminance, 21 for black on white; 4.5 is enough for text."""
    low, high = sorted(sum(w * c for w, c in zip(_TO_XYZ[1], linear(colour), strict=True)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def _times(matrix: Sequence[Triple], vector: Triple) -> Triple:
    one, two, three = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def _lab(rgb: Triple) -> Triple:
    x, y, z = (value / white for value, white in zip(_times(_TO_XYZ, rgb), _WHITE, strict=True))
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, *, deuteranopic: bool = False) -> float:
    """CIE 1976 colour difference. About 2 can just be told apart side by side; 10 at a glance."""
    seen = [linear(colour) for colour in (one, other)]
    if deuteranopic:
        seen = [tuple(max(0.0, min(1.0, v)) for v in _times(_DEUTERANOPIA, rgb)) for rgb in seen]  # type: ignore[misc]
    first, second = (_lab(rgb) for rgb in seen)
    return float(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5)


def nearest(colours: Sequence[str], *, deuteranopic: bool = False) -> float:
    """The distance of the two that are most alike."""
    return min(distance(one, other, deuteranopic=deuteranopic) for one, other in combinations(colours, 2))
