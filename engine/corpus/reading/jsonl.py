"""Records in JSON: a line each, or one list of them.

    bytes in pieces -> lines -> (number of the line, text of its field)

Only the field that is wanted is made into Python objects. A line without it, or that cannot be read, is damage; a null
is a document without text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from engine.corpus.reading.damage import AGAIN, BrokenFile, Tally
from engine.corpus.reading.listing import SourceFile
from engine.corpus.reading.unpack import unpacked

Numbered: TypeAlias = Iterator[tuple[int, str]]
"""(where in the file, text): a line from 1, or which item."""
_BAD = (msgspec.DecodeError, UnicodeDecodeError)
_MARK = b"\xef\xbb\xbf"


def split_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends, however long. Only LF ends one: JSON allows U+2028 inside strings."""
    held: list[bytes] = []
    for piece in pieces:
        first, *rest = piece.split(b"\n")
        held.append(first)
        if rest:
            yield b"".join(held)
            *whole, last = rest
            yield from whole
            held = [last]
    if last := b"".join(held):
        yield last


def jsonl(file: SourceFile, field: str, tally: Tally, first: int = 0) -> Numbered:
    """A document a line, from line `first` on."""
    read = _reader(field)
    number = 0
    try:
        for number, line in enumerate(split_lines(unpacked(file.path, tally.consumed)), start=1):
            if number < first or not line or line.isspace():
                continue
            try:
                text = read(line if number > 1 else line.removeprefix(_MARK))
            except _BAD:
                _skip(line, field, f"{file.path}:{number}", tally)
                continue
            yield number, text
    except BrokenFile as error:
        tally.skip(f"{file.path}:{number + 1}", "damaged", detail=str(error), fix=AGAIN)


def json_file(file: SourceFile, field: str, tally: Tally, first: int = 0) -> Numbered:
    """A list of objects, all of it in memory; or, as many published data sets name them, JSONL."""
    try:
        start = next(unpacked(file.path), b"").removeprefix(_MARK).lstrip()
        if not start.startswith(b"["):
            yield from jsonl(file, field, tally, first)
            return
        whole = b"".join(unpacked(file.path, tally.consumed)).removeprefix(_MARK)
        items = msgspec.json.decode(whole, type=list[msgspec.Raw])
    except (BrokenFile, *_BAD) as error:
        tally.skip(str(file.path), "damaged", detail=str(error), fix=AGAIN)
        return
    read = _reader(field)
    for number, item in enumerate(items, start=1):
        if number >= first:
            try:
                text = read(item)
            except _BAD:
                _skip(bytes(item), field, f"{file.path}:{number}", tally)
                continue
            yield number, text


def _reader(field: str) -> Callable[[bytes | msgspec.Raw], str]:
    """What takes one field out of a JSON object. Raises `msgspec.DecodeError`, also where it is no text."""
    type = msgspec.defstruct("Row", [("text", str | None, msgspec.field(name=field))], gc=False)
    decode = msgspec.json.Decoder[Any](type).decode
    return lambda line: decode(line).text or ""


def _skip(line: bytes, field: str, place: str, tally: Tally) -> None:
    """Say what is wrong with a record that could not be read."""
    try:
        row = msgspec.json.decode(line)
    except _BAD as error:
        tally.skip(place, "not JSON", detail=str(error), fix="mend or remove that line")
        return
    if not isinstance(row, dict):
        tally.skip(place, "not a JSON object", fix=f'each line must look like {{"{field}": "..."}}')
        return
    problem = f"{field}: is not text" if field in row else f"{field}: is missing"
    tally.skip(place, problem, fix=f"set `field` to one of {', '.join(row) or 'none'}")
