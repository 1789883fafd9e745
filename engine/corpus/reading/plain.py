"""Text and Markdown: a file is a document, or several, at a separator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.corpus.reading.damage import AGAIN, BrokenFile, Tally
from engine.corpus.reading.listing import SourceFile
from engine.corpus.reading.unpack import unpacked


class Piece(NamedTuple):
    number: int
    """Which of the file's pieces, from 1."""
    line: int
    """Where its text begins, past blank lines."""
    text: str


def pieces(file: SourceFile, separator: str, tally: Tally, first: int = 0) -> Iterator[Piece]:
    """The texts between separators that are not blank, from piece `first` on; no more in memory than one."""
    line = 1
    found = _cut(file, separator.encode(), tally) if separator else _whole(file, tally)
    try:
        for number, data in enumerate(found, start=1):
            text = _utf8(data, f"{file.path}", line, tally) if number >= first else ""
            if text and not text.isspace():
                blank = len(text) - len(text.lstrip())
                yield Piece(number, line + text.count("\n", 0, blank), text)
            line += data.count(b"\n") + separator.count("\n")
    except BrokenFile as error:
        tally.skip(str(file.path), "damaged", detail=str(error), fix=AGAIN)


def _whole(file: SourceFile, tally: Tally) -> Iterator[bytes]:
    yield b"".join(unpacked(file.path, tally.consumed))


def _cut(file: SourceFile, separator: bytes, tally: Tally) -> Iterator[bytes]:
    held = bytearray()
    searched = 0
    for data in _bare_ends(unpacked(file.path, tally.consumed)):
        held += data
        while (at := held.find(separator, searched)) >= 0:
            yield bytes(held[:at])
            del held[: at + len(separator)]
            searched = 0
        searched = max(0, len(held) - len(separator) + 1)
    yield bytes(held)


def _bare_ends(data: Iterator[bytes]) -> Iterator[bytes]:
    """Line ends as LF alone, also where CR and LF stand in two pieces."""
    held = b""
    for piece in data:
        piece = held + piece
        held = b"\r" if piece.endswith(b"\r") else b""
        yield piece[: len(piece) - len(held)].replace(b"\r\n", b"\n")
    yield held


def _utf8(data: bytes, path: str, line: int, tally: Tally) -> str:
    """`data`, which begins at a line, as text; a byte order mark is dropped."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = line + data.count(b"\n", 0, error.start)
        tally.skip(f"{path}:{at}", "not UTF-8", fix="save the file as UTF-8")
        return ""
