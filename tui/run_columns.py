"""What the table of runs can show in a column: its own columns, and any key that the store knows.

A key of a configuration (`lr`) or a metric (`grad_norm`) is asked of the store, for all runs at once, and kept in
`values` until the runs change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import figures
from engine.store.rows import RunRow
from tui import theme
from tui.text import one_line
from tui.widgets.table import Cell, Column

_LAST = (2, "")
_UNDER_WAY = ("queued", "running", "stopping", "stopped")


@dataclass(frozen=True)
class _Own:
    """A column of every run."""

    column: Column
    order: Callable[[RunRow], Any]
    cell: Callable[[RunRow, float], Cell]
    """Of a run, at a moment (seconds since the epoch)."""
    about: str


def _known(value: float | None) -> tuple[int, Any]:
    return _LAST if value is None else (0, value)


def _state(run: RunRow, now: float) -> Cell:
    glyph, colour = theme.STATES.get(run.state, ("?", theme.MUTED))
    return f"{glyph} {run.state}", colour


def _done(run: RunRow, now: float) -> Cell:
    return (f"{run.step / run.steps:.0%}" if run.steps and run.state in _UNDER_WAY else ""), ""


def _about(run: RunRow, now: float) -> Cell:
    return " ".join([*(f"#{one_line(tag)}" for tag in run.tags), run.note]), theme.MUTED


def _rank_of_state(run: RunRow) -> int:
    states = list(theme.STATES)
    return states.index(run.state) if run.state in states else len(states)


_OWN = (
    _Own(Column("state", "state", 11), _rank_of_state, _state, "queued, running, finished …"),
    _Own(
        Column("name", "name", 14, grows=True), lambda r: r.name.casefold(), lambda r, _: (r.name, theme.BRIGHT), "name"
    ),
    _Own(
        Column("what", "what", 10, rank=3), lambda r: (r.kind, r.method or "", r.scratch),
        lambda r, _: ("scratch" if r.scratch else r.method or r.kind, theme.MUTED), "stage or method",
    ),
    _Own(
        Column("step", "step", 13, right=True, rank=6), lambda r: r.step,
        lambda r, _: (f"{r.step:,}/{r.steps:,}" if r.steps else "", ""), "reached, of those planned",
    ),
    _Own(
        Column("done", "done", 5, right=True, rank=1), lambda r: r.step / r.steps if r.steps else 0.0, _done,
        "share of the planned steps",
    ),
    _Own(
        Column("train_loss", "train", 7, right=True, rank=8), lambda r: _known(r.train_loss),
        lambda r, _: (figures.loss(r.train_loss), theme.MUTED), "newest train loss",
    ),
    _Own(
        Column("heldout_loss", "held-out", 9, right=True, rank=4), lambda r: _known(r.heldout_loss),
        lambda r, _: (figures.loss(r.heldout_loss), ""), "newest held-out loss",
    ),
    _Own(
        Column("best", "best", 7, right=True, rank=7), lambda r: _known(r.best_heldout_loss),
        lambda r, _: (figures.loss(r.best_heldout_loss), theme.GREEN), "lowest held-out loss",
    ),
    _Own(
        Column("cost", "cost", 7, right=True, rank=5), lambda r: -r.cost.seconds,
        lambda r, _: (figures.duration(r.cost.seconds) if r.cost.seconds else "", ""), "wall time",
    ),
    _Own(
        Column("age", "age", 5, right=True), lambda r: -r.created,
        lambda r, now: (figures.age(now - r.created), theme.MUTED), "since it was asked for",
    ),
    _Own(
        Column("device", "device", 24, rank=9), lambda r: r.device, lambda r, _: (r.device, theme.MUTED),
        "what it runs on",
    ),
    _Own(
        Column("about", "tags and note", 26, grows=True, rank=10), lambda r: r.note or " ".join(r.tags) or "\uffff",
        _about, "tags and note",
    ),
)  # fmt: skip
OWN: dict[str, _Own] = {own.column.key: own for own in _OWN}
DEFAULT = tuple(OWN)
"""The columns of a table that nobody has changed."""
Values = Mapping[str, Mapping[str, Any]]
"""By key, by run id, what the store says; runs without a value are not in it."""


def columns(keys: tuple[str, ...]) -> list[Column]:
    """These columns, in this order. Those a user chose give way from the last on; the name never does."""
    if keys == DEFAULT:
        return [own.column for own in _OWN]
    found = []
    for place, key in enumerate(keys):
        own = OWN[key].column if key in OWN else Column(key, key, max(9, min(len(key) + 1, 16)), right=True)
        rank = 0 if key in ("name", "state") else place + 1
        found.append(Column(key, own.title, own.width, own.grows, own.right, rank))
    return found


def cell(run: RunRow, key: str, values: Values, now: float) -> Cell:
    """What stands in a run's column."""
    if own := OWN.get(key):
        return own.cell(run, now)
    value = values.get(key, {}).get(run.id)
    return ("", "") if value is None else (spell(value), "")


def order(key: str, values: Values) -> Callable[[RunRow], Any]:
    """What a column is sorted by: numbers before text, what has no value last."""
    if own := OWN.get(key):
        return own.order
    of = values.get(key, {})
    return lambda run: _comparable(of.get(run.id))


def group_of(run: RunRow, key: str, values: Values, now: float) -> str:
    """The name of the group that a run belongs to."""
    if key in OWN:
        return one_line(OWN[key].cell(run, now)[0]).strip() or figures.UNKNOWN
    value = values.get(key, {}).get(run.id)
    return figures.UNKNOWN if value is None else one_line(spell(value))


def spell(value: Any) -> str:
    """A value of a configuration or a metric, short."""
    if isinstance(value, list | tuple):
        return ", ".join(map(spell, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _comparable(value: Any) -> tuple[int, Any]:
    if value is None:
        return _LAST
    if isinstance(value, int | float):
        return (0, value)
    return (1, spell(value).casefold())
