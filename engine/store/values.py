"""DuckDB's values as plain ones that JSON and MessagePack can hold."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from typing import Any


def plain_row(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(plain(value) for value in row)


def plain(value: Any) -> Any:
    """Numbers, text, truth and None as they are; lists and structs item by item; anything else as its text."""
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else str(value)
        case decimal.Decimal():
            return float(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return value.hex()
    return str(value)
