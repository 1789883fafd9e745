"""What runs measured, as the lines and marks of a chart: which metric, along which x, in whose colour.

    RunView.curves (step, tokens, seconds, value)  ->  Series (x, value)

A line that did not change is the same object as before, so that a chart of 50 runs draws anew only the one that did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tui import seeds, theme
from tui.projection import fit
from tui.run_view import SECONDS, STEP, TOKENS, VALUE, RunView
from tui.text import one_line
from tui.widgets.decimate import Floats
from tui.widgets.series import HOLLOW, MARKERS, Mark, Series

AXES = ("step", "tokens", "time", "flops", "branch")
METRICS = ("loss", "accuracy", "heldout_bits_per_byte", "lr", "grad_norm", "tokens_per_second")
"""In the order that `m` goes through; others follow by name. `loss` is train and held-out together."""
LOSSES = ("train_loss", "heldout_loss")
MANY = 8
"""More runs than this are drawn without their training losses behind: two lines each could not be told apart."""
_STORE_AXIS = {"tokens": "tokens", "flops": "tokens", "time": "seconds"}


@dataclass(frozen=True)
class Look:
    """How the runs of a chart are to be drawn."""

    axis: str = "step"
    names: Mapping[str, str] = field(default_factory=dict)
    """What each run is called."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Which colour and marker each run has."""
    branch_steps: Mapping[str, int] = field(default_factory=dict)
    """Of runs whose models others on screen grew from: the step that they grew from."""
    spread: str = ""
    """One of `seeds.KINDS`: runs that differ only in seed as their mean; empty: each run for itself."""
    projected: bool = False


def spoken(metric: str) -> str:
    """A metric's name as people write it."""
    return one_line(metric).replace("_", " ").replace("heldout", "held-out")


def metrics_of(views: Sequence[RunView]) -> list[str]:
    """The metrics that any of the runs has measured; `loss` always."""
    found = {"loss" if name in LOSSES else name for view in views for name in view.curves} | {"loss"}
    return [name for name in METRICS if name in found] + sorted(found - set(METRICS))


def colour(place: int) -> str:
    return theme.SERIES[place % len(theme.SERIES)]


def marker(place: int, hollow: bool = False) -> str:
    """64 pairs of colour and marker are told apart; without colour, eight."""
    return (HOLLOW if hollow else MARKERS)[(place + place // len(MARKERS)) % len(MARKERS)]


def store_range(view: RunView, axis: str, shift: int, low: float, high: float) -> tuple[str, float, float]:
    """A part of an axis in the store's words: which column, from where to where."""
    if axis == "flops":
        each = flops_per_token(view) or 1.0
        return "tokens", low / each, high / each
    return _STORE_AXIS.get(axis, "step"), low + shift, high + shift


def flops_per_token(view: RunView) -> float:
    return view.planned.flops_per_token if view.planned else 0.0


def along(view: RunView, rows: Floats, axis: str, shift: int = 0) -> Floats:
    """The x of each row. NaN where the run does not say what a token costs."""
    if axis == "flops":
        return rows[:, TOKENS] * (flops_per_token(view) or np.nan)
    column = {"tokens": TOKENS, "time": SECONDS}.get(axis, STEP)
    return rows[:, column] - shift if axis == "branch" else rows[:, column]


@dataclass(frozen=True)
class _Kept:
    """A line as it was last made, and out of what; the arrays are held so that `is` means the same array."""

    rows: Floats
    fine: Floats | None
    how: tuple[object, ...]
    series: Series


class Curves:
    """Makes lines, and keeps them as long as nothing about them changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._fine: dict[tuple[str, str], Floats] = {}

    def set_fine(self, fine: Mapping[tuple[str, str], Floats]) -> None:
        """Finer points by run and metric, for the part of the axis that is being looked at; empty: none."""
        self._fine = dict(fine)

    def series(self, views: Sequence[RunView], metric: str, look: Look) -> list[Series]:
        """One run: train behind held-out in colours of their own. Several: a colour each, train dimmed behind."""
        if look.spread:
            return self._spread(views, metric, look)
        lines = []
        for view in views:
            for name, label in self._wanted(view, metric, len(views)):
                lines += self._line(view, name, label, len(views) == 1, look)
            if look.projected and metric == "loss":
                lines += projected(view, look)
        return lines

    def _wanted(self, view: RunView, metric: str, runs: int) -> list[tuple[str, str]]:
        if metric != "loss":
            return [(metric, metric)]
        both = [("train_loss", "train"), ("heldout_loss", "held-out")]
        if runs <= MANY:
            return both
        return both[1:] if "heldout_loss" in view.curves else both[:1]

    def rows(self, view: RunView, name: str) -> Floats:
        """A run's rows, the finer ones where they were asked for."""
        rows, fine = view.curves[name], self._fine.get((view.run_id, name))
        if fine is None or not len(fine):
            return rows
        before, after = rows[:, STEP] < fine[0, STEP], rows[:, STEP] > fine[-1, STEP]
        return np.concatenate([rows[before], fine, rows[after]])

    def _line(self, view: RunView, name: str, label: str, alone: bool, look: Look) -> list[Series]:
        rows = view.curves.get(name)
        if rows is None or not len(rows):
            return []
        place, shift = look.places.get(view.run_id, 0), look.branch_steps.get(view.run_id, 0)
        train = label == "train"
        full = spoken(label) if alone else f"{look.names.get(view.run_id, view.run_id)} {spoken(label)}"
        ink = theme.BLUE if train and alone else colour(place)
        how = (look.axis, shift, full, ink, place, flops_per_token(view), theme.THEME.name)
        fine = self._fine.get((view.run_id, name))
        kept = self._kept.get((view.run_id, name))
        if kept is None or kept.rows is not rows or kept.fine is not fine or kept.how != how:
            merged = self.rows(view, name)
            x = along(view, merged, look.axis, shift)
            points = np.column_stack([x, merged[:, VALUE]])[np.isfinite(x)]
            noisy = not name.startswith("heldout")
            behind = train and "heldout_loss" in view.curves
            made = Series(full, points, ink, marker(place, hollow=train), behind=behind, noisy=noisy)
            kept = self._kept[view.run_id, name] = _Kept(rows, fine, how, made)
        return [kept.series] if len(kept.series.array) else []

    def _spread(self, views: Sequence[RunView], metric: str, look: Look) -> list[Series]:
        """Each recipe's mean over its seeds; a recipe with one run is that run."""
        groups: dict[bytes, list[RunView]] = {}
        for view in views:
            groups.setdefault(seeds.recipe(view.config) if view.config else view.run_id.encode(), []).append(view)
        lines = []
        for group in groups.values():
            name, label = self._wanted(group[0], metric, 99)[0]
            held = [view for view in group if name in view.curves]
            found = None
            if len(held) > 1:
                shifts = [look.branch_steps.get(view.run_id, 0) for view in held]
                rows = [self.rows(view, name) for view in held]
                xs = [along(v, r, look.axis, s) for v, r, s in zip(held, rows, shifts, strict=True)]
                found = seeds.spread([(x, r[:, VALUE]) for x, r in zip(xs, rows, strict=True)], look.spread)
            if found is None:
                for view in group:
                    lines += self._line(view, name, label, False, look)
                continue
            place = look.places.get(held[0].run_id, 0)
            called = f"{look.names.get(held[0].run_id, held[0].run_id)} {spoken(label)} x{len(held)} {look.spread}"
            band = np.column_stack([found.x, found.low, found.high])
            points = np.column_stack([found.x, found.mean])
            lines.append(Series(called, points, colour(place), marker(place), noisy=False, band=band))
        return lines


def heading(view: RunView) -> tuple[float, int] | None:
    """The loss that a run with a step limit ends at as it goes now, and that step; None when it cannot be told."""
    steps = view.planned.steps if view.planned else 0
    rows = _judged(view)
    if rows is None or view.state != "running" or view.reached[0] >= steps:
        return None
    law = fit(rows[:, STEP], rows[:, VALUE])
    return (float(law.at(np.array([float(steps)]))[0]), steps) if law else None


def projected(view: RunView, look: Look) -> list[Series]:
    """The way from the newest loss to the end, dotted."""
    rows, end = _judged(view), heading(view)
    law = fit(rows[:, STEP], rows[:, VALUE]) if rows is not None and end else None
    if rows is None or end is None or law is None:
        return []
    last, shift = rows[-1, STEP], look.branch_steps.get(view.run_id, 0)
    steps = np.linspace(last, end[1], 60)
    xs = along(view, rows, look.axis, shift)
    first = min(int(np.searchsorted(rows[:, STEP], last * 0.75)), len(rows) - 2)
    pace = (xs[-1] - xs[first]) / max(1.0, last - rows[first, STEP])
    points = np.column_stack([xs[-1] + (steps - last) * pace, law.at(steps)])
    place = look.places.get(view.run_id, 0)
    name = f"{look.names.get(view.run_id, '')} heading for".strip()
    return [Series(name, points, colour(place), "◌", noisy=False, dotted=True)]


def _judged(view: RunView) -> Floats | None:
    """The loss that a run is judged by: held-out, else in training."""
    rows = view.curves.get("heldout_loss", view.curves.get("train_loss"))
    return rows if rows is not None and len(rows) > 1 else None


def mark_of(what: str) -> tuple[str, str]:
    """An event's glyph and colour."""
    known = {
        "plateau": ("▬", theme.AMBER),
        "decay": ("↘", theme.AMBER),
        "end": ("■", theme.GREEN),
        "resume": ("↻", theme.BLUE),
        "nan": ("✗", theme.RED),
        "spike": ("↑", theme.AMBER),
        "rollback": ("←", theme.AMBER),
        "oom": ("½", theme.AMBER),
        "profile": ("∿", theme.BLUE),
        "stopped": ("■", theme.BLUE),
        "failed": ("✗", theme.RED),
    }
    return known.get(what, ("◦", theme.MUTED))


def marks(view: RunView, look: Look) -> list[Mark]:
    """Checkpoints on the axis; decisions, resumes and ends that were not wished for down the plot."""
    shift = look.branch_steps.get(view.run_id, 0) if look.axis == "branch" else 0
    column = {"tokens": TOKENS, "flops": TOKENS, "time": SECONDS}.get(look.axis, STEP)
    scale = (flops_per_token(view) or 0.0) if look.axis == "flops" else 1.0

    def at(step: int) -> float:
        return view.x_of(step, column) * scale - shift

    found = [Mark(at(c.step), "▴", color=theme.MUTED, line=False) for c in view.checkpoints]
    told = [(d.step, d.what) for d in view.decisions]
    told += [(step, "resume") for step in view.resumed if (step, "resume") not in told]
    over = any(what == "end" or (what == "nan" and step >= view.reached[0]) for step, what in told)
    if view.state in ("stopped", "failed") and not over:
        told.append((view.reached[0], view.state))
    for step, what in told:
        glyph, ink = mark_of(what)
        found.append(Mark(at(step), glyph, what if glyph != "◦" else "", ink))
    return found
