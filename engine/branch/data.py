"""Task data for a branch: read, checked, and split into what is learned from and what is held out.

The split is by the hash of each example's text, so that it stays the same when rows are added or reordered, and two
rows with the same text never stand on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.config.fit import check_classes, check_labels
from engine.config.schema import BranchConfig, SourceConfig
from engine.corpus.documents import digest
from engine.corpus.sources import documents
from engine.corpus.table import Table, read_table
from engine.errors import InputError

T = TypeVar("T")


@dataclass(frozen=True)
class Labelled:
    """One example for a classifier."""

    text: str
    label: str
    line: int


@dataclass(frozen=True)
class Instruction:
    """One example for an instruction follower. `input` may be empty."""

    instruction: str
    input: str
    output: str
    line: int


@dataclass(frozen=True)
class LabelledData:
    train: list[Labelled]
    heldout: list[Labelled]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class InstructionData:
    train: list[Instruction]
    heldout: list[Instruction]


@dataclass(frozen=True)
class DomainData:
    """Documents for a model that goes on with them."""

    train: list[str]
    heldout: list[str]


def domain(config: BranchConfig) -> DomainData:
    """Domain text from files. Raises `InputError` for text that cannot be read or split."""
    data = config.data
    learned = _documents(data.train, data.text, "data.train")
    if data.heldout:
        return DomainData(learned, _documents(data.heldout, data.text, "data.heldout"))
    apart = set_apart(learned, data.heldout_fraction)
    train = [text for text, out in zip(learned, apart) if not out]
    if not train:
        fix = "give more documents, or name a file of its own in data.heldout"
        raise InputError("one document cannot be split", where=data.train, key="data.heldout_fraction", fix=fix)
    return DomainData(train, [text for text, out in zip(learned, apart) if out])


def _documents(path: str, field: str, key: str) -> list[str]:
    found = [d.text for d in documents(SourceConfig(path=path, field=field, tolerance=0.0)) if d.text]
    if not found:
        raise InputError("there is no text", where=path, key=key, fix="name a file with some")
    return found


def learned_texts(config: BranchConfig) -> dict[str, str]:
    """All that a branch learns from files of its own, by where it stands. Raises `InputError` like reading does."""
    name = Path(config.data.train).name
    match config.method:
        case "classify":
            return {f"{name}:{row.line}": row.text for row in labelled(config, where=config.name).train}
        case "instruct":
            rows = instructions(config).train
            return {f"{name}:{row.line}": f"{row.instruction}\n{row.input}\n{row.output}" for row in rows}
    return {f"{name} #{at}": text for at, text in enumerate(domain(config).train)}


def labelled(config: BranchConfig, *, where: object) -> LabelledData:
    """The classifier's data and its class names in order. `where`: the configuration, for errors.

    Raises `InputError` for a configured class without training examples, and for a label that is no class.
    """
    path = Path(config.data.train)
    rows = _labelled(config, path, "data.train")
    classes = config.classes or tuple(sorted({row.label for row in rows}))
    check_classes(config.classes, [row.label for row in rows], data=path, where=where)
    check_labels(_lines(rows), classes, where=path, fix="add it to classes, or mend the row")
    if config.data.heldout:
        held_path = Path(config.data.heldout)
        held = _labelled(config, held_path, "data.heldout")
        check_labels(_lines(held), classes, where=held_path, fix=f"teach it in {path.name}, or mend the row")
        return LabelledData(rows, by_hash(held, [row.text for row in held]), classes)
    apart = set_apart([row.text for row in rows], config.data.heldout_fraction)
    # A class must not lose its last training example to the split.
    learned = {row.label for row, out in zip(rows, apart) if not out}
    apart = [out and row.label in learned for row, out in zip(rows, apart)]
    train, held = _divide(rows, apart, path)
    return LabelledData(train, by_hash(held, [row.text for row in held]), classes)


def instructions(config: BranchConfig) -> InstructionData:
    """The instruction follower's data. Raises `InputError` for rows that are not as they should be."""
    path = Path(config.data.train)
    rows = _instructions(config, path, "data.train")
    if config.data.heldout:
        held = _instructions(config, Path(config.data.heldout), "data.heldout")
        return InstructionData(rows, by_hash(held, _questions(held)))
    train, held = _divide(rows, set_apart(_questions(rows), config.data.heldout_fraction), path)
    return InstructionData(train, by_hash(held, _questions(held)))


def set_apart(texts: Sequence[str], fraction: float) -> list[bool]:
    """Which examples are held out: those whose hash falls in the lowest `fraction`.

    With few examples that may be none of them, or all: then the lowest hash of all decides which one side gets.
    """
    shares = [_share(text) for text in texts]
    lowest, highest = min(shares), max(shares)
    if lowest >= fraction:
        return [share == lowest for share in shares]
    if highest < fraction:
        return [share != highest for share in shares]
    return [share < fraction for share in shares]


def by_hash(rows: Sequence[T], texts: Sequence[str]) -> list[T]:
    """Rows in the order of their texts' hashes, so that the first so many of them are a fair sample."""
    return [row for _, row in sorted(zip((digest(text) for text in texts), rows), key=lambda item: item[0])]


def _share(text: str) -> float:
    """A number in [0, 1) that depends on the text alone."""
    return int.from_bytes(digest(text)[:8]) / 2**64


def _divide(rows: list[T], apart: list[bool], path: Path) -> tuple[list[T], list[T]]:
    train = [row for row, out in zip(rows, apart) if not out]
    held = [row for row, out in zip(rows, apart) if out]
    if not train or not held:
        fix = "add rows, or name a file of its own in data.heldout"
        raise InputError("too few different rows to hold any out", where=path, key="data.heldout_fraction", fix=fix)
    return train, held


def _questions(rows: Sequence[Instruction]) -> list[str]:
    return [f"{row.instruction}\n{row.input}" for row in rows]


def _labelled(config: BranchConfig, path: Path, key: str) -> list[Labelled]:
    data = config.data
    table = read_table(path, data.columns, key=key)
    labels = _filled(table, table.text(data.label, key="data.label"), data.label, "data.label")
    texts = table.text(data.text, key="data.text")
    return [Labelled(text, label, row.line) for text, label, row in zip(texts, labels, table.rows)]


def _instructions(config: BranchConfig, path: Path, key: str) -> list[Instruction]:
    data = config.data
    table = read_table(path, data.columns, key=key)
    asked = table.text(data.instruction, key="data.instruction")
    inputs = table.optional_text(data.input, key="data.input")
    answers = _filled(table, table.text(data.output, key="data.output"), data.output, "data.output")
    return [Instruction(a, i, o, row.line) for a, i, o, row in zip(asked, inputs, answers, table.rows)]


def _filled(table: Table, values: list[str], column: str, key: str) -> list[str]:
    for value, row in zip(values, table.rows):
        if not value.strip():
            raise InputError(f"line {row.line}: {column!r} is empty", where=table.path, key=key, fix="fill it in")
    return values


def _lines(rows: Sequence[Labelled]) -> list[tuple[object, str]]:
    return [(row.line, row.label) for row in rows]
