"""The words of many documents at once, as arrays: where each stands, and a 64-bit hash of it.

    texts -> their UTF-8 in one array -> word bytes marked -> starts, ends, hashes, and each document's first word

Everything that counts or compares words starts here, so that text is gone through in a few array operations, not in a
loop over words. A word's hash is made of its bytes, eight at a time; that of a stretch of words is a polynomial of
theirs, of which differences of one running sum give all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]
Indices: TypeAlias = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 1 << 64)
_LONG = 64
"""Bytes; longer words are rare, and hashed one by one."""
_FIRST = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
"""Masks of the first so many bytes of eight."""
_WINDOW = 1 << 16
"""Values hashed at a time."""


@dataclass(frozen=True)
class Text:
    """Some documents' UTF-8, one after the other, a line end after each."""

    data: NDArray[np.uint8]
    begins: Indices
    """(documents + 1): where in `data` each begins, and where all end. The line end after a document is its own."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Text:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        begins = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(data) + 1 for data in encoded], out=begins[1:])
        return cls(np.frombuffer(b"\n".join([*encoded, b""]), dtype=np.uint8), begins)

    def __len__(self) -> int:
        return len(self.begins) - 1


@dataclass(frozen=True)
class Words:
    """Words in order, those of one document together."""

    starts: Indices
    """(words): the first byte of each, in `Text.data`."""
    ends: Indices
    """(words): one after its last byte."""
    hashes: Hashes
    """(words): equal for equal bytes."""
    begins: Indices
    """(documents + 1): the number of each document's first word, and of all words."""

    @property
    def counts(self) -> Indices:
        """(documents): how many words each has."""
        return np.diff(self.begins)

    @cached_property
    def document(self) -> Indices:
        """(words): the number of the document that each stands in."""
        return np.repeat(np.arange(len(self.begins) - 1), self.counts)


def spaced(text: Text) -> Words:
    """Words as Gopher's rules count them: what stands between whitespace, punctuation and all."""
    return _words(text, ~_whitespace(text.data))


def folded(texts: Sequence[str]) -> tuple[Text, Words]:
    """Words as texts are compared by: letters and digits alone, in lower case; each Han or kana character a word.

    `starts` and `ends` are places in the returned text, which is the lower-case one.
    """
    text = Text.of([text.lower() for text in texts])
    data = text.data
    inside = _LETTERS[data]
    # Punctuation beyond ASCII: U+00A0-00BF (C2 xx), U+2000-206F (E2 80 xx, E2 81 xx), U+3000-303F (E3 80 xx).
    beyond = np.flatnonzero(data >= 0xC2)
    after = data[np.minimum(beyond + 1, len(data) - 1)]
    latin = beyond[(data[beyond] == 0xC2) & (after < 0xC0)]
    wide = ((data[beyond] == 0xE2) & ((after == 0x80) | (after == 0x81))) | ((data[beyond] == 0xE3) & (after == 0x80))
    for at, size in ((latin, 2), (beyond[wide], 3)):
        for step in range(size):
            inside[at + step] = False
    han = beyond[(data[beyond] >= 0xE3) & (data[beyond] <= 0xE9)]
    return text, _words(text, inside, apart=han[inside[han]])


def ngrams(words: Words, n: int, among: Indices | None = None) -> tuple[Hashes, Indices]:
    """Hashes of every `n` words in a row inside one document, and the number of the first word of each.

    `among`: only those that begin at one of these words.
    """
    if n > len(words.hashes):
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    if among is None:
        total = len(words.hashes) - n + 1
        document = words.document
        first = np.flatnonzero(document[:total] == document[n - 1 :])
    else:
        ends = words.begins[np.searchsorted(words.begins, among, side="right")]
        first = among[among + n <= ends]
    hashes = words.hashes[first]
    for step in range(1, n):
        hashes = mixed(hashes) + words.hashes[first + step]
    return mixed(hashes), first


def mixed(hashes: Hashes) -> Hashes:
    """The same hashes with every bit depending on every bit: the finaliser of splitmix64 (Steele et al. 2014)."""
    out = hashes ^ (hashes >> np.uint64(30))
    out *= np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(27)
    out *= np.uint64(0x94D049BB133111EB)
    out ^= out >> np.uint64(31)
    return out


def word_hash(word: str) -> int:
    """The hash that a word of this spelling has, wherever it stands."""
    data = np.frombuffer(word.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return int(_byte_hashes(data, np.zeros(1, dtype=np.int64), np.array([len(data)], dtype=np.int64))[0])


def _words(text: Text, inside: NDArray[np.bool_], apart: Indices | None = None) -> Words:
    """The stretches of marked bytes; a byte of `apart` begins a word, and so does the character after it."""
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    starts, ends = np.ascontiguousarray(edges[::2]), np.ascontiguousarray(edges[1::2])
    if apart is not None and len(apart):
        cuts = np.union1d(apart, apart + 3)
        cuts = cuts[(cuts < len(inside)) & (cuts > 0)]
        cuts = cuts[inside[cuts] & inside[cuts - 1]]
        starts, ends = np.sort(np.concatenate([starts, cuts])), np.sort(np.concatenate([ends, cuts]))
    begins = np.searchsorted(starts, text.begins)
    return Words(starts, ends, _byte_hashes(text.data, starts, ends), begins)


def _byte_hashes(data: NDArray[np.uint8], starts: Indices, ends: Indices) -> Hashes:
    """A hash of each word, eight bytes at a time: most words are one step."""
    padded = np.concatenate([data, np.zeros(8, dtype=np.uint8)])
    eight: Hashes = np.ndarray((len(data) + 1,), dtype="<u8", buffer=padded.data, strides=(1,))
    sizes = ends - starts
    hashes = (eight[starts] & _FIRST[np.minimum(sizes, 8)]) ^ (sizes.astype(np.uint64) * np.uint64(_BASE))
    for step in range(8, _LONG, 8):
        more = np.flatnonzero(sizes > step)
        if not len(more):
            break
        last = eight[starts[more] + step] & _FIRST[np.minimum(sizes[more] - step, 8)]
        hashes[more] = mixed(hashes[more]) + last
    for number in np.flatnonzero(sizes > _LONG).tolist():
        word = data[starts[number] : ends[number]].data
        hashes[number] = int.from_bytes(blake2b(word, digest_size=8).digest(), "little")
    return mixed(hashes)


def span_hashes(values: NDArray[Any], starts: Indices, ends: Indices) -> Hashes:
    """A hash of each stretch of `values`, equal for equal values wherever they stand. Stretches ascend.

    Window by window, so that the running sum and the powers stay in a core's own cache: three times as fast.
    """
    hashes = np.empty(len(starts), dtype=np.uint64)
    edges = [*np.flatnonzero(np.diff(ends // _WINDOW, prepend=-1)).tolist(), len(starts)]
    for first, last in pairwise(edges):
        begin, end = int(starts[first]), int(ends[last - 1])
        powers, inverses = _powers(1 << max(_WINDOW, end - begin).bit_length())
        sums = np.zeros(end - begin + 1, dtype=np.uint64)
        terms = values[begin:end].astype(np.uint64)
        terms += np.uint64(1)
        terms *= powers[: end - begin]
        np.cumsum(terms, out=sums[1:])
        at, to = starts[first:last] - begin, ends[first:last] - begin
        hashes[first:last] = mixed((sums[to] - sums[at]) * inverses[at])
    return hashes


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """The base to the power 0, 1, 2 ... modulo 2^64, and the inverse of each."""
    both = []
    for base in (_BASE, _INVERSE):
        table = np.full(size, base, dtype=np.uint64)
        table[0] = 1
        both.append(np.multiply.accumulate(table))
    return both[0], both[1]


def _whitespace(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """ASCII whitespace, U+00A0, and the spaces at U+2000-200A and U+3000."""
    space = _SPACES[data]
    beyond = np.flatnonzero(data >= 0xC2)
    if len(beyond):
        last = len(data) - 1
        first, second, third = data[beyond], data[np.minimum(beyond + 1, last)], data[np.minimum(beyond + 2, last)]
        wide = ((first == 0xE2) & (second == 0x80) & (third <= 0x8A)) | (
            (first == 0xE3) & (second == 0x80) & (third == 0x80)
        )
        for at, size in ((beyond[(first == 0xC2) & (second == 0xA0)], 2), (beyond[wide], 3)):
            for step in range(size):
                space[at + step] = True
    return space


def _table(wanted: bytes, beyond: bool) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(wanted)] = True
    table[128:] = beyond
    return table


_SPACES = _table(b" \t\n\r\v\f\x1c\x1d\x1e\x1f", beyond=False)
_LETTERS = _table(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", beyond=True)
