"""What a comparison means: an operator and its values, compiled into a test of one run's value.

    ">=", 1e-3  ->  test(0.003) is True        ":", "foo*"  ->  test("Foobar") is True

Values of runs are numbers (times and lengths of time in seconds), truth, text, or tuples of those, of which any may
match; None, which nothing matches. Numbers may be written 1e-3, 10k, 2M, 50%; lengths of time 90s, 2h30m, 3d; moments
2026-11-23 or 2026-11-23T14:30, in local time. Text is compared without regard to case, and `*` stands for anything.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Callable
from typing import Any

from engine.store.query import Term, Value, wrong

Plain = str | float | bool
Cell = Plain | tuple[Plain, ...] | None
"""One run's value of one key."""
Test = Callable[[Any], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([kKMGBT%]?)")
_SCALES = {"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12, "%": 0.01}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?(?:s|m|h|d|w))+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def number(text: str) -> float | None:
    """`1e-3`, `10k`, `2M`, `50%`, `2h30m` (in seconds); None for what is none of these."""
    if found := _NUMBER.fullmatch(text):
        return float(found[1]) * _SCALES[found[2]]
    if _SPAN.fullmatch(text):
        return sum(float(n) * _SECONDS[unit] for n, unit in re.findall(r"([\d.]+)([smhdw])", text))
    return None


def moment(text: str) -> tuple[float, float] | None:
    """A day, or a minute of one: the seconds since the epoch at which it begins and ends; None for anything else."""
    for form, length in (("%Y-%m-%d", dt.timedelta(days=1)), ("%Y-%m-%dT%H:%M", dt.timedelta(minutes=1))):
        try:
            start = dt.datetime.strptime(text, form)
        except ValueError:
            continue
        return start.timestamp(), (start + length).timestamp()
    return None


def compile_term(term: Term, numeric: bool, *, when: bool = False, within: bool = False) -> Test:
    """A test of one value. `numeric`: the key holds numbers; `when`: moments; `within`: `:` looks inside its text.

    Raises `InputError` for a value that such a key cannot be compared with.
    """
    tests = [_compile(term, value, numeric, when, within) for value in term.values]
    test = tests[0] if len(tests) == 1 else lambda found: any(one(found) for one in tests)
    if term.op == "!=":
        return lambda found: not _any(test, found)
    return lambda found: _any(test, found)


def _any(test: Test, found: Cell) -> bool:
    if found is None:
        return False
    if isinstance(found, tuple):
        return any(map(test, found))
    return test(found)


def _compile(term: Term, value: Value, numeric: bool, when: bool, within: bool) -> Test:
    if term.op in _ORDERS:
        return _ordered(term, value, numeric, when)
    if term.op == "~" or (within and term.op == ":"):
        return _inside(value)
    if when and (span := moment(value.text)) is not None:
        first, last = span
        return lambda found: first <= found < last
    wanted = number(value.text) if numeric or not value.quoted else None
    if numeric and wanted is None and value.text != "*":
        raise _not_a_number(term, value)
    return _equal(value, wanted)


def _ordered(term: Term, value: Value, numeric: bool, when: bool) -> Test:
    compare = _ORDERS[term.op]
    span = moment(value.text) if when else None
    limit = number(value.text) if span is None else span[0] if term.op in ("<", ">=") else span[1]
    if limit is not None and (numeric or not value.quoted):
        exact = limit
        return lambda found: isinstance(found, int | float) and compare(found, exact)
    if numeric:
        raise _not_a_number(term, value)
    text = value.text.casefold()
    return lambda found: isinstance(found, str) and compare(found.casefold(), text)


def _equal(value: Value, wanted: float | None) -> Test:
    matches, truth = _pattern(value).fullmatch, _TRUTH.get(value.text.casefold())

    def test(found: Plain) -> bool:
        if isinstance(found, str):
            return matches(found) is not None
        if isinstance(found, bool):
            return found is truth or value.text == "*"
        if wanted is not None:
            return math.isclose(found, wanted, rel_tol=1e-9)
        return value.text == "*" and not value.quoted

    return test


def _inside(value: Value) -> Test:
    found_in = _pattern(value).search
    return lambda found: isinstance(found, str) and found_in(found) is not None


def within(value: Value) -> Callable[[str], bool]:
    """Whether a text that is all lower case has this word somewhere."""
    if "*" in value.text and not value.quoted:
        found_in = _pattern(value).search
        return lambda text: found_in(text) is not None
    word = value.text.casefold()
    return lambda text: word in text


def _pattern(value: Value) -> re.Pattern[str]:
    parts = [value.text] if value.quoted else value.text.split("*")
    return re.compile(".*".join(map(re.escape, parts)), re.IGNORECASE | re.DOTALL)


def _not_a_number(term: Term, value: Value) -> Exception:
    problem = f"{term.key} is compared with a number, not {value.text!r}"
    return wrong(value.at, problem, f"such as {term.key}{term.op}1e-3")
