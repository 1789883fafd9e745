"""TensorBoard's event file: what terminalboard opens.

    (length u64, its crc, event, its crc), ...   an event: time, step, one simple value for each metric (protobuf)

Every event of a file has the same length (the step's varint is padded), so that a whole file is one NumPy array and
its checksums are computed column by column.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.curves import PACE, START, Curves, run_name

_HEAD = 12
"""Length and its checksum."""


def write_run(folder: Path, run: int, made: Curves) -> Path:
    """A run's event file in a folder of its own below `folder`; its path."""
    path = folder / run_name(run) / "events.out.tfevents.1764000000.bench"
    path.parent.mkdir(parents=True)
    path.write_bytes(_version() + events(1, made, START + run * 60))
    return path


def events(first: int, made: Curves, start: float) -> bytes:
    """An event for each step from `first` on (all below 2,097,152)."""
    steps = first + np.arange(len(next(iter(made.values()))))
    body = _template(tuple(made))
    rows = np.broadcast_to(np.frombuffer(body, np.uint8), (len(steps), len(body))).copy()
    rows[:, 1:9] = (start + steps * PACE).astype("<f8").view(np.uint8).reshape(-1, 8)
    for byte, shift in enumerate((0, 7, 14)):
        rows[:, 10 + byte] = (steps >> shift & 0x7F) | (0x80 if byte < 2 else 0)
    for name, one in made.items():
        at = body.index(name.encode()) + len(name) + 1
        rows[:, at : at + 4] = one.astype("<f4").view(np.uint8).reshape(-1, 4)
    length = struct.pack("<Q", len(body))
    head = np.broadcast_to(np.frombuffer(length + _checksum(length), np.uint8), (len(steps), _HEAD))
    return np.concatenate([head, rows, _checksums(rows)], axis=1).tobytes()


def _template(names: tuple[str, ...]) -> bytes:
    """An event with zeros where time, step and values belong."""
    parts = [b"\x0a" + bytes([len(name)]) + name.encode() + b"\x15" + bytes(4) for name in names]
    summary = b"".join(b"\x0a" + bytes([len(part)]) + part for part in parts)
    return b"\x09" + bytes(8) + b"\x10" + bytes(3) + b"\x2a" + _varint(len(summary)) + summary


def _version() -> bytes:
    body = b"\x09" + struct.pack("<d", START) + b"\x1a\x0dbrain.Event:2"
    length = struct.pack("<Q", len(body))
    return length + _checksum(length) + body + _checksum(body)


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80, value >> 7])


# --- CRC-32C, masked as TFRecord does --------------------------------------------------------------


def _crc_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(0x82F63B78), table >> 1)
    return table


_TABLE = _crc_table()


def _checksums(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The masked checksum of each row, four bytes each."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        crc = _TABLE[(crc ^ column) & 0xFF] ^ crc >> 8
    crc ^= np.uint32(0xFFFFFFFF)
    masked = (crc >> 15 | crc << 17) + np.uint32(0xA282EAD8)
    return masked.astype("<u4").view(np.uint8).reshape(-1, 4)


def _checksum(data: bytes) -> bytes:
    return _checksums(np.frombuffer(data, np.uint8).reshape(1, -1)).tobytes()
