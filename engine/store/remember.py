"""The workspace as it was last seen, in one file, so that a starting app has something to draw at once.

    Board.changes(0)  ->  graftline.snapshot  ->  Mirror.take

It holds nothing that is not in the database, may be deleted at any time, and is only ever believed until the supervisor
answers. A file of another version, or one that is damaged in any way, is as good as none.
"""

from __future__ import annotations

import zlib

import msgspec

from engine import __version__
from engine.paths import Workspace, write_atomic
from engine.store.rows import Changes


def _header(body: bytes) -> bytes:
    return f"graftline {__version__} {zlib.crc32(body):08x}\n".encode()


def save(workspace: Workspace, changes: Changes) -> None:
    """Write everything there is, so that a reader sees the old file whole or the new one. Raises `OSError`."""
    body = msgspec.msgpack.encode(changes)
    write_atomic(workspace.snapshot, _header(body) + body)


def size(workspace: Workspace) -> int:
    """Bytes that `load` would read."""
    try:
        return workspace.snapshot.stat().st_size
    except OSError:
        return 0


def load(workspace: Workspace) -> Changes | None:
    """What was saved last; None when there is nothing that can be believed."""
    try:
        header, _, body = workspace.snapshot.read_bytes().partition(b"\n")
    except OSError:  # a look at a workspace that one may not read says so by itself
        return None
    if header + b"\n" != _header(body):
        return None
    try:
        return msgspec.msgpack.decode(body, type=Changes)
    except msgspec.DecodeError:
        return None
