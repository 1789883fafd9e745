"""The rules that a configuration asks for, by source, in the order in which a broken one is blamed.

preset of the source + [clean.rules] -> quality, custom;  [language], [toxicity] -> the rest;  `empty` before all
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from engine.config.corpus import Bound, CorpusConfig
from engine.corpus.measure.language import UNTOLD
from engine.corpus.rules.catalogue import CATALOGUE
from engine.corpus.rules.custom import criteria, custom_rules
from engine.corpus.rules.presets import LONG, PRESETS
from engine.corpus.rules.rules import Bounds, Criterion, Rule
from engine.errors import InputError

_AFTER = ("language", "language_confidence", "toxic_words", "toxic_share")
EMPTY = Rule(name="empty", measure="words", low=1, reason="no text")


def chosen_rules(
    config: CorpusConfig, custom: Sequence[Criterion] | None = None, *, where: object = None
) -> tuple[tuple[Rule, ...], ...]:
    """For each source, its rules in order. `custom`: criteria of others that may be named; None: the installed ones.

    Raises `InputError` for a rule that does not exist, or bounds that cannot be.
    """
    if custom is None:
        custom = criteria(custom_rules(config.clean.rules, where=where))
    known = (*CATALOGUE, *custom)
    for name in config.clean.rules:
        _refuse_unknown(name, known, where)
    after = (*_language(config), *_toxicity(config))
    presets = [source.preset or config.clean.preset for source in config.sources]
    asked = [(EMPTY, *_quality(preset, config.clean.rules, known, where), *after) for preset in presets]
    ranks = {name: rank for rank, name in enumerate([EMPTY.name, *(c.name for c in known), *_AFTER])}
    return tuple(tuple(replace(rule, rank=ranks[rule.name]) for rule in rules) for rules in asked)


def _quality(preset: str, changes: dict[str, Bound], known: Sequence[Criterion], where: object) -> Iterable[Rule]:
    published = PRESETS[preset]
    for criterion in known:
        name = criterion.name
        bounds = published.rules.get(name) or published.long.get(name)
        if name in changes:
            bounds = changed(criterion, bounds, changes[name], where=where)
        if bounds and bounds != (None, None):
            low, high = bounds
            least = LONG if name in published.long else 0
            yield Rule(name=name, measure=name, low=low, high=high, from_words=least, reason=criterion.reason)


def changed(criterion: Criterion, bounds: Bounds | None, change: Bound, *, where: object = None) -> Bounds | None:
    """What a value of `[clean.rules]` makes of the preset's bounds; None: off. Raises `InputError`."""
    if isinstance(change, bool):
        return (bounds or criterion.usual) if change else None
    low, high = change if isinstance(change, tuple) else _moved(criterion, bounds, change, where)
    if (low is not None and math.isnan(low)) or (high is not None and math.isnan(high)):
        raise _bad(criterion, "not a number", where, "give [lowest, highest]; inf for no bound")
    if low is not None and high is not None and low > high:
        raise _bad(criterion, f"lowest {low:g} is above highest {high:g}", where, "give [lowest, highest]")
    return None if low in (None, -math.inf) else low, None if high in (None, math.inf) else high


def _moved(criterion: Criterion, bounds: Bounds | None, to: float, where: object) -> Bounds:
    low, high = bounds or (None, None)
    if criterion.side == "both":
        raise _bad(
            criterion, "one number could be either bound", where, f"give [lowest, highest], such as {_usual(criterion)}"
        )
    return (to, high) if criterion.side == "lowest" else (low, to)


def _usual(criterion: Criterion) -> str:
    low, high = criterion.usual
    return f"[{'-inf' if low is None else f'{low:g}'}, {'inf' if high is None else f'{high:g}'}]"


def _refuse_unknown(name: str, known: Sequence[Criterion], where: object) -> None:
    names = [criterion.name for criterion in known]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        fix = f"did you mean {near[0]!r}?" if near else "`graftline corpus rules` lists them"
        raise InputError("there is no such rule", where=where, key=f"clean.rules.{name}", fix=fix)


def _bad(criterion: Criterion, problem: str, where: object, fix: str) -> InputError:
    return InputError(problem, where=where, key=f"clean.rules.{criterion.name}", fix=fix)


def _language(config: CorpusConfig) -> Iterable[Rule]:
    language = config.language
    if language.keep:
        yield Rule(name="language", measure="language", among=(*language.keep, UNTOLD), reason="another language")
        yield Rule(
            name="language_confidence",
            measure="language_confidence",
            low=language.confidence,
            reason="no language for certain",
        )


def _toxicity(config: CorpusConfig) -> Iterable[Rule]:
    toxicity = config.toxicity
    if toxicity.words:
        many, ratio = toxicity.distinct - 1, toxicity.ratio
        reason = f"{toxicity.distinct} or more different listed words in a passage"
        yield Rule(name="toxic_words", measure="toxic_words", high=many, reason=reason)
        yield Rule(name="toxic_share", measure="toxic_share", high=ratio, reason="many listed words")
