"""Thresholds that can be tried out on a built corpus: how they are written, nudged and asked about.

    the rule `words`, bounds (50, None)  ->  override "clean.rules.words=[50, inf]"  ->  Question  ->  Answer

Light to import: whoever asks holds no arrays. `engine.corpus.preview` answers, in a process of its own for the app.
"""

from __future__ import annotations

import math

import msgspec

from engine.config.corpus import Bound
from engine.corpus.report import CorpusReport, Sample
from engine.errors import InputError

_NO_THRESHOLD = ("empty", "damaged", "language", "duplicate", "contaminated")
_STEP = 0.1
"""A nudge moves a bound by about so much of itself."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """`counts[n]` documents with a measure from `edges[n]` up to `edges[n + 1]`; the last edge is the largest value."""

    measure: str
    edges: list[float] = []
    counts: list[int] = []


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What other thresholds would do, or how a measure is spread."""

    overrides: tuple[str, ...] = ()
    """As `--set` takes them, over the configuration of the build."""
    measure: str = ""
    """Of this one a histogram is asked for, and what is kept nearest to its bounds; not a report."""
    source: str = ""
    """Of one source; empty: of all."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    report: CorpusReport | None = None
    histogram: Histogram | None = None
    inside: list[Sample] = []
    """With a histogram: kept documents whose measure is nearest to a bound."""
    refused: str = ""
    """Why there is neither: what is wrong with what was asked, in one line."""


def override(rule: str, bound: Bound) -> str:
    """What `--set` takes to give a rule of the report these bounds. Raises `InputError` for one without a threshold."""
    low, high = bound if isinstance(bound, tuple) else (bound, bound)
    match rule, bound:
        case "near_duplicate", _:
            return f"dedup.near={_toml(high) if bound is not False else '0'}"
        case "duplicate", bool():
            return f"dedup.exact={_toml(bound)}"
        case "language_confidence", _:
            return f"language.confidence={_toml(low) if bound is not False else '0'}"
        case "toxic_words", _:
            return f"toxicity.distinct={int(high) + 1 if bound is not False else 1_000_000}"
        case "toxic_share", _:
            return f"toxicity.ratio={_toml(high) if bound is not False else '1.0'}"
        case "toxic_model", _:
            return f"toxicity.probability={_toml(high) if bound is not False else '1.0'}"
    if rule in _NO_THRESHOLD:
        raise InputError(f"{rule} has no threshold", fix="choose a rule that has one")
    return f"clean.rules.{rule}={_toml(bound)}"


def _toml(value: Bound) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return str(int(value)) if math.isfinite(value) and value == int(value) else f"{value:.12g}"


def nudged(low: float | None, high: float | None, *, looser: bool) -> tuple[float, float]:
    """Bounds moved by a tenth or so, to a round number: looser keeps more documents."""
    return (
        -math.inf if low is None else _moved(low, not looser),
        math.inf if high is None else _moved(high, looser),
    )


def _moved(bound: float, up: bool) -> float:
    step = _round_step(abs(bound) * _STEP) if bound else 0.01
    moved = round((bound + (step if up else -step)) / step) * step
    return max(0.0, moved) if bound >= 0 else moved


def _round_step(wanted: float) -> float:
    """The largest of 1, 2, 5, 10, 20 ... (and 0.5, 0.2 ...) that is at most `wanted`."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in (5, 2, 1) if step * power <= wanted * (1 + 1e-9))
