"""More than one source in the form of a corpus: the fields of each further one are the first one's, under its own keys.

    sources.path     the first source's        sources[1].path     the second's

Errors of the configuration name them so, too. A further source that says nothing is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tui.form_fields import Field, Values, all_fields

_KEY = re.compile(r"sources\[(\d+)\]\.(.+)")
TABLE = "sources"


def count(keys: Iterable[str]) -> int:
    """Sources that a form with these keys has."""
    return 1 + max((int(found[1]) for key in keys if (found := _KEY.fullmatch(key))), default=0)


def further(number: int) -> tuple[Field, ...]:
    """The fields of source `number`, counted from 0; not the first's."""
    return tuple(_moved(one, number) for one in all_fields("corpus") if one.table == TABLE)


def fields_of(kind: str, keys: Iterable[str]) -> tuple[Field, ...]:
    """All fields of a form, further sources included."""
    every = all_fields(kind)
    return (*every, *(one for n in range(1, count(keys)) for one in further(n))) if kind == "corpus" else every


def gathered(raw: dict[str, Any]) -> None:
    """Tables `sources`, `sources[1]` ... as one list; further ones that say nothing are left out."""
    tables = {key: raw.pop(key) for key in [*raw] if key == TABLE or key.startswith(f"{TABLE}[")}
    raw[TABLE] = [table for key, table in tables.items() if key == TABLE or _says_something(table)]


def numbered(key: str, number: int) -> str:
    """The prefix of a table in a list of them."""
    return f"{key}[{number}]" if number else key


def _says_something(table: Mapping[str, Any]) -> bool:
    return bool(table.get("path") or table.get("dataset")) or table.get("type") == "python-docs"


def _moved(one: Field, number: int) -> Field:
    name = one.key.removeprefix(f"{TABLE}.")
    label, value = (f"source {number + 1}", "files") if name == "type" else (one.label, one.value)
    shown = one.shown
    return replace(
        one, key=f"{TABLE}[{number}].{name}", label=label, value=value,
        shown=lambda values: shown(_as_first(values, number)),
    )  # fmt: skip


def _as_first(values: Values, number: int) -> Values:
    """What the form says, with a further source in the first one's place."""
    start = f"{TABLE}[{number}]."
    own = {f"{TABLE}.{key.removeprefix(start)}": value for key, value in values.items() if key.startswith(start)}
    return {**values, **own}
