"""One piece of text on its way into a corpus."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from msgspec import Struct


class Place(NamedTuple):
    """Where in its source a document stands; places of one source grow in the order it is read."""

    file: int = 0
    """Which of the source's files, from 0."""
    item: int = 0
    """Which line, row or piece of that file, from 1; 0: its beginning."""

    @property
    def after(self) -> Place:
        """Where to go on reading."""
        return Place(self.file, self.item + 1)


START = Place()


class Document(Struct, frozen=True):
    """The unit that is filtered, de-duplicated, and put on one side of the held-out split, whole."""

    id: str
    """Says where it came from, for people: `poems.jsonl.gz:12`, `email.message:Message.get_payload`."""
    text: str
    source: str
    """The name of its source in the report."""
    module: str = ""
    """python-docs: the module it documents, such as `email.message`."""
    qualname: str = ""
    """python-docs: the name inside the module, empty for the module itself; a topic's name."""
    kind: str = ""
    """python-docs: module | class | function | topic."""
    place: Place = START


def fold(text: str) -> str:
    """The text with every stretch of whitespace as one space: what counts as "the same text" here."""
    return " ".join(text.split())


def digest(text: str) -> bytes:
    """16 bytes that stand for a text's folded form. Two texts of one corpus that share it are duplicates."""
    return hashlib.blake2b(fold(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()
