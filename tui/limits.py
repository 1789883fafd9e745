"""Limits of a chart as people type them: `x 100..2000 y 1..3`, either alone, an end left out for as far as it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import InputError

Ends = tuple[float | None, float | None]
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?[kmbt]?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?\s*\.\.\s*(?P<high>{_NUMBER})?", re.IGNORECASE)
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


@dataclass(frozen=True)
class Limits:
    """None: that axis was not spoken of."""

    x: Ends | None = None
    y: Ends | None = None


def parse(text: str) -> Limits:
    """Raises `InputError` for anything else, and for a range that ends before it begins."""
    found: dict[str, Ends] = {}
    rest = text.strip()
    while rest:
        axis = rest[0].lower()
        match = _RANGE.match(rest[1:].lstrip())
        if axis not in "xy" or match is None:
            raise InputError(f"{rest!r} is no range", fix="write x 100..2000 y 1..3, either alone")
        low, high = _number(match["low"]), _number(match["high"])
        if low is not None and high is not None and low >= high:
            raise InputError(f"{axis} ends at {high:g}, before it begins at {low:g}", fix="write the lower end first")
        found[axis] = (low, high)
        rest = rest[1:].lstrip()[match.end() :].lstrip(" ,;")
    return Limits(found.get("x"), found.get("y"))


def written(x: tuple[float, float] | None, y: tuple[float, float] | None) -> str:
    """Limits as `parse` reads them: what the box holds when it opens."""
    parts = [f"{name} {low:.6g}..{high:.6g}" for name, ends in (("x", x), ("y", y)) if ends for low, high in [ends]]
    return " ".join(parts)


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    unit = _UNITS.get(text[-1].lower())
    return float(text[:-1]) * unit if unit else float(text)
