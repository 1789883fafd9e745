"""Follow a plain log file that another process writes. Whole lines only; a long past is cut off at its beginning."""

from __future__ import annotations

from pathlib import Path

LOOK_BACK = 2 << 20
"""Bytes of an existing log that are read: about 20,000 lines."""


class LogTail:
    """Each `poll` gives the lines that are new. A file that is not there yet is an empty one."""

    def __init__(self, path: Path, look_back: int = LOOK_BACK):
        self.path = path
        self._look_back = look_back
        self._offset: int | None = None
        self._rest = b""

    def poll(self) -> list[str]:
        """New lines without their ends; undecodable bytes become the replacement character."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                cut = self._offset is None and size > self._look_back
                if self._offset is None or size < self._offset:  # the first look, or the file began anew
                    self._offset, self._rest = max(0, size - self._look_back), b""
                if size == self._offset:
                    return []
                file.seek(self._offset)
                data = self._rest + file.read(size - self._offset)
        except FileNotFoundError:
            return []
        self._offset = size
        lines = data.split(b"\n")
        self._rest = lines.pop()
        return [line.decode("utf-8", "replace") for line in (lines[1:] if cut else lines)]
