"""Weights & Biases' own file, as its recorder writes it: what LEET opens.

    :W&B header | LevelDB log: blocks of 32 KiB, records cut into fragments of (crc32, length, kind) | protobuf records

Written without the `wandb` package, by the format's definition, because a million records through its logger would
take longer than the rest of the benchmark.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from bench.curves import PACE, START, Curves, rows, run_name

_BLOCK = 32768
_HEAD = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_SEED = {kind: zlib.crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}


class WandbFile:
    """Appends protobuf records to one `.wandb` file."""

    def __init__(self, path: Path):
        self._file = path.open("wb")
        self._file.write(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
        self._at = _HEAD

    def add(self, data: bytes) -> None:
        """One record, in as many fragments as the blocks make of it."""
        first = True
        while True:
            room = _BLOCK - self._at % _BLOCK
            if room < _HEAD:
                self._write(bytes(room))
                continue
            part, data = data[: room - _HEAD], data[room - _HEAD :]
            kind = (_LAST if not data else _MIDDLE) if not first else (_FULL if not data else _FIRST)
            self._write(struct.pack("<IHB", zlib.crc32(part, _SEED[kind]), len(part), kind) + part)
            first = False
            if not data:
                return

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def write_run(folder: Path, run: int, made: Curves, *, ended: bool = True) -> WandbFile:
    """A run's folder below `folder` (W&B's `wandb/`), named as an offline run's; the open file."""
    key = f"bench{run:03d}"
    path = folder / f"offline-run-20251124_{run // 60:02d}{run % 60:02d}00-{key}"
    path.mkdir(parents=True)
    file = WandbFile(path / f"run-{key}.wandb")
    file.add(_run(key, run_name(run), START + run * 60))
    for step, values in rows(made):
        file.add(history(step, dict(zip(made, values, strict=True)), START + run * 60))
    if ended:
        file.add(_field(18, _number(1, 0)))
    file.flush()
    return file


def history(step: int, values: dict[str, float], start: float) -> bytes:
    """A history record: the metrics of one step, values as JSON."""
    items = [(name, b"%.6f" % value) for name, value in values.items()]
    items += [("_step", b"%d" % step), ("_runtime", b"%.2f" % (step * PACE))]
    items += [("_timestamp", b"%.2f" % (start + step * PACE))]
    body = b"".join(_field(1, _field(1, key.encode()) + _field(16, value)) for key, value in items)
    return _field(2, body + _field(2, _number(1, step)))


def _run(key: str, name: str, start: float) -> bytes:
    time = _number(1, int(start))
    return _field(17, _field(1, key.encode()) + _field(3, b"bench") + _field(8, name.encode()) + _field(17, time))


# --- protobuf's wire format ------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)
