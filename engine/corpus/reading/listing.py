"""Which files a path stands for, in the order they are read in, and what each holds.

Hidden files, and in folders files of other formats, are passed over.
"""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.errors import InputError

FORMATS = ".txt .md .jsonl .json .csv .tsv (also .gz .zst) .parquet"
_KNOWN = re.compile(
    r".*\.(?:(?P<format>txt|md|jsonl|ndjson|json|csv|tsv)(\.gz|\.zst)?|(?P<table>parquet))", re.IGNORECASE
)
_ALIKE = {"md": "txt", "ndjson": "jsonl"}


class SourceFile(Protocol):
    """One file of a source."""

    @property
    def label(self) -> str:
        """Its path inside the source: what ids begin with, so that they leave the machine's folders out."""

    @property
    def path(self) -> Path:
        """Where it is, once it is there: a file on a hub is waited for."""

    @property
    def size(self) -> int:
        """Bytes, packed as they are."""


class LocalFile(NamedTuple):
    """A `SourceFile` on this machine."""

    label: str
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def format_of(name: str) -> str | None:
    """txt | jsonl | json | csv | tsv | parquet, or None for a name that is not known."""
    match = _KNOWN.fullmatch(name)
    if not match:
        return None
    found = (match["format"] or match["table"]).lower()
    return _ALIKE.get(found, found)


def files_at(path: Path, *, where: object = None, key: str = "path") -> list[LocalFile]:
    """The files at a path or glob, sorted by label. Raises `InputError` when there is none."""
    if path.is_file():
        if not format_of(path.name):
            raise InputError(f"{path} is in no format known here", where=where, key=key, fix=f"use {FORMATS}")
        return [LocalFile(path.name, path)]
    folder, found = _listing(path)
    labelled = [LocalFile(p.relative_to(folder).as_posix(), p) for p in found if format_of(p.name) and p.is_file()]
    if not labelled:
        problem = f"nothing to read at {path}" if found or path.is_dir() else f"no such file or folder: {path}"
        raise InputError(problem, where=where, key=key, fix=f"check the path; files may be {FORMATS}")
    return sorted(labelled)


def _listing(path: Path) -> tuple[Path, list[Path]]:
    """A folder's files, or a glob's matches, and the folder that their labels start from."""
    if path.is_dir():
        return path, [p for p in path.rglob("*") if not _hidden(p.relative_to(path))]
    magic = next((i for i, part in enumerate(path.parts) if glob.has_magic(part)), None)
    if magic is None:
        return path, []
    folder = Path(*path.parts[:magic])
    return folder, [p for p in folder.glob(str(Path(*path.parts[magic:]))) if not _hidden(p.relative_to(folder))]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
