"""Hard-wrapped lines joined to paragraphs, as old plain-text books and e-mails are wrapped at a fixed width.

    documents' lines -> where each text begins and ends, as arrays -> which line ends were forced by the width
                     -> documents that look wrapped -> paragraphs that are -> line ends that become spaces

A line end was forced when the next line's first word would not have fitted on the line. In wrapped prose nearly all
are; in verse, lists, code, tables and headings few are, so those stay. Everything is done for many documents at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Codes = NDArray[np.unsignedinteger[Any]]
Item = TypeVar("Item", bound=np.generic)

_NARROWEST, _WIDEST = 40, 120
"""Characters of the width that text is wrapped at."""
_FEWEST = 5
"""Line ends inside paragraphs that a document needs to be judged."""
_QUANTILE = 0.95
"""Of the lengths of lines that go on: the width, but for the few that stick out."""
_DOCUMENT, _PARAGRAPH = 0.55, 0.7
"""Share of line ends forced by the width from which on a document, and a paragraph of it, is taken for wrapped.
(Of 146 books, those of verse reach 0.33, those of prose begin at 0.61, but for one that is wrapped raggedly.)"""
_RAGGED = 8
"""Characters by which lines of raggedly wrapped prose may be shorter, if its lines begin with small letters."""
_SMALL = 0.3
"""Share of lines of a paragraph, and of a document, that must begin so; in verse most begin with a capital."""
_PARTLY = 0.25
"""Share of its line ends that must stand in paragraphs of wrapped prose for a document to be joined in part."""
_TAB, _LINE_END, _SPACE, _HYPHEN = 9, 10, 32, 45
_MARKS = np.array([ord(mark) for mark in "-*+•◦●"])
_CASED = 0x2000
"""Scripts with capital and small letters lie below: Latin, Greek, Cyrillic, Armenian, Georgian."""
_WORD, _ENDING = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W\d_]+\Z")
_LONGEST = 30
"""Characters of a part of a word."""


def joined(texts: Sequence[str], mode: Literal["auto", "always"] = "auto") -> list[tuple[str, int]]:
    """Each text with its forced line ends removed, and how many they were. `always`: every document is wrapped."""
    result = [(text, 0) for text in texts]
    # ASCII as bytes, the rest as code points: a place in the array is a character either way.
    for plain, dtype, encoding in ((True, np.uint8, "ascii"), (False, np.uint32, "utf-32-le")):
        chosen = [n for n, text in enumerate(texts) if text.isascii() == plain and _may_be_wrapped(text)]
        if chosen:
            encoded = "\n\n".join(texts[n] for n in chosen).encode(encoding, "surrogatepass")
            sizes = np.array([len(texts[n]) + 2 for n in chosen], dtype=np.int64)
            found = _joined(np.frombuffer(encoded, dtype=dtype), sizes, mode, encoding)
            for n, (text, count) in zip(chosen, found):
                result[n] = (text, count) if count else result[n]
    return result


def _may_be_wrapped(text: str) -> bool:
    """A cheap look: enough lines, none too short or too long on average."""
    ends = text.count("\n")
    return ends >= _FEWEST and _NARROWEST // 3 < len(text) / ends < 2 * _WIDEST


@dataclass(frozen=True)
class _Lines:
    """All lines of some documents. Arrays are (lines) unless said otherwise."""

    data: Codes
    """(characters)"""
    starts: Places
    firsts: Places
    """The first character that is no space; the line's end for a blank line."""
    lasts: Places
    """One after the last such character."""
    ends: Places
    """The line end."""
    words: Places
    """Length of the first word."""
    blank: Flags
    document: Places
    """The number of its document."""
    inner: Flags
    """Its end is inside a paragraph: neither it nor the next line is blank."""
    paragraph: Places
    """The number of its paragraph, blank lines counted as ones."""

    @property
    def indents(self) -> Places:
        return self.firsts - self.starts

    @property
    def lengths(self) -> Places:
        return self.lasts - self.starts


def _lines(data: Codes, sizes: Places) -> _Lines:
    ends = np.append(np.flatnonzero(data == _LINE_END), len(data))
    starts = np.append(0, ends[:-1] + 1)
    dark = data > _SPACE
    text = np.append(np.flatnonzero(dark), len(data))
    spaces = np.append(np.flatnonzero(~dark), len(data))
    nth = np.searchsorted(text, starts)
    firsts = np.minimum(text[nth], ends)
    blank = firsts == ends
    lasts = np.where(blank, starts, text[np.maximum(np.searchsorted(text, ends) - 1, 0)] + 1)
    words = spaces[np.searchsorted(spaces, firsts)] - firsts
    document = np.searchsorted(np.cumsum(sizes), starts, side="right")
    inner = np.append(~blank[:-1] & ~blank[1:], False)
    paragraph = np.cumsum(np.append(False, ~inner[:-1]))
    return _Lines(data, starts, firsts, lasts, ends, words, blank, document, inner, paragraph)


def _joined(data: Codes, sizes: Places, mode: str, encoding: str) -> list[tuple[str, int]]:
    lines = _lines(data, sizes)
    joins = np.flatnonzero(_joins(lines, mode, len(sizes)))
    data, keep = data.copy(), np.ones(len(data), dtype=np.bool_)
    data[lines.ends[joins]] = _SPACE
    _drop(keep, lines.lasts[joins], lines.ends[joins])
    _drop(keep, lines.starts[joins + 1], lines.firsts[joins + 1])
    counts = np.bincount(lines.document[joins], minlength=len(sizes))
    begins = np.append(0, np.cumsum(sizes))
    _join_hyphens(lines, joins, keep, begins, encoding)
    found = []
    for n, count in enumerate(counts):
        part = slice(begins[n], begins[n + 1] - 2)
        found.append((data[part][keep[part]].tobytes().decode(encoding, "surrogatepass"), int(count)))
    return found


def _joins(lines: _Lines, mode: str, documents: int) -> Flags:
    """(lines): whether each one's end becomes a space."""
    apart = _apart(lines)
    joins: Flags = lines.inner & ~apart & ~_next(apart | _begins_item(lines))
    first = np.append(True, lines.paragraph[1:] != lines.paragraph[:-1])
    below = _next(lines.indents)
    joins &= (below == lines.indents) | (first & (below < lines.indents))
    if mode == "always":
        return joins
    widths = _widths(lines, documents)
    room = widths[lines.document] - lines.lengths - 1 - np.minimum(_next(lines.words), _LONGEST)
    forced, nearly = lines.inner & (room < 0), lines.inner & (room < _RAGGED)
    small = lines.inner & _next(_begins_small(lines))
    return joins & (nearly | small) & _in_prose(lines, forced, nearly, small, widths)


def _in_prose(lines: _Lines, forced: Flags, nearly: Flags, small: Flags, widths: Places) -> Flags:
    """(lines): in a paragraph of wrapped prose. In a document that is mostly so, less proof is asked of one."""
    begin_small = _shares(lines, small, lines.paragraph)[lines.paragraph] >= _SMALL
    tight = _shares(lines, forced, lines.paragraph)[lines.paragraph] >= _PARAGRAPH
    ragged = begin_small & (_shares(lines, nearly, lines.paragraph)[lines.paragraph] >= _PARAGRAPH)
    sure = tight & begin_small
    small_share = _shares(lines, small, lines.document)
    mostly = np.minimum(_shares(lines, nearly, lines.document), small_share) >= _DOCUMENT
    mostly |= (_shares(lines, forced, lines.document) >= _DOCUMENT) & (small_share >= _SMALL)
    partly = _shares(lines, sure & lines.inner, lines.document) >= _PARTLY
    usual = (widths >= _NARROWEST) & (widths <= _WIDEST)
    usual &= np.bincount(lines.document, weights=lines.inner) >= _FEWEST
    return np.where((mostly & usual)[lines.document], tight | ragged, sure & (partly & usual)[lines.document])


def _next(values: NDArray[Item]) -> NDArray[Item]:
    """An array about lines, of the line after each."""
    return np.append(values[1:], values[-1:])


def _widths(lines: _Lines, documents: int) -> Places:
    """(documents): how long the longest lines that go on are, a few odd ones apart."""
    inner = np.flatnonzero(lines.inner)
    document, lengths = lines.document[inner], lines.lengths[inner]
    order = np.lexsort((lengths, document))
    counts = np.bincount(document, minlength=documents)
    at = np.cumsum(counts) - counts + (_QUANTILE * np.maximum(counts - 1, 0)).astype(np.int64)
    return np.where(counts, np.append(lengths[order], 0)[np.minimum(at, len(order))], 0)


def _shares(lines: _Lines, some: Flags, groups: Places) -> NDArray[np.float64]:
    """(groups): of the line ends inside paragraphs, the share that is in `some`."""
    return np.bincount(groups, weights=some) / np.maximum(np.bincount(groups, weights=lines.inner), 1)


def _apart(lines: _Lines) -> Flags:
    """Rows of tables: three spaces or a tab inside the line, or a bar in front."""
    space = lines.data == _SPACE
    inside = np.flatnonzero((space[:-2] & space[1:-1] & space[2:]) | (lines.data[:-2] == _TAB))
    line = np.searchsorted(lines.ends, inside)
    inside_text = (inside > lines.firsts[line]) & (inside < lines.lasts[line])
    apart = np.zeros(len(lines.starts), dtype=np.bool_)
    apart[line[inside_text]] = True
    apart |= _at(lines, 0) == ord("|")
    return apart


def _begins_item(lines: _Lines) -> Flags:
    """An item of a list, a heading or a quotation in Markdown: `- `, `* `, `1. `, `2) `, `# `, `> `."""
    first, second, third = (_at(lines, step) for step in range(3))
    begins: Flags = np.isin(first, _MARKS) & (second == _SPACE)
    digit = (first >= ord("0")) & (first <= ord("9"))
    stop = (second == ord(".")) | (second == ord(")"))
    begins |= digit & stop & (third == _SPACE)
    begins |= (first == ord("#")) | (first == ord(">"))
    return begins


def _begins_small(lines: _Lines) -> Flags:
    """With a small letter. Scripts that have none are never taken for wrapped prose: too little tells it from verse."""
    small: Flags = _small_letters()[np.minimum(_at(lines, 0).astype(np.uint32), _CASED - 1)]
    return small


@cache
def _small_letters() -> Flags:
    """(code points that may have case): which are small letters."""
    return np.array([chr(code).islower() for code in range(_CASED - 1)] + [False])


def _at(lines: _Lines, step: int) -> Codes:
    """(lines): the character so many after the first that is no space."""
    return lines.data[np.minimum(lines.firsts + step, len(lines.data) - 1)]


def _drop(keep: Flags, begins: Places, ends: Places) -> None:
    """Flag the characters of many stretches as gone."""
    some = np.flatnonzero(ends > begins)
    if len(some):
        sizes = ends[some] - begins[some]
        offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        keep[np.repeat(begins[some], sizes) + offsets] = False


def _join_hyphens(lines: _Lines, joins: Places, keep: Flags, begins: Places, encoding: str) -> None:
    """After a hyphen or dash no space, unless one is before it; and no hyphen, where the document has the word bare."""
    # Two spaces in front stand for what comes before the first line.
    before = np.concatenate([np.full(2, _SPACE, dtype=lines.data.dtype), lines.data])
    last, second, third = (before[lines.lasts[joins] + 2 - back] for back in (1, 2, 3))
    hyphen, double = last == _HYPHEN, second == _HYPHEN
    close = hyphen & (np.where(double, third, second) > _SPACE)
    keep[lines.ends[joins[close]]] = False
    single = joins[close & ~double]
    small = single[_begins_small(lines)[single + 1]]
    for document in np.unique(lines.document[small]):
        text = lines.data[begins[document] : begins[document + 1]].tobytes().decode(encoding, "surrogatepass").lower()
        for line in small[lines.document[small] == document]:
            end, begin = int(lines.lasts[line]) - 1, int(lines.firsts[line + 1])
            left = _decoded(lines.data[max(0, end - _LONGEST) : end], encoding)
            right = _decoded(lines.data[begin : begin + _LONGEST], encoding)
            if (half := _ENDING.search(left)) and (rest := _WORD.match(right)) and _has(text, half[0] + rest[0]):
                keep[end] = False


def _decoded(data: Codes, encoding: str) -> str:
    return data.tobytes().decode(encoding, "surrogatepass").lower()


def _has(text: str, word: str) -> bool:
    """Whether the text has the word, not as a part of a longer one."""
    at = -1
    while (at := text.find(word, at + 1)) >= 0:
        end = at + len(word)
        if not text[at - 1 : at].isalpha() and not text[end : end + 1].isalpha():
            return True
    return False
