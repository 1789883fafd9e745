"""Records in JSON: a line each, or one list of them.

    bytes in pieces -> lines -> (number of the line, text of its field)

Only the field that is wanted is made into Python objects. A line without it, or that cannot be read, is damage; a null
is a document without text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from engine.corpus.reading.damage import AGAIN, BrokenFile, Tally
from engine.corpus.reading.listing import SourceFile
from engine.corpus.reading.unpack import unpacked

Numbered: TypeAlias = Iterator[tuple[int, str]]
"""(where in the file, text): a line from 1, or which item."""
_BAD = (msgspec.DecodeError, UnicodeDecodeError)
_LONE = re.compile(r"[\ud800-\udfff]")
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
                text: str | None = read(line if number > 1 else line.removeprefix(_MARK))
            except _BAD as error:
                text = _lenient(line, field, f"{file.path}:{number}", error, tally)
            if text is not None:
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
                text: str | None = read(item)
            except _BAD as error:
                text = _lenient(bytes(item), field, f"{file.path}:{number}", error, tally)
            if text is not None:
                yield number, text


def _reader(field: str) -> Callable[[bytes | msgspec.Raw], str]:
    """What takes one field out of a JSON object. Raises `msgspec.DecodeError`, also where it is no text."""
    type = msgspec.defstruct("Row", [("text", str | None, msgspec.field(name=field))], gc=False)
    decode = msgspec.json.Decoder[Any](type).decode
    return lambda line: decode(line).text or ""


def _lenient(line: bytes, field: str, place: str, error: Exception, tally: Tally) -> str | None:
    """The text of a record that is no JSON to the letter but for Python's NaN and Infinity; else None, and counted."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        tally.skip(place, "not JSON", detail=str(error), fix="mend or remove that line")
        return None
    if not isinstance(row, dict):
        tally.skip(place, "not a JSON object", fix=f'each line must look like {{"{field}": "..."}}')
        return None
    text = row.get(field)
    if isinstance(text, str) and not _LONE.search(text):
        return text
    problem = "is half a character" if isinstance(text, str) else "is not text" if field in row else "is missing"
    tally.skip(place, f"{field}: {problem}", fix=f"set `field` to one of {', '.join(row) or 'none'}")
    return None
