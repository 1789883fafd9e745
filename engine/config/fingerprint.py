"""One short name for one exact configuration."""

from __future__ import annotations

import hashlib

import msgspec


def fingerprint(config: msgspec.Struct) -> str:
    """SHA-256 (64 hex digits) of the configuration as canonical JSON: keys sorted, defaults written out."""
    return hashlib.sha256(msgspec.json.encode(config, order="deterministic")).hexdigest()
