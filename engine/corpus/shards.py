"""The held-out split, and the token files.

Invariants: a document is on one side of the split, whole, chosen by the hash of its text, so that adding or
removing other documents never moves it; and every document is followed by one end-of-text token.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray


def position(digest: bytes, seed: int) -> float:
    """Where in [0, 1) a document falls. The seed deals the documents again."""
    hashed = hashlib.blake2b(digest, key=seed.to_bytes(16, "little"), digest_size=8).digest()
    return int.from_bytes(hashed, "little") / 2**64


def held_out(digests: NDArray[np.uint8], share: float, seed: int) -> NDArray[np.bool_]:
    """(documents): which are held out, by their (documents, 16) digests: about `share`, at least one, never all.

    Two documents with one text (where de-duplication is off) fall on the same side.
    """
    rows = np.ascontiguousarray(digests).view("V16").ravel().tolist()
    positions = np.fromiter((position(row, seed) for row in rows), dtype=np.float64, count=len(rows))
    if not len(positions):
        return np.empty(0, dtype=np.bool_)
    lowest, highest = positions.min(), positions.max()
    return ((positions < share) | (positions == lowest)) & (positions != highest)  # type: ignore[no-any-return]


class Tokens(msgspec.Struct):
    """What one side of the split holds so far."""

    documents: int = 0
    tokens: int = 0
    bytes: int = 0
    """Of the text in UTF-8."""


def token_dtype(n_vocab: int) -> Literal["uint16", "uint32"]:
    """The smallest that holds every token of a vocabulary."""
    return "uint16" if n_vocab <= 1 << 16 else "uint32"


class TokenFile:
    """One side of the split as it is being written: little-endian tokens, nothing else.

    Goes on after what `held` says is there already; what a killed build wrote beyond that is cut off.
    """

    def __init__(self, path: Path, dtype: Literal["uint16", "uint32"], end_of_text: int, held: Tokens):
        self.held = held
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._end = np.array([end_of_text], dtype=self._dtype)
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(held.tokens * self._dtype.itemsize)
        self._hash = hashlib.file_digest(self._file, "sha256")

    def add(self, documents: Sequence[NDArray[Any]], size: int) -> None:
        """Write documents of `size` UTF-8 bytes in all, an end-of-text token after each."""
        if not documents:
            return
        parts = [part for document in documents for part in (document, self._end)]
        data = np.concatenate(parts, dtype=self._dtype, casting="unsafe").tobytes()
        self._file.write(data)
        self._hash.update(data)
        self.held.documents += len(documents)
        self.held.tokens += len(data) // self._dtype.itemsize
        self.held.bytes += size

    def flush(self) -> None:
        """Everything that was added survives the end of this process, and of the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __enter__(self) -> TokenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
