"""Bounds of quality rules as one line of text: what a form holds, and what a person types at a rule.

    50..1000   from 50 to 1000        50..   at least 50        ..0.3   at most 0.3
    50         the rule's open side: what the preset bounds is bounded by 50
    off, on    no such rule; the preset's

`clean.rules`, all of it:  words 50..1000, symbol_words ..0.1, stop_words off
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.config.corpus import Bound
from engine.errors import InputError

_FIX = "write 50..1000, 50.. or ..0.3 (either end may be left out), one number, or off"


def written(bound: Bound) -> str:
    """A bound as `parse` reads it."""
    match bound:
        case bool():
            return "on" if bound else "off"
        case int() | float():
            return _number(bound)
    low, high = bound
    return f"{_end(low)}..{_end(high)}"


def parse(text: str) -> Bound:
    """Raises `InputError` for anything else, and for a range that ends before it begins."""
    words = text.strip().lower()
    if words in ("off", "on", "false", "true"):
        return words in ("on", "true")
    start, dots, end = words.partition("..")
    try:
        if not dots:
            return _read(start, math.nan)
        low, high = _read(start, -math.inf), _read(end, math.inf)
    except ValueError:
        raise InputError(f"{text!r} is no bound", fix=_FIX) from None
    if low > high:
        raise InputError(f"it ends at {_number(high)}, before it begins at {_number(low)}", fix=_FIX)
    return low, high


def written_rules(rules: Mapping[str, Bound]) -> str:
    """A table of rules on one line."""
    return ", ".join(f"{name} {written(bound)}" for name, bound in rules.items())


def parse_rules(text: str) -> dict[str, Bound]:
    """The table that such a line means. Raises `InputError`."""
    rules: dict[str, Bound] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, bound = part.replace("=", " ", 1).partition(" ")
        if not bound.strip():
            raise InputError(f"{name} has no bound", fix=f"such as {name} 50..1000, or {name} off")
        rules[name] = parse(bound)
    return rules


def _read(text: str, missing: float) -> float:
    """A number; thousands may be apart by underscores. Raises `ValueError`."""
    if not text.strip() and not math.isnan(missing):
        return missing
    value = float(text)
    if math.isnan(value):
        raise ValueError(text)
    return value


def _number(value: float) -> str:
    return f"{value:.12g}"


def _end(value: float) -> str:
    return "" if math.isinf(value) else _number(value)
