"""The sources' documents, cut into blocks of some megabytes: what one worker takes at a time.

    sources, in order -> documents -> blocks

The cut depends on the documents alone: a build that goes on from a block's end cuts the rest as the first one would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from engine.config.corpus import SourceConfig
from engine.corpus.documents import Document
from engine.corpus.sources import documents

BLOCK_BYTES = 4 << 20
"""Of text in one block: enough that starting on it costs nothing, little enough that every worker holds one or two."""


class Cursor(Struct, frozen=True):
    """Between two documents: the reader goes on from here. Numbers count from 0."""

    source: int = 0
    record: int = 0
    """Documents of that source that come before."""


class Block(Struct):
    """Documents in a row, of one or several sources."""

    number: int
    first: int
    """The number of its first document, over all blocks."""
    ids: list[str]
    texts: list[str]
    sources: list[int]
    """The number of each document's source in the configuration."""
    next: Cursor
    last: bool = False
    """Nothing comes after it."""

    def add(self, source: int, document: Document) -> None:
        self.ids.append(document.id)
        self.texts.append(document.text)
        self.sources.append(source)


_BEGIN = Cursor()


def blocks(
    sources: Sequence[SourceConfig], *, number: int = 0, first: int = 0, start: Cursor = _BEGIN
) -> Iterator[Block]:
    """Every block from a place on; `number` and `first` are those of the first block. At least one, be it empty."""
    block, size = Block(number, first, [], [], [], start), 0
    for source, record, document in _records(sources, start):
        if size >= BLOCK_BYTES:
            yield block
            number, first = number + 1, first + len(block.ids)
            block, size = Block(number, first, [], [], [], block.next), 0
        block.add(source, document)
        block.next = Cursor(source, record + 1)
        size += len(document.text)
    block.last = True
    yield block


def _records(sources: Sequence[SourceConfig], start: Cursor) -> Iterator[tuple[int, int, Document]]:
    """(source, record, document) from a place on."""
    for index, source in enumerate(sources[start.source :], start.source):
        skip = start.record if index == start.source else 0
        for record, document in enumerate(islice(documents(source), skip, None), skip):
            yield index, record, document
