"""A source made a folder: itself, or what the hub's own client fetches or finds in its cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.config.schema import ImportConfig
from engine.errors import InputError
from engine.freeze.source import check_source, is_local

_WANTED = ("*.json", "*.jinja", "*.safetensors")


def fetch(config: ImportConfig, say: Callable[[str], None]) -> tuple[Path, str]:
    """The folder, and in words where it came from. Raises `InputError` when it cannot be had."""
    check_source(config.source)
    if is_local(config.source):
        return Path(config.source), config.source
    folder = _from_hub(config, say)
    return folder, f"{config.source}@{folder.name[:12]}"  # a snapshot's folder is named by its commit


def _from_hub(config: ImportConfig, say: Callable[[str], None]) -> Path:
    try:
        import huggingface_hub as hub
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
        )
    except ModuleNotFoundError:
        fix = "pip install 'graftline[hub]', or give a local folder"
        raise InputError("a hub id needs the package huggingface_hub", where=config.source, fix=fix) from None
    say(f"hub: {config.source} from {'the cache alone' if config.offline else config.endpoint or 'the public hub'}")
    try:
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
    except (LocalEntryNotFoundError, OfflineModeIsEnabled):
        fix = "connect once, or give a local folder"
        raise InputError("is not in the hub's cache and could not be fetched", where=config.source, fix=fix) from None
    except (HfHubHTTPError, HFValidationError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"the hub refuses: {first}", where=config.source, fix="check the id and revision") from None
