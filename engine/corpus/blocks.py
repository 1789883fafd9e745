"""The sources' documents, cut into blocks of some megabytes: what one worker takes at a time.

    sources, in order -> documents -> blocks

The cut depends on the documents alone: a reader that goes on from a block's end cuts the rest as the first one would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from engine.config.corpus import SourceConfig
from engine.corpus.documents import Document, Place
from engine.corpus.reading.damage import Damage
from engine.corpus.reading.hub import Waiting
from engine.corpus.sources import documents
from engine.errors import InputError

LARGEST = 64_000_000
"""Characters of one document. Measuring takes some twenty times as many bytes, so that a larger one is refused."""


class Cursor(Struct, frozen=True):
    """Between two documents: how far the reader is. Numbers count from 0."""

    block: int = 0
    document: int = 0
    source: int = 0
    place: Place = Place()
    """In that source."""
    damage: tuple[Damage, ...] = ()
    """What was read of each source up to here, and skipped."""


class Block(Struct):
    """Documents in a row, of one or several sources."""

    number: int
    first: int
    """The number of its first document, over all blocks."""
    ids: list[str] = []
    texts: list[str] = []
    sources: list[int] = []
    """The number of each document's source in the configuration."""
    next: Cursor = Cursor()
    """Where reading goes on."""
    last: bool = False
    """Nothing comes after it."""


class Reader:
    """Reads sources from a cursor on."""

    def __init__(self, sources: Sequence[SourceConfig], start: Cursor, block_bytes: int, waiting: Waiting):
        """`waiting`: what happens while a file is fetched."""
        self._sources, self._start, self._block_bytes, self._waiting = sources, start, block_bytes, waiting
        self._damage = [msgspec.convert(msgspec.to_builtins(one), Damage) for one in start.damage]
        self._damage += [Damage() for _ in sources[len(start.damage) :]]

    @property
    def read(self) -> int:
        """Bytes of the sources' files that are gone through, packed as they are."""
        return sum(damage.read for damage in self._damage)

    def blocks(self) -> Iterator[Block]:
        """Every block from the cursor on: at least one, be it empty."""
        block, size = Block(self._start.block, self._start.document), 0
        full: Block | None = None
        for source, document in self._documents():
            if full:
                yield full
                full = None
            block.ids.append(document.id)
            block.texts.append(document.text)
            block.sources.append(source)
            size += len(document.text)
            if size >= self._block_bytes:
                block.next = self._cursor(block, source, document.place.after)
                full, block, size = block, Block(block.next.block, block.next.document), 0
        last = full or block
        last.next, last.last = self._cursor(last, len(self._sources), Place()), True
        yield last

    def _documents(self) -> Iterator[tuple[int, Document]]:
        for number in range(self._start.source, len(self._sources)):
            start = self._start.place if number == self._start.source else Place()
            for document in documents(self._sources[number], start, self._damage[number], self._waiting):
                if len(document.text) > LARGEST:
                    raise InputError(
                        f"one document of {len(document.text) / 1e6:,.0f} million characters",
                        where=document.id,
                        fix="cut it into documents with the source's `separator`, such as a blank line",
                    )
                yield number, document

    def _cursor(self, block: Block, source: int, place: Place) -> Cursor:
        damage = msgspec.convert(msgspec.to_builtins(self._damage), tuple[Damage, ...])
        return Cursor(block.number + 1, block.first + len(block.ids), source, place, damage)
