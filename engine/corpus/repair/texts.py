"""Everything that mends texts before they are measured, in one pass over a block, with what each step did.

    texts -> mojibake -> control -> unicode -> boilerplate -> join_lines -> texts, and a Change for each step

Encoding is mended first, because what it leaves behind looks like control characters; boilerplate before lines are
joined, because its marks are lines. Nothing here depends on other documents: blocks can be mended in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from engine.config.corpus import RepairConfig
from engine.corpus.documents import Document
from engine.corpus.repair.characters import decoded_again, normalised, without_control
from engine.corpus.repair.gutenberg import without_gutenberg
from engine.corpus.repair.licence import without_licence
from engine.corpus.repair.lines import joined
from engine.corpus.repair.navigation import without_navigation
from engine.corpus.report import Change, ChangeSample

Mended: TypeAlias = tuple[str, int]
"""A text, and how many things in it were changed: 0 for the same text."""
Step: TypeAlias = Callable[[Sequence[str]], list[Mended]]

_SAMPLES = 3
"""Kept of each step in a block."""
_AROUND = 160
"""Characters of a sample before and after the first place that changed."""
_BOILERPLATE = {"gutenberg": without_gutenberg, "licence": without_licence, "navigation": without_navigation}


def repair(documents: Sequence[Document], config: RepairConfig) -> tuple[list[str], list[Change]]:
    """The documents' texts, mended, and what each step changed (steps that changed nothing left out)."""
    texts = [document.text for document in documents]
    changes = []
    for name, step in _steps(config):
        change = Change(step=name)
        for at, (text, count) in enumerate(step(texts)):
            if count:
                _note(change, documents[at], texts[at], text, count)
                texts[at] = text
        if change.documents:
            changes.append(change)
    return texts, changes


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


def _note(change: Change, document: Document, before: str, after: str, count: int) -> None:
    change.documents += 1
    change.count += count
    change.bytes += _size(before) - _size(after)
    if len(change.samples) < _SAMPLES:
        at = max(0, _first_difference(before, after) - _AROUND)
        part = slice(at, at + 2 * _AROUND)
        change.samples.append(
            ChangeSample(id=document.id, source=document.source, before=before[part], after=after[part])
        )


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _first_difference(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one.startswith(other[:middle]) else (low, middle - 1)
    return low
