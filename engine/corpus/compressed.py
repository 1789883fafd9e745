"""Open a file for reading bytes, whatever it is packed in. A file that was cut off is an error, never a short text."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a damaged compressed file raises."""
_CHUNK = 1 << 18


def open_bytes(path: Path) -> BinaryIO:
    """The unpacked bytes of a plain, `.gz` or `.zst` file."""
    match path.suffix.lower():
        case ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case ".zst":
            return io.BufferedReader(_ZstdReader(path), _CHUNK)
    return path.open("rb")


class _ZstdReader(io.RawIOBase):
    """Zstandard frames, one after the other. (The library's own stream reader takes a cut-off file for a short one.)"""

    def __init__(self, path: Path):
        import zstandard

        self._error: type[Exception] = zstandard.ZstdError
        self._decompressor = zstandard.ZstdDecompressor()
        self._file = path.open("rb")
        self._frame = self._decompressor.decompressobj()
        self._inside = False
        """Whether some of the current frame has been read."""
        self._ready = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, target: object) -> int:
        view = memoryview(cast(bytearray, target))
        while not self._ready and self._more():
            pass
        size = min(len(view), len(self._ready))
        view[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _more(self) -> bool:
        """Unpack one more piece; False at the end of the file."""
        packed = self._frame.unused_data if self._frame.eof else b""
        if self._frame.eof:
            self._frame, self._inside = self._decompressor.decompressobj(), False
        packed = packed or self._file.read(_CHUNK)
        if not packed:
            if self._inside:
                raise EOFError("the file ends before its compressed data does")
            return False
        try:
            self._ready, self._inside = self._frame.decompress(packed), True
        except self._error as error:
            raise zlib.error(str(error)) from None
        return True
