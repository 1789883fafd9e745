"""Everything that mends texts before they are measured, in one pass over a block, with what each step did.

    texts -> mojibake -> control -> unicode -> boilerplate -> join_lines -> texts, counts and samples of each step

Encoding is mended first, because what it leaves behind looks like control characters; boilerplate before lines are
joined, because its marks are lines. Nothing here depends on other documents: blocks can be mended in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from engine.config.corpus import RepairConfig
from engine.corpus.measure.batch import Columns
from engine.corpus.repair.characters import decoded_again, normalised, without_control
from engine.corpus.repair.gutenberg import without_gutenberg
from engine.corpus.repair.licence import without_licence
from engine.corpus.repair.lines import joined
from engine.corpus.repair.navigation import without_navigation

Mended: TypeAlias = tuple[str, int]
"""A text, and how many things in it were changed: 0 for the same text."""
Step: TypeAlias = Callable[[Sequence[str]], list[Mended]]

_SAMPLES = 3
"""Kept of each step; more than one, because the documents of some will be dropped."""
_AROUND = 160
"""Characters of a sample before and after the first place that changed."""
_BOILERPLATE = {"gutenberg": without_gutenberg, "licence": without_licence, "navigation": without_navigation}


def repair(texts: Sequence[str], config: RepairConfig) -> tuple[list[str], Columns, Columns]:
    """The texts, mended; what was done; and samples of each step that did anything.

    For each step: `mended_STEP` (texts), how many things it changed, and `mended_STEP_bytes` (texts), by how many UTF-8
    bytes the text became shorter. Samples: `document`, which of the texts, `step`, `before` and `after`, each cut to
    the first place that changed.
    """
    found = list(texts)
    done: Columns = {}
    samples: list[tuple[int, str, str, str]] = []
    for name, step in _steps(config):
        counts, shorter = np.zeros((2, len(found)), dtype=np.int32)
        for at, (text, count) in enumerate(step(found)):
            if count:
                counts[at], shorter[at] = count, _size(found[at]) - _size(text)
                if sum(sample[1] == name for sample in samples) < _SAMPLES:
                    samples.append((at, name, *_change(found[at], text)))
                found[at] = text
        done |= {f"mended_{name}": counts, f"mended_{name}_bytes": shorter}
    return found, done, _table(samples)


def _steps(config: RepairConfig) -> Iterator[tuple[str, Step]]:
    if config.mojibake:
        yield "mojibake", _each(decoded_again)
    if config.control:
        yield "control", _each(without_control)
    if config.unicode != "none":
        yield "unicode", _each(partial(normalised, form=config.unicode))
    for kind in config.boilerplate:
        yield f"boilerplate_{kind}", _each(_BOILERPLATE[kind])
    if config.join_lines != "never":
        yield "join_lines", partial(joined, mode=config.join_lines)


def _each(mend: Callable[[str], Mended]) -> Step:
    return lambda texts: [mend(text) for text in texts]


def _change(before: str, after: str) -> tuple[str, str]:
    """Both texts around the first place where they differ."""
    at = max(0, _first_difference(before, after) - _AROUND)
    return before[at : at + 2 * _AROUND], after[at : at + 2 * _AROUND]


def _table(samples: Sequence[tuple[int, str, str, str]]) -> Columns:
    columns: Columns = {"document": np.array([sample[0] for sample in samples], dtype=np.int64)}
    for at, name in enumerate(("step", "before", "after"), start=1):
        columns[name] = np.array([sample[at] for sample in samples], dtype=object)
    return columns


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _first_difference(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one.startswith(other[:middle]) else (low, middle - 1)
    return low
