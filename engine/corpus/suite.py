"""A suite: a task's test set, read and checked before any model is loaded. No torch here.

Its hash is of what is asked and how it is scored: two suites with one hash give comparable scores, wherever their
files stand.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.config.fit import check_answers, check_head
from engine.config.schema import ModelCard, SourceConfig, SuiteConfig
from engine.corpus.documents import Document
from engine.corpus.manifest import find_corpus
from engine.corpus.sources import documents as read_documents
from engine.corpus.table import Row, Table, read_table
from engine.corpus.texts import heldout_documents
from engine.errors import InputError
from engine.paths import Workspace

_SHOWN = 500
"""Characters of a document that are kept with its prediction."""


@dataclass(frozen=True)
class Item:
    """One question with its answer."""

    id: str
    text: str
    """classification: the text; instruction: the instruction."""
    target: str
    input: str = ""
    values: tuple[tuple[str, str], ...] = ()
    """instruction: the row's columns, for rules that mention them."""

    @property
    def prompt(self) -> str:
        """All that is asked."""
        return f"{self.text}\n{self.input}" if self.input else self.text


@dataclass(frozen=True)
class Suite:
    """A loaded suite: `items` for classification and instruction, `documents` for language modelling."""

    config: SuiteConfig
    sha256: str
    items: tuple[Item, ...] = ()
    documents: tuple[Document, ...] = ()

    @property
    def name(self) -> str:
        return self.config.name

    def __len__(self) -> int:
        return len(self.items) or len(self.documents)


def load_suite(workspace: Workspace, config: SuiteConfig) -> Suite:
    """Read a suite's test set. Raises `InputError` naming file and key for anything that is wrong with it."""
    limit = config.limit or None
    if config.task == "language-model":
        documents, digest = _documents(workspace, config)
        return Suite(config, _digest(config, digest), documents=tuple(documents[:limit]))
    _check_rule(config)
    table = read_table(Path(config.data), config.columns, key="data")
    items = _labelled(config, table) if config.task == "classification" else _instructions(config, table)
    return Suite(config, _digest(config, _file_hash(table.path)), items=tuple(items[:limit]))


def shown(document: Document) -> str:
    """What is kept of a language-model suite's document: its beginning."""
    return document.text[:_SHOWN]


def check_fit(suite: Suite, card: ModelCard, model: str) -> None:
    """Raise `InputError` when a model cannot be asked this suite: another head, or labels that it does not know."""
    check_head(suite.config, card, model)
    if suite.config.task == "classification":
        check_answers(((item.id, item.target) for item in suite.items), card, model, where=suite.config.data)


def _documents(workspace: Workspace, config: SuiteConfig) -> tuple[list[Document], str]:
    """A language-model suite's documents, empty ones left out, and a hash of them."""
    if Path(config.data).is_absolute():
        found = list(read_documents(SourceConfig(path=config.data, field=config.text, tolerance=0.0)))
    else:
        found = heldout_documents(find_corpus(workspace, config.data, where=f"suite {config.name}", key="data"))
    found = [document for document in found if document.text]
    if not found:
        raise InputError("there is no text", where=config.data, key="data", fix="name a file with some")
    digest = hashlib.sha256()
    for document in found:
        digest.update(hashlib.sha256(document.text.encode()).digest())
    return found, digest.hexdigest()


def _labelled(config: SuiteConfig, table: Table) -> list[Item]:
    texts = table.text(config.text, key="text")
    labels = table.text(config.label, key="label")
    return [Item(str(row.line), text, label) for row, text, label in zip(table.rows, texts, labels)]


def _instructions(config: SuiteConfig, table: Table) -> list[Item]:
    asked = table.text(config.instruction, key="instruction")
    inputs = table.optional_text(config.input, key="input")
    answers = table.text(config.output, key="output")
    return [
        Item(str(row.line), instruction, answer, given, _columns(row))
        for row, instruction, given, answer in zip(table.rows, asked, inputs, answers)
    ]


def _columns(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in row.values.items() if isinstance(value, str | int | float))


def _check_rule(config: SuiteConfig) -> None:
    try:
        re.compile(config.rule.must_match)
    except re.error as error:
        problem = f"not a regular expression: {error}"
        raise InputError(problem, where=f"suite {config.name}", key="rule.must_match", fix="mend it") from None


def _digest(config: SuiteConfig, data: str) -> str:
    """The suite's hash: its configuration with the data's own hash in the place of the data's path."""
    content = msgspec.structs.replace(config, data=data)
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
