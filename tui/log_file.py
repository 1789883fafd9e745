"""A log of any size, looked at through parts: the newest first, older and newer ones on demand, any text in it found.

    last() -> Part        before(part.start) -> Part      after(part.end) -> Part      find(text, from) -> offset

A part is whole lines between two byte offsets. Another process may be writing: what is after the last line end is
left for the next time. Nothing is ever read but the part asked for, so 100 MB open as fast as 1 kB.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PART_BYTES = 512 << 10
"""About 5,000 lines."""
FIND_BYTES = 8 << 20
"""Searched at a time."""


@dataclass(frozen=True)
class Part:
    """Lines between two byte offsets, without their ends; undecodable bytes are replacement characters."""

    start: int
    end: int
    lines: tuple[str, ...]


class LogFile:
    """Reads; holds nothing. A file that is not there is an empty one."""

    def __init__(self, path: Path):
        self.path = path

    def size(self) -> int:
        """Bytes, the unfinished last line among them."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def last(self) -> Part:
        """The newest lines."""
        return self.before(self.size())

    def first(self) -> Part:
        return self.after(0)

    def before(self, end: int) -> Part:
        """The lines that end at or before this offset."""
        start = max(0, end - PART_BYTES)
        data = self._read(start, end)
        if start and b"\n" in data[:-1]:  # begin after the line that was cut; one that is all there is stays cut
            cut = data.index(b"\n") + 1
            start, data = start + cut, data[cut:]
        whole = data.rfind(b"\n") + 1
        return _part(start, data[:whole])

    def after(self, start: int) -> Part:
        """The whole lines from this offset on, none when there are none yet."""
        data = self._read(start, start + PART_BYTES)
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) == PART_BYTES:  # a line longer than a part is cut
            whole = len(data)
        return _part(start, data[:whole])

    def around(self, offset: int) -> tuple[Part, int]:
        """The lines about this offset, and the number among them of the one that holds it."""
        start = max(0, offset - PART_BYTES // 2)
        before = self._read(start, offset)
        skipped = before.find(b"\n") + 1 if start else 0
        return self.after(start + skipped), before.count(b"\n", skipped)

    def find(self, text: str, offset: int, *, forward: bool) -> int | None:
        """The byte offset of the next text after `offset`, or of the last one before it; None: there is none.

        Capital letters of ASCII are like small ones.
        """
        needle = text.encode().lower()
        if not needle:
            return None
        return self._forward(needle, offset) if forward else self._backward(needle, offset)

    def _forward(self, needle: bytes, offset: int) -> int | None:
        size = self.size()
        while offset < size:
            hit = self._read(offset, offset + FIND_BYTES + len(needle) - 1).lower().find(needle)
            if hit >= 0:
                return offset + hit
            offset += FIND_BYTES
        return None

    def _backward(self, needle: bytes, offset: int) -> int | None:
        while offset > 0:
            start = max(0, offset - FIND_BYTES)
            hit = self._read(start, min(offset + len(needle) - 1, self.size())).lower().rfind(needle)
            if 0 <= hit < offset - start:
                return start + hit
            offset = start
        return None

    def _read(self, start: int, end: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read(max(0, end - start))
        except FileNotFoundError:
            return b""


def _part(start: int, data: bytes) -> Part:
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    return Part(start, start + len(data), tuple(line.decode("utf-8", "replace") for line in lines))
