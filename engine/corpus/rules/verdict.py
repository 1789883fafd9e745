"""Rules applied to stored measures, in SQL: the first that each document breaks.

    documents.parquet of all parts  +  rules by source  ->  CASE WHEN source = .. AND words < .. THEN 'words' .. END

A changed threshold is one query over the measures. Bounds, sources and names go in as parameters; nothing but a
measure's name, quoted, becomes part of the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec.structs import replace

from engine.corpus.rules.rules import Rule

Parameters: TypeAlias = dict[str, object]


def first_broken(rules: Sequence[Sequence[Rule]]) -> tuple[str, Parameters]:
    """An SQL expression over a row of measures: the number in `order(rules)` of the first rule it breaks, else NULL.

    `rules`: those of each source, by the number that stands in the column `source`. The second value is what the
    query needs as named parameters; all begin with `rule_`.
    """
    numbers = {name: number for number, name in enumerate(order(rules))}
    values: Parameters = {}
    groups: dict[tuple[Rule, ...], list[int]] = {}
    for source, asked in enumerate(rules):
        groups.setdefault(tuple(asked), []).append(source)
    cases = [(sources, _case(asked, numbers, values)) for asked, sources in groups.items()]
    if len(cases) == 1:
        return f"CAST({cases[0][1]} AS SMALLINT)", values
    chosen = [f"WHEN list_contains({_parameter(sources, values)}::INTEGER[], source) THEN {c}" for sources, c in cases]
    return f"CAST(CASE {' '.join(chosen)} END AS SMALLINT)", values


def _case(asked: Sequence[Rule], numbers: dict[str, int], values: Parameters) -> str:
    breaks = [f"WHEN {_breaks(rule, values)} THEN {numbers[rule.name]}" for rule in asked]
    return f"CASE {' '.join(breaks)} END" if breaks else "NULL"


def order(rules: Sequence[Sequence[Rule]]) -> list[str]:
    """The names of all rules, each once, in the order in which they are blamed."""
    return [rule.name for rule in merged(rules)]


def merged(rules: Sequence[Sequence[Rule]]) -> list[Rule]:
    """Every rule once, in the order of blame; without bounds where sources differ in them."""
    found: dict[str, Rule] = {}
    for rule in (rule for asked in rules for rule in asked):
        same = found.setdefault(rule.name, rule)
        if (same.low, same.high) != (rule.low, rule.high):
            found[rule.name] = replace(same, low=None, high=None)
    return sorted(found.values(), key=lambda rule: rule.rank)


def _breaks(rule: Rule, values: Parameters) -> str:
    """Whether a row is out of bounds. A measure that is NULL breaks nothing."""
    column = quoted(rule.measure)
    if rule.among:
        outside = [f"NOT list_contains({_parameter(list(rule.among), values)}::VARCHAR[], {column})"]
    else:
        # Measures are stored in single precision: a bound such as 0.3 must be rounded as they are.
        single = any(bound is not None and bound != int(bound) for bound in (rule.low, rule.high))
        column, kind = (f"{column}::FLOAT", "FLOAT") if single else (column, "DOUBLE")
        outside = [f"{column} < {_parameter(rule.low, values)}::{kind}"] if rule.low is not None else []
        outside += [f"{column} > {_parameter(rule.high, values)}::{kind}"] if rule.high is not None else []
    broken = f"({' OR '.join(outside)})"
    return f"(words >= {_parameter(rule.from_words, values)} AND {broken})" if rule.from_words else broken


def _parameter(value: object, values: Parameters) -> str:
    name = f"rule_{len(values)}"
    values[name] = value
    return f"${name}"


def quoted(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
