"""Results as Markdown: a table for each scenario, a column for each program, and the machine they were measured on.

`write` replaces one part of bench/README.md, between its marks, and leaves the rest as it is.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Column:
    """What was measured of one program."""

    name: str
    version: str = ""
    values: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    screen: str = ""
    """The last thing it showed: to see that it was measured at what it should do."""

    def put(self, what: str, value: float) -> None:
        self.values[what] = value

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class Table:
    """One scenario."""

    title: str
    columns: list[Column] = field(default_factory=list)

    def add(self, column: Column) -> None:
        self.columns.append(column)

    def markdown(self) -> str:
        rows = list(dict.fromkeys(what for column in self.columns for what in column.values))
        head = [f"{column.name} {column.version}".strip() for column in self.columns]
        lines = [f"### {self.title}", "", _row(["", *head]), _row(["---", *("---:" for _ in head)])]
        lines += [_row([what, *(_figure(column.values.get(what)) for column in self.columns)]) for what in rows]
        notes = [f"- {column.name}: {note}" for column in self.columns for note in column.notes]
        return "\n".join([*lines, *(["", *notes] if notes else []), ""])

    def screens(self) -> str:
        return "\n".join(f"--- {column.name}\n{column.screen}" for column in self.columns)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.3g}"


def machine() -> str:
    """What this was measured on, and when, in a line."""
    memory = psutil.virtual_memory().total / 2**30
    today = dt.datetime.now(dt.UTC).date()
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    load = f"Load average {os.getloadavg()[2]:.1f} over the last 15 minutes, this included."
    return f"{today}: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {system}. {load}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", told.read_text()) if told.exists() else None
    return found[1] if found else platform.machine()


def write(path: Path, part: str, tables: list[Table]) -> None:
    """Put the tables where `path` marks this part; at its end when it has none."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    body = "\n".join([begin, "", machine(), "", *(table.markdown() for table in tables), end])
    old = path.read_text() if path.exists() else "# Benchmarks\n"
    if begin in old:
        head, rest = old.split(begin, 1)
        path.write_text(head + body + rest.split(end, 1)[1])
    else:
        path.write_text(f"{old.rstrip()}\n\n{body}\n")
