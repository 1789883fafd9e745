"""A file's bytes in pieces, whatever it is packed in: plain, `.gz` or `.zst`.

A file that was cut off or damaged raises `BrokenFile` after the pieces that could be had, never ends early in silence.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from engine.corpus.reading.damage import BrokenFile

_PIECE = 1 << 18
"""Bytes read at a time, packed as they are."""


class _Frame(Protocol):
    """One packed member: what `zlib` and `zstandard` both call a decompression object."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def unpacked(path: Path, consumed: Callable[[int], None] = lambda size: None) -> Iterator[bytes]:
    """The bytes of a file, unpacked. `consumed` is told how many packed ones have been gone through."""
    match path.suffix.lower():
        case ".gz":
            yield from _frames(path, _gzip, (zlib.error,), consumed)
        case ".zst":
            import zstandard

            decompressor = zstandard.ZstdDecompressor()
            yield from _frames(path, decompressor.decompressobj, (zstandard.ZstdError,), consumed)
        case _:
            yield from _raw(path, consumed)


def _gzip() -> _Frame:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: a gzip header and its checksum


def _raw(path: Path, consumed: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
            consumed(len(piece))


def _frames(
    path: Path, new: Callable[[], _Frame], errors: tuple[type[Exception], ...], consumed: Callable[[int], None]
) -> Iterator[bytes]:
    """Packed members, one after the other, as one text. Zero bytes after the last are padding."""
    frame, inside = new(), False
    for piece in _raw(path, consumed):
        while piece:
            if not inside and not (piece := piece.lstrip(b"\0")):
                break
            try:
                data = frame.decompress(piece)
            except errors as error:
                raise BrokenFile(str(error)) from None
            inside, piece = not frame.eof, frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = new()
            if data:
                yield data
    if inside:
        raise BrokenFile("it ends before its compressed data does")
