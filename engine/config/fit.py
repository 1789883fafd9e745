"""What goes with what: tasks with heads, labels with classes. Asked before a run is queued, and again in its engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.config.schema import ModelCard, SuiteConfig
from engine.errors import InputError

_HEAD = {"classification": "classify", "instruction": "lm", "language-model": "lm"}
"""The head that each task asks for."""


def check_head(suite: SuiteConfig, card: ModelCard, model: str) -> None:
    """Raise `InputError` when a model's head cannot answer a suite's task."""
    if card.head != _HEAD[suite.task]:
        kind = "a classifier" if card.head == "classify" else "a language model"
        problem = f"{model} is {kind}, which a {suite.task} suite cannot ask"
        fix = "evaluate a model with the fitting head, or choose another suite"
        raise InputError(problem, where=f"suite {suite.name}", fix=fix)


def check_answers(labels: Iterable[tuple[object, str]], card: ModelCard, model: str, *, where: object) -> None:
    """Raise `InputError` for the first of (line, label) that a classifier cannot answer."""
    for line, label in labels:
        if label not in card.classes:
            fix = f"its classes: {', '.join(card.classes[:20])}"
            raise InputError(f"line {line}: {model} has no class {label!r}", where=where, key="label", fix=fix)


def check_labels(labels: Iterable[tuple[object, str]], classes: Collection[str], *, where: object, fix: str) -> None:
    """Raise `InputError` for the first of (line, label) in task data that is none of the classes."""
    for line, label in labels:
        if label not in classes:
            problem = f"line {line}: the label {label!r} is no class here"
            raise InputError(problem, where=where, key="data.label", fix=fix)


def check_classes(configured: tuple[str, ...], labels: Collection[str], *, data: object, where: object) -> None:
    """Raise `InputError` for classes that training data cannot teach. `configured` may be empty: as in the data.

    `data`: the training file; `where`: the configuration that names the classes.
    """
    if len(set(configured)) != len(configured):
        raise InputError("a class is named twice", where=where, key="classes", fix="name each once")
    there = sorted(set(labels))
    for name in configured:
        if name not in there:
            fix = f"add rows with it, or leave it out; labels there: {', '.join(there[:20])}"
            raise InputError(f"no row of {data} has the label {name!r}", where=where, key="classes", fix=fix)
    if len(configured or there) < 2:
        problem = f"there is only the class {(configured or there)[0]!r}"
        raise InputError(problem, where=data, key="data.label", fix="a classifier needs two or more")
