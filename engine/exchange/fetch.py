"""A source made a folder: itself, or what the hub's own client fetches or finds in its cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.config.schema import ImportConfig
from engine.freeze.source import check_source, is_local
from engine.hub import HubPlace, client

_WANTED = ("*.json", "*.jinja", "*.safetensors")


def fetch(config: ImportConfig, say: Callable[[str], None]) -> tuple[Path, str]:
    """The folder, and in words where it came from. Raises `InputError` when it cannot be had."""
    check_source(config.source)
    if is_local(config.source):
        return Path(config.source), config.source
    folder = _from_hub(config, say)
    return folder, f"{config.source}@{folder.name[:12]}"  # a snapshot's folder is named by its commit


def _from_hub(config: ImportConfig, say: Callable[[str], None]) -> Path:
    with client(config.source, instead="a local folder") as hub:
        say(f"hub: {config.source} from {HubPlace(config.endpoint, config.cache, config.offline).name}")
        return Path(
            hub.snapshot_download(
                config.source,
                revision=config.revision or None,
                endpoint=config.endpoint or None,
                cache_dir=config.cache or None,
                local_files_only=config.offline,
                allow_patterns=list(_WANTED),
            )
        )
