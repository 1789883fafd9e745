"""From sources to prepared text: one reader, workers, finished parts. What is there already is passed over.

    sources -> blocks (read here, in order) -> workers -> parts

Parts finished by an earlier attempt, or by another build of the same text, are never made again; reading begins where
the last of them ended.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TextIO

import msgspec

from engine.config.corpus import SourceConfig
from engine.corpus.blocks import Block, Cursor, Reader
from engine.corpus.budget import block_bytes
from engine.corpus.pool import in_order
from engine.corpus.prepare import preparer
from engine.corpus.prepared import Prepared
from engine.corpus.reading.damage import Tally
from engine.corpus.reading.hub import Waiting
from engine.corpus.recipe import Materials, Recipe
from engine.corpus.sources import packed_size
from engine.corpus.telling import Teller
from engine.paths import write_atomic

_LOOK_SECONDS = 0.2
LOCK = ".lock"
"""Held by whoever makes or deletes parts, as long as their folder exists."""


def fill(prepared: Prepared, materials: Materials, workers: int, teller: Teller) -> None:
    """Make every part that is missing. Raises `InputError` for sources that cannot be read."""
    sources, start = materials.config.sources, Cursor()
    for part in prepared:
        teller.found(part.info.documents, part.info.read_bytes)
        start = part.info.next
        if part.info.last:
            _refuse_damage(sources, start)
            return
    reader = Reader(sources, start, block_bytes(materials.config), Waiting(teller.context.say, teller.check))
    size = sum(map(packed_size, sources))
    missing = _missing(prepared, reader.blocks(), teller)
    for done in in_order(partial(preparer, materials, prepared.path), missing, workers):
        teller.step(done.documents, done.read_bytes, reader.read / size if size else 0.0)


def _refuse_damage(sources: Sequence[SourceConfig], end: Cursor) -> None:
    """What an earlier build tolerated may be too much for this one."""
    for source, damage in zip(sources, end.damage):
        Tally(damage, source.tolerance, damage.read).finish()


def _missing(prepared: Prepared, found: Iterator[Block], teller: Teller) -> Iterator[Block]:
    """The blocks whose parts are not finished. A killed build may leave a few finished ones after a gap."""
    for block in found:
        part = prepared.part(block.number)
        if part is None:
            yield block
        else:
            teller.found(part.info.documents, part.info.read_bytes)


def _locked(lock: TextIO) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def claimed(prepared: Prepared, recipe: Recipe, teller: Teller) -> Iterator[None]:
    """Nobody else makes or deletes these parts meanwhile. Drafts that a killed build left are removed."""
    prepared.path.mkdir(parents=True, exist_ok=True)
    with (prepared.path / LOCK).open("w") as lock:
        if not _locked(lock):
            teller.context.say("another build works on the same text: waiting for it")
            while not _locked(lock):
                teller.check()
                time.sleep(_LOOK_SECONDS)
        for what in ("part", "near", "paragraphs"):
            for draft in prepared.path.glob(f".{what}-*"):
                shutil.rmtree(draft, ignore_errors=True)
        write_atomic(prepared.path / "about.json", msgspec.json.format(msgspec.json.encode(recipe)) + b"\n")
        yield
