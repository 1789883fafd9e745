"""What a configuration takes from the environment of whoever asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from engine.config.corpus import SourceConfig
from engine.config.schema import CorpusConfig, ImportConfig, RunConfig
from engine.hub import HubPlace, asked_here

Config = TypeVar("Config", bound=RunConfig)


def as_asked_here(config: Config) -> Config:
    """The same with this process's hub settings written down, where it says none, and an import's folder absolute."""
    match config:
        case ImportConfig():
            local = Path(config.source).expanduser()
            source = str(local.absolute()) if local.exists() else config.source
            return replace(config, source=source, **_place(config))
        case CorpusConfig():
            sources = (replace(s, **_place(s)) if s.type == "hub" else s for s in config.sources)
            return replace(config, sources=tuple(sources))
    return config


def _place(config: ImportConfig | SourceConfig) -> dict[str, str | bool]:
    return asked_here(HubPlace(config.endpoint, config.cache, config.offline))._asdict()
