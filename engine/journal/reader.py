"""Read a journal from any byte offset, while it is being written.

A reader never sees half a line: what is after the last LF is left for the next time. Damage in the middle (a line
whose checksum is wrong) is reported with its place and skipped, so that one bad sector does not hide a week.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.journal.events import Checkpoint, Decision, Metrics, Record, Started

_decoder = msgspec.json.Decoder(Record)
_STEPPED = (Metrics, Checkpoint, Decision)


@dataclass
class Chunk:
    """What one read found: records in order, where to go on, and what could not be read."""

    records: list[Record]
    offset: int
    """Byte offset after the last whole line."""
    damage: list[str] = field(default_factory=list)


def parse(line: bytes) -> Record | None:
    """One line without its LF; None when it is of a type this version does not know. ValueError: damaged."""
    crc, space, body = line.partition(b" ")
    if not space or len(crc) != 8 or int(crc, 16) != zlib.crc32(body):
        raise ValueError("checksum does not fit")
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError:
        return None


MEASUREMENT = b'"type":"metrics"'
"""Stands in the line of every measurement, and in no other: within a JSON string its quotes would be escaped."""


_PIECE = 1 << 12
"""Bytes in which one looks for a line: about 20 lines."""


def read(path: Path, offset: int = 0, limit: int = 64 << 20, *, without: bytes | None = None) -> Chunk:
    """Records from `offset` on, at most about `limit` bytes of them (-1: all). A missing file is an empty one.

    `without`: lines that hold these bytes are passed over unread, which is fifty times as fast as reading them. A line
    holds them once or not at all.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(limit)
    except FileNotFoundError:
        return Chunk([], offset)
    end = data.rfind(b"\n") + 1
    chunk = Chunk([], offset + end)
    for at, line in _lines(data, 0, end, without):
        try:
            if (record := parse(line[:-1])) is not None:
                chunk.records.append(record)
        except ValueError as error:
            chunk.damage.append(f"{path}: byte {offset + at}: {error}")
    return chunk


def _lines(data: bytes, begin: int, end: int, without: bytes | None) -> Iterator[tuple[int, bytes]]:
    """Where each whole line begins, and the line; none that hold `without`.

    A million lines are not looked at one by one: a half in which all of them hold it is passed over as a whole.
    """
    middle = data.rfind(b"\n", begin, (begin + end) // 2) + 1
    if without is None or end - begin <= _PIECE or middle <= begin:
        at = begin
        for line in data[begin:end].splitlines(keepends=True):
            if without is None or without not in line:
                yield at, line
            at += len(line)
    elif data.count(without, begin, end) != data.count(b"\n", begin, end):
        yield from _lines(data, begin, middle, without)
        yield from _lines(data, middle, end, without)


def last_record(path: Path) -> tuple[Record | None, int]:
    """The newest whole record, and the length of the file without a torn last line.

    A last line that ends in LF but is damaged was torn as well (a crash can leave zeros), so it is cut too.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        window = 1 << 16
        while True:
            start = max(0, size - window)
            file.seek(start)
            data = file.read(size - start)
            if start > 0:
                first = data.find(b"\n") + 1
                start, data = start + first, data[first:] if first else b""
            end = data.rfind(b"\n") + 1
            lines = data[:end].splitlines(keepends=True)
            position = start + end
            torn = True  # only what stands after the last good line may be cut
            for line in reversed(lines):
                try:
                    record = parse(line[:-1])
                except ValueError:
                    record = None
                    position -= len(line) if torn else 0
                    continue
                torn = False
                if record is not None:
                    return record, position
            if start <= 0 or window >= size:
                return None, (position if lines and not torn else 0)
            window *= 8


class Tail:
    """Follow one journal: each `poll` gives what is new, about `limit` bytes at most. Without news it costs a stat."""

    def __init__(self, path: Path, offset: int = 0, limit: int = 64 << 20):
        self.path, self.offset, self.limit = path, offset, limit

    def poll(self) -> list[Record]:
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return []
        if size < self.offset:  # a torn tail was cut
            self.offset = size
        if size == self.offset:
            return []
        chunk = read(self.path, self.offset, self.limit)
        self.offset = chunk.offset
        return chunk.records


def superseding(records: Iterable[Record]) -> list[Record]:
    """The same records without what a resumed attempt took back.

    An attempt starts from a checkpoint, at `Started.from_step`. Metrics, checkpoints and decisions that an earlier
    attempt recorded after that step are dropped: they are about to be done again, and no step may appear twice.
    """
    kept: list[Record] = []
    for record in records:
        if isinstance(record.event, Started):
            back_to = record.event.from_step
            kept = [r for r in kept if not isinstance(r.event, _STEPPED) or r.event.step <= back_to]
        kept.append(record)
    return kept
