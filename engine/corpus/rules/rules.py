"""What a rule is: bounds on one stored measure of a document. A document inside them stays.

    criterion (a measure, what it means, who published which bounds)  +  bounds  =  rule

A document whose measure is exactly at a bound stays. The papers say "at least" for some and "more than" for others;
only a document exactly at the bound would notice.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Bounds: TypeAlias = tuple[float | None, float | None]
"""Lowest and highest value that stays; None: no bound."""
Side: TypeAlias = Literal["lowest", "highest", "both"]


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that rules may bound, and what there is to know about it."""

    name: str
    """Of the measure, of its rule, and of its key in `[clean.rules]`."""
    meaning: str
    """What is measured, in words and with its unit."""
    reason: str
    """Why a document goes that is out of bounds; the report says it."""
    origin: str
    """Paper and table or section; `Graftline` where the rule is ours."""
    usual: Bounds
    """The published bounds: what `true` switches on."""
    side: Side
    """Which bound a lone number moves; `both`: a lone number is not enough."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of every document, of a source or of all."""

    name: str
    """What the report calls it."""
    measure: str = ""
    """The column that it looks at; empty: it looks at more than one document."""
    low: float | None = None
    """The smallest value that stays; None: any."""
    high: float | None = None
    among: tuple[str, ...] = ()
    """For a measure that is a label: those that stay; empty: the measure is a number."""
    from_words: int = 0
    """Documents with fewer words are not asked: shares of a few words say little."""
    reason: str = ""
    rank: int = 0
    """Of several that a document breaks, the one with the lowest is blamed."""
