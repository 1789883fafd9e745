"""One configuration becomes several: every combination of a few values of a few keys.

a configuration + {train.lr: [1e-3, 3e-4], seed: [0, 1]}  ->  four configurations, named after their values

tiny-lr0.001-seed0   tiny-lr0.001-seed1   tiny-lr0.0003-seed0   tiny-lr0.0003-seed1
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import product
from typing import Any, TypeVar

import msgspec

from engine.config.load import convert
from engine.config.schema import RunConfig
from engine.errors import InputError

MOST = 200
"""Runs that a sweep may have without a question."""
Axes = Mapping[str, Sequence[Any]]
"""Values by dotted key, in the order asked."""
C = TypeVar("C", bound=RunConfig)


def parse(items: Sequence[str]) -> dict[str, list[Any]]:
    """`key=v1,v2` as values by key; each is TOML where it reads as TOML, else text. Raises `InputError`."""
    axes: dict[str, list[Any]] = {}
    for item in items:
        key, equals, text = item.partition("=")
        pieces = [piece.strip() for piece in text.split(",")]
        if not equals or not key.strip() or not all(pieces):
            fix = "for example --sweep train.lr=1e-3,3e-4"
            raise InputError(f"{item!r} is not key=value,value", where="--sweep", fix=fix)
        if key.strip() in axes:
            raise InputError("is swept twice", where="--sweep", key=key.strip(), fix="give all its values at once")
        axes[key.strip()] = [_value(piece) for piece in pieces]
    return axes


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def count(axes: Axes) -> int:
    """How many runs come of it."""
    runs = 1
    for values in axes.values():
        runs *= len(values)
    return runs


def tag(config: RunConfig) -> str:
    """What the runs of a sweep have in common."""
    return f"sweep:{'-'.join(config.name.split())}"


def expand(config: C, axes: Axes) -> list[C]:
    """Every combination, the last key's values changing fastest. Raises `InputError` for what a key cannot hold."""
    if "name" in axes:
        raise InputError("names follow from the values", where="--sweep", key="name", fix="sweep another key")
    raw = msgspec.to_builtins(config)
    combinations = [list(zip(axes, values, strict=True)) for values in product(*axes.values())]
    found = [convert(_changed(raw, chosen), type(config), where=None) for chosen in combinations]
    if len({one.name for one in found}) < len(found):
        raise InputError("two of the runs would be the same", where="--sweep", fix="give each value once")
    return found


def _changed(raw: dict[str, Any], chosen: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    changed = deepcopy(raw)
    for key, value in chosen:
        *parents, last = key.split(".")
        table = changed
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise InputError("is no table of values", where="--sweep", key=parent, fix="sweep a key with one value")
        table[last] = value
    words = [f"{key.rpartition('.')[2]}{_short(value)}" for key, value in chosen]
    return {**changed, "name": "-".join([raw["name"], *words])[:200]}


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace(" ", "-")
