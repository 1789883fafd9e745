"""What an export says when it is over. The process that does it loads torch; whoever asks for it does not."""

from __future__ import annotations

from msgspec import Struct


class Exported(Struct, frozen=True, tag="exported"):
    model: str
    folder: str
    architecture: str
    """The class of `transformers` that loads it."""
    dtype: str
    files: tuple[str, ...]


class Refused(Struct, frozen=True, tag="refused"):
    error: str
    exit_code: int
