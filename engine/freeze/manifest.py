"""What a frozen model says about itself: `manifest.json`, with the hash of every file beside it.

bases/<name>@<n>/    manifest.json  model.safetensors  config.json  tokenizer/       all read-only

The manifest seals itself: `seal` is the hash of all its other fields, so that a changed byte in it shows as well.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from engine.config.schema import ModelCard
from engine.errors import FrozenError
from engine.paths import Workspace, write_atomic

MANIFEST = "manifest.json"
_FROZEN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63})@(?P<version>[1-9][0-9]*)")


class FrozenManifest(Struct, frozen=True, kw_only=True):
    """One version of one name. Nothing in it changes after it is written."""

    name: str
    version: int
    kind: str
    """base (pretrained) | variant (branched off another frozen model)"""
    parent: str | None = None
    """The frozen model it was branched off, `name@n`."""
    corpus: str | None = None
    """The built corpus that its run trained on, `name/hash`."""
    run_id: str
    step: int
    source: str = ""
    """Where an imported one came from: a folder, or a hub id with its commit."""
    method: str | None = None
    scratch: bool = False
    sha256: str
    """Of model.safetensors."""
    files: dict[str, str]
    """Every file here but the manifest, by its path inside the folder, and its SHA-256."""
    parameters: int = 0
    heldout_loss: float | None = None
    """At the frozen step; nats per token (per item for a classifier)."""
    frozen_at: float
    """Seconds since the epoch."""
    card: ModelCard
    seal: str = ""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"


def seal_of(written: dict[str, Any]) -> str:
    """The seal that fits a manifest as it is written.

    It is made from the file's own keys, not from what this version's struct would make of them: a field that a later
    version adds must not break the seals of before.
    """
    blank = {**written, "seal": "", "files": dict(sorted(written["files"].items()))}
    return hashlib.sha256(msgspec.json.encode(blank)).hexdigest()


def seal_holds(folder: Path) -> bool:
    """Whether a frozen folder's manifest is as it was written. It must be one that `load_manifest` reads."""
    written = msgspec.json.decode((folder / MANIFEST).read_bytes())
    return bool(seal_of(written) == written["seal"])


def save_manifest(manifest: FrozenManifest, folder: Path) -> FrozenManifest:
    """Seal a manifest and write it into its folder; returns what was written."""
    written = msgspec.json.decode(msgspec.json.encode(manifest))
    whole = msgspec.structs.replace(manifest, seal=seal_of(written))
    write_atomic(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
    return whole


def load_manifest(folder: Path) -> FrozenManifest:
    """The manifest of a frozen folder. Raises `FrozenError` naming the file when it cannot be read as one."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=FrozenManifest)
    except FileNotFoundError:
        raise FrozenError("is missing", where=path, fix="restore it from a backup, or freeze the run again") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrozenError(f"is damaged: {error}", where=path, fix="restore it from a backup") from None


def split_id(text: str) -> tuple[str, int] | None:
    """`tiny@2` as ("tiny", 2); None when it is no such id."""
    match = _FROZEN.fullmatch(text)
    return (match["name"], int(match["version"])) if match else None


def frozen_folders(workspace: Workspace, name: str | None = None) -> list[Path]:
    """The folders of every frozen model (or of every version of one name), by name and version."""
    if not workspace.bases.is_dir():
        return []
    found = [(key, path) for path in workspace.bases.iterdir() if (key := split_id(path.name)) and path.is_dir()]
    return [path for key, path in sorted(found) if name is None or key[0] == name]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
