"""The plan beside the form: what a run will take, in the words of `engine.config.plan_words`."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from textual.content import Content

from engine import figures
from engine.config.estimate import Estimate
from engine.config.plan_words import facts
from tui import theme
from tui.text import one_line

_LABEL = 12
NOTHING_YET = "shows as soon as the form says enough"


@dataclass(frozen=True)
class Sweep:
    """Several runs that one form makes."""

    runs: int
    tag: str
    seconds: float | None
    """Of all together, one after the other; None where the past tells nothing."""


def plan_lines(estimate: Estimate | None, width: int, sweep: Sweep | None = None) -> Content:
    """The block in `width` cells; values that are longer go on below themselves. Of a sweep, its first run's plan."""
    rows = _row("sweep", _sweep(sweep), width) if sweep else []
    head = Content.styled("what the first of them will take" if sweep else "what it will take", theme.MUTED)
    if estimate is None:
        return Content("\n").join([*rows, head, Content.styled(NOTHING_YET, theme.FAINT)])
    return Content("\n").join([*rows, head, *(line for fact in facts(estimate) for line in _row(*fact, width))])


def _sweep(sweep: Sweep) -> str:
    together = f", at most ~{figures.duration(sweep.seconds)} together" if sweep.seconds is not None else ""
    return f"{sweep.runs} runs{together}, tagged {sweep.tag}"


def _row(label: str, value: str, width: int) -> list[Content]:
    pieces = textwrap.wrap(one_line(value), max(16, width - _LABEL)) or [""]
    return [
        Content.assemble((f"{label if n == 0 else '':<{_LABEL}}", theme.MUTED), piece) for n, piece in enumerate(pieces)
    ]
