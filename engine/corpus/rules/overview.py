"""All rules and presets as one table: for `graftline corpus rules` and for docs/corpus.md.

A row a rule: what is measured, what stays by its paper's bounds, where they come from, and what each preset asks.
"""

from __future__ import annotations

import msgspec

from engine.corpus.reasons import bounds
from engine.corpus.rules.catalogue import CATALOGUE
from engine.corpus.rules.presets import LONG, PRESETS
from engine.corpus.rules.rules import Bounds, Criterion


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    meaning: str
    origin: str
    usual: Bounds
    """The published lowest and highest value that stays; None: no bound."""
    presets: dict[str, Bounds]
    """What each preset that has the rule asks."""
    long_only: list[str]
    """Presets that ask it only of documents of 50 words and more."""


def overview(preset: str = "") -> list[RuleRow]:
    """Every rule, or those of one preset, in the order in which they are tried."""
    rows = [_row(criterion) for criterion in CATALOGUE]
    return [row for row in rows if not preset or preset in row.presets]


def _row(criterion: Criterion) -> RuleRow:
    asked = {name: {**preset.long, **preset.rules} for name, preset in PRESETS.items()}
    return RuleRow(
        name=criterion.name,
        meaning=criterion.meaning,
        origin=criterion.origin,
        usual=criterion.usual,
        presets={name: rules[criterion.name] for name, rules in asked.items() if criterion.name in rules},
        long_only=[name for name, preset in PRESETS.items() if criterion.name in preset.long],
    )


def page() -> str:
    """Both tables of docs/corpus.md, in Markdown."""
    lines = ["| rule | measures | published: stays | from |", "| --- | --- | --- | --- |"]
    lines += [f"| `{row.name}` | {row.meaning} | {bounds(*row.usual)} | {row.origin} |" for row in overview()]
    own = [name for name in PRESETS if name != "none"]
    lines += ["", f"| rule | {' | '.join(own)} |", f"| --- |{' --- |' * len(own)}"]
    lines += [f"| `{row.name}` | {' | '.join(_cell(row, name) for name in own)} |" for row in overview()]
    return "\n".join(lines)


def _cell(row: RuleRow, preset: str) -> str:
    """`≥ 50`; with a star where it is asked of longer documents alone."""
    if preset not in row.presets:
        return ""
    star = "*" if preset in row.long_only else ""
    low, high = row.presets[preset]
    parts = [f"≥ {low:g}"] if low is not None else []
    parts += [f"≤ {high:,.6g}"] if high is not None else []
    return ", ".join(parts) + star


STAR = f"asked of documents of at least {LONG} words"
