"""What differs between the configurations that made some models: only those keys, a column a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from textual.content import Content

from engine.compare.config_diff import KeyDifference, differences
from engine.plain import one_line
from tui import theme
from tui.text import fit, words

_LEAST = 12
"""Cells that a column of values needs; with less, values stand below their key."""

Recipes = Mapping[str, Mapping[str, Any]]
"""Resolved configurations by model id."""


def recipe_words(recipes: Recipes, names: Mapping[str, str], width: int) -> Content:
    """The differing keys of those models that came about in the same way; who is left out is said."""
    told, alike = _alike(recipes, names)
    if len(alike) < 2:
        return Content("\n").join([*told, Content.styled("Nothing to compare: fewer than two recipes.", theme.MUTED)])
    changed = differences(alike)
    if not changed:
        return Content("\n").join([*told, Content.styled("The same recipe, to the last key.", theme.MUTED)])
    key = min(max(cell_len(one_line(d.key)) for d in changed), max(16, width // 3)) + 2
    room = (width - key) // len(alike)
    if room >= _LEAST:
        lines = _table(changed, list(alike), names, key, min(room, 32))
    else:
        lines = _stacked(changed, list(alike), names, width)
    return Content("\n").join([*lines, *([Content("")] if told else []), *told])


def _alike(recipes: Recipes, names: Mapping[str, str]) -> tuple[list[Content], dict[str, Mapping[str, Any]]]:
    """The recipes of the kind that most models have, and a line on each model without one."""
    kinds = [recipe.get("kind") for recipe in recipes.values()]
    kind = max(kinds, key=kinds.count, default=None)
    alike = {model: recipe for model, recipe in recipes.items() if recipe.get("kind") == kind}
    told = []
    for model, name in names.items():
        if model not in recipes:
            told.append(words(f"{name}: nobody recorded how it was made", theme.MUTED))
        elif model not in alike:
            told.append(words(f"{name}: made by {recipes[model].get('kind')}, not by {kind}; left out", theme.MUTED))
    return told, alike


def value_words(value: Any) -> str:
    """A value as it stands in a configuration file, nearly."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case str():
            return value or '""'
        case list() | tuple():
            return "[" + ", ".join(value_words(one) for one in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {value_words(one)}" for key, one in value.items()) + "}"
    return str(value)


def _value(change: KeyDifference, model: str) -> str:
    return value_words(change.values[model]) if model in change.values else "–"


def _table(
    changed: list[KeyDifference], models: list[str], names: Mapping[str, str], key: int, column: int
) -> list[Content]:
    head = fit("key", key) + "".join(fit(names[model], column - 1) + " " for model in models)
    lines = [Content.styled(head, theme.MUTED)]
    for change in changed:
        cells = [(fit(_value(change, model), column - 1) + " ", theme.BRIGHT) for model in models]
        lines.append(Content.assemble((fit(change.key, key), theme.BLUE), *cells))
    return lines


def _stacked(changed: list[KeyDifference], models: list[str], names: Mapping[str, str], width: int) -> list[Content]:
    label = min(20, max(cell_len(one_line(names[model])) for model in models)) + 1
    lines = []
    for change in changed:
        lines.append(words(change.key, theme.BLUE))
        for model in models:
            value = fit(_value(change, model), max(8, width - label - 2)).rstrip()
            lines.append(Content.assemble((f"  {fit(names[model], label)}", theme.MUTED), (value, theme.BRIGHT)))
    return lines
