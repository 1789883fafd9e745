"""What differs between the configurations of some runs, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class KeyDifference(Struct, frozen=True):
    """One key whose value is not the same in all runs."""

    key: str
    """Dotted, such as `train.lr`."""
    values: dict[str, Any]
    """By run; a run that lacks the key is absent."""


def differences(configs: Mapping[str, Mapping[str, Any]], ignore: tuple[str, ...] = ("name",)) -> list[KeyDifference]:
    """The keys on which these configurations, by run, are not all equal, in the order they stand in the files."""
    flat = {run: flatten(config) for run, config in configs.items()}
    keys = dict.fromkeys(key for config in flat.values() for key in config if key not in ignore)
    found = []
    for key in keys:
        values = {run: config[key] for run, config in flat.items() if key in config}
        listed = list(values.values())
        if len(listed) < len(flat) or any(value != listed[0] for value in listed[1:]):
            found.append(KeyDifference(key, values))
    return found


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys. Lists stay whole: their order is part of what they say."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
