"""Where open weights come from: a folder on this machine, or an id on a hub, told apart without asking the network."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec.structs import replace

from engine.config.schema import ImportConfig
from engine.errors import InputError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def as_asked_here(config: ImportConfig) -> ImportConfig:
    """An import with its folder's path made absolute and, where it says nothing itself, this process's hub settings.

    They are written down because the run is carried out by another process, which has an environment of its own.
    """
    local = Path(config.source).expanduser()
    home = os.environ.get("HF_HOME")
    cache = os.environ.get("HF_HUB_CACHE") or (str(Path(home) / "hub") if home else "")
    return replace(
        config,
        source=str(local.absolute()) if local.exists() else config.source,
        endpoint=config.endpoint or os.environ.get("HF_ENDPOINT", ""),
        cache=config.cache or cache,
        offline=config.offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"},
    )


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
