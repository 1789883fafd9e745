"""What a build may hold: how many workers, and how much memory each of its larger appetites has.

Which documents stay is the same under any budget. Two things follow from `memory` as it is configured, never from the
machine: how much text a vocabulary is learned from, and, where it is very small, the size of blocks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from engine.config.corpus import CorpusConfig

_MB = 1 << 20
_ENGINE = 160 * _MB
"""What the engine holds whatever it does: Python, NumPy, DuckDB, a block that is being read."""
_WORKER = 120 * _MB
"""What one worker holds, measured at blocks of 4 MB."""
_TRAINING = 512 * _MB
"""Of text. The trainer held 12 MB more over 30 MB of English books; where every word stood there in seventeen
alphabets, 230 MB over 70 MB of text and 380 MB over 280 MB."""
_BLOCK = 4 * _MB
"""Enough that starting on it costs nothing, little enough that every worker holds one or two."""


@dataclass(frozen=True)
class Budget:
    """Bytes, but for `workers`."""

    workers: int
    """Processes. 1: the engine does the work itself."""
    database: int
    """For DuckDB, which spills to disk beyond it."""
    sorting: int
    """For sorts of arrays over all documents, and the search for near duplicates."""
    training: int
    """Of text that the tokenizer learns from. What it holds grows with different words, which ever more text has."""
    at_once: int
    """Of text handed to the tokenizer's trainer at a time: with a quarter of it, training takes a tenth longer."""


def budget(config: CorpusConfig) -> Budget:
    """A configuration's budget on this machine."""
    total = config.memory * _MB or psutil.virtual_memory().available // 2
    workers = config.workers or min(cores(), max(1, (total - _ENGINE) // _WORKER))
    share = max(32 * _MB, (total - _ENGINE) // 2)
    return Budget(
        workers=workers, database=share, sorting=share // 2, training=_training(config), at_once=2 * block_bytes(config)
    )


def block_bytes(config: CorpusConfig) -> int:
    """Of text in a block. Depends on the configuration alone: parts of one key are cut one way on every machine."""
    small = 0 < config.memory * _MB < _ENGINE + _WORKER
    return _BLOCK // 4 if small else _BLOCK


def _training(config: CorpusConfig) -> int:
    """As `block_bytes`: the same on every machine."""
    return min(_TRAINING, config.memory * _MB // 4) if config.memory else _TRAINING


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
