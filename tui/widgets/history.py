"""The last minutes of a figure as a filled braille chart, two moments to a cell and four heights to a line.

    ⠀⠀⠀⠀⠀⣀⣠⣴⣶⣶⣤        samples (time, value)  ->  one value a moment, None where nobody looked  ->  lines of text

A moment is a fixed stretch of the clock, so the picture moves by whole dots and stands still in between.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

HOLD_SECONDS = 15.0
"""The supervisor looks every ten seconds, and only while something runs."""
_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
"""Dots of a braille character from the bottom up."""


def moments(samples: Iterable[tuple[float, float]], now: float, seconds: float, count: int) -> list[float | None]:
    """The highest value in each of `count` moments that end now and begin `seconds` ago.

    A value holds for `HOLD_SECONDS`, since some looks are further apart than a moment; None where nobody looked.
    """
    step = seconds / count
    newest = math.floor(now / step)
    found: list[float | None] = [None] * count
    for time, value in samples:
        at = count - 1 - (newest - math.floor(time / step))
        if 0 <= at < count:
            before = found[at]
            found[at] = value if before is None else max(value, before)
    return _held(found, math.floor(HOLD_SECONDS / step))


def _held(values: list[float | None], moments: int) -> list[float | None]:
    """Each None that is at most so many moments after a value as that value."""
    held: list[float | None] = []
    last, age = None, 0
    for value in values:
        last, age = (last, age + 1) if value is None else (value, 0)
        held.append(last if age <= moments else None)
    return held


def area(values: Sequence[float | None], top: float, rows: int) -> list[str]:
    """Values from 0 to `top` as `rows` lines of half as many cells; what is above zero shows at least one dot."""
    heights = [_height(value, top, rows * 4) for value in values]
    pairs = list(zip(heights[::2], heights[1::2], strict=True))
    return ["".join(_cell(left - row * 4, right - row * 4) for left, right in pairs) for row in reversed(range(rows))]


def _height(value: float | None, top: float, dots: int) -> int:
    if value is None or value <= 0 or top <= 0:
        return 0
    return max(1, min(dots, round(value / top * dots)))


def _cell(left: int, right: int) -> str:
    """One character with the lowest `left` and `right` dots of its two columns; a blank where there are none."""
    code = sum(_LEFT[: max(0, left)]) | sum(_RIGHT[: max(0, right)])
    return chr(0x2800 + code) if code else " "
