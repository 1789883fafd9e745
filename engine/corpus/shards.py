"""The held-out split, the spill file between the two passes, and the token files.

Invariants: a document is on one side of the split, whole, chosen by the hash of its text, so that adding or
removing other documents never moves it; and every document is followed by one end-of-text token.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

import numpy as np

_LENGTH = struct.Struct("<Q")


def position(digest: bytes, seed: int) -> float:
    """Where in [0, 1) a document falls. The seed deals the documents again."""
    hashed = hashlib.blake2b(digest, key=seed.to_bytes(16, "little"), digest_size=8).digest()
    return int.from_bytes(hashed, "little") / 2**64


def held_out(digests: Sequence[bytes], share: float, seed: int) -> list[bool]:
    """Which documents are held out: about `share` of them, at least one, never all.

    Two documents with one text (where de-duplication is off) fall on the same side.
    """
    positions = [position(digest, seed) for digest in digests]
    lowest, highest = min(positions), max(positions)
    return [(at < share or at == lowest) and at != highest for at in positions]


class Spill:
    """Kept documents on disk between the passes, so that memory holds a batch of text at most."""

    def __init__(self, path: Path):
        self._path = path
        self._file: BinaryIO = path.open("wb")

    def add(self, text: str) -> int:
        """Append one document; its length in UTF-8 bytes."""
        data = text.encode()
        self._file.write(_LENGTH.pack(len(data)))
        self._file.write(data)
        return len(data)

    def close(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        """Every document from the first, in order. Only after `close`."""
        with self._path.open("rb") as file:
            while header := file.read(_LENGTH.size):
                yield file.read(_LENGTH.unpack(header)[0]).decode()


class TokenFile:
    """One side of the split as it is being written: little-endian tokens, nothing else."""

    def __init__(self, path: Path, dtype: Literal["uint16", "uint32"], end_of_text: int):
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._end = end_of_text
        self.documents = self.tokens = self.bytes = 0

    def add(self, ids: list[int], size: int) -> None:
        """Write one document of `size` UTF-8 bytes."""
        data = np.array([*ids, self._end], dtype=self._dtype).tobytes()
        self._file.write(data)
        self._hash.update(data)
        self.documents += 1
        self.tokens += len(ids) + 1
        self.bytes += size

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __enter__(self) -> TokenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
