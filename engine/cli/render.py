"""Tables and figures for the terminal; plain, unclipped lines when stdout is not one.

Whatever is not our own words comes in through `text`, which shows controls as pictures and is never read as markup.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine import figures
from engine.figures import UNKNOWN
from engine.plain import one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from engine.store.rows import ScoreRow

_WIDE = 4096
"""Columns when nobody sees them: lines in a pipe are never cut."""
_STATES = {
    "queued": ("○", "yellow"),
    "running": ("●", "cyan"),
    "stopping": ("●", "yellow"),
    "stopped": ("■", "yellow"),
    "finished": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("–", "dim"),
    "frozen": ("◆", "bright_blue"),
    "built": ("✓", "green"),
}
_SHORT = {"accuracy": "acc", "macro_f1": "F1", "token_f1": "F1", "exact_match": "exact", "bits_per_byte": "bpb"}


def console(*, error: bool = False) -> Console:
    """A console that takes nothing as markup. rich itself obeys NO_COLOR and a stream that is no terminal."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def show(*parts: RenderableType) -> None:
    """Print to stdout, without the blanks that tables leave at the ends of lines."""
    target = console()
    with target.capture() as caught:
        for part in parts:
            target.print(part)
    print("\n".join(line.rstrip() for line in caught.get().splitlines()))


def text(value: object, style: str = "") -> Text:
    """Foreign or plain text as one line that cannot steer the terminal."""
    from rich.text import Text

    return Text(one_line(str(value)), style=style)


def joined(*parts: Text) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def table(*headings: str, title: str | None = None) -> Table:
    """An airy table. A heading that begins with `>` is of figures: to the right, and never broken."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 1))
    if title:
        made.title, made.title_style, made.title_justify = text(title), "bold", "left"
    for heading in headings:
        right = heading.startswith(">")
        made.add_column(
            text(heading.removeprefix(">")), justify="right" if right else "left", overflow="fold", no_wrap=right
        )
    return made


def fitted(build: Callable[[frozenset[str]], Table], *spare: str) -> Table:
    """The table that `build` makes without the first few of the `spare` columns: as few as let it fit the screen."""
    from rich.console import Console

    room, endless = console().width, Console(width=_WIDE)
    for dropped in range(len(spare)):
        made = build(frozenset(spare[:dropped]))
        if endless.measure(made).maximum <= room:
            return made
    return build(frozenset(spare))


def facts(rows: Sequence[tuple[str, object]]) -> Table:
    """A card: labels and what they say."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for label, value in rows:
        made.add_row(text(label), value if isinstance(value, Text) else text(value))
    return made


def state(name: str) -> Text:
    """A state with its sign, so that colour is never the only difference."""
    sign, style = _STATES.get(name, ("?", ""))
    return text(f"{sign} {name}", style)


def duration(seconds: float | None) -> str:
    """`8.2s`, `2m10s`, `7h05m`, `3d04h`."""
    return f"{seconds:.1f}s" if seconds is not None and seconds < 10 else figures.duration(seconds)


def number(value: float | None, digits: int = 4) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}g}"


def moment(seconds: float | None) -> str:
    """A time in the reader's own zone, to the minute."""
    import datetime as dt

    return UNKNOWN if seconds is None else dt.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def metric(value: float | None, task: str) -> str:
    """A score as it is read: points of 100 for a task, bits per byte as they are."""
    if value is None:
        return UNKNOWN
    return f"{value:.3f}" if task == "language-model" else f"{100 * value:.1f}"


def score(row: ScoreRow) -> str:
    """`74.4 [67.1, 80.5]`."""
    if row.low is None or row.high is None:
        return metric(row.value, row.task)
    return f"{metric(row.value, row.task)} [{metric(row.low, row.task)}, {metric(row.high, row.task)}]"


def short(name: str) -> str:
    """A metric's name where room is scarce."""
    return _SHORT.get(name, name)


def spark(values: Sequence[float], cells: int) -> str:
    """A curve in one line of at most so many blocks, its range filling the height; first and last value included."""
    if len(values) > cells:
        values = [values[round(i * (len(values) - 1) / (cells - 1))] for i in range(cells)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    span = (high - low) or 1.0
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * (value - low) / span))] for value in values)
