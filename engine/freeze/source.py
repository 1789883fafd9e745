"""Where open weights come from: a folder on this machine, or an id on a hub, told apart without asking the network."""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import InputError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def is_local(source: str) -> bool:
    return Path(source).is_absolute()


def check_source(source: str, *, where: object = None) -> None:
    """Raise `InputError` for what is neither a folder in the Hugging Face layout nor shaped like a hub id."""
    path = Path(source)
    if is_local(source):
        if not path.is_dir():
            raise InputError("no such folder", where=source, key="source", fix="name a folder, or a hub id: ORG/NAME")
        if not (path / "config.json").is_file():
            fix = "name a folder in the Hugging Face layout"
            raise InputError("holds no config.json", where=source, key="source", fix=fix)
    elif not _HUB_ID.fullmatch(source):
        problem = f"{source!r} is no folder here and no hub id"
        raise InputError(problem, where=where, key="source", fix="a hub id is ORG/NAME")
