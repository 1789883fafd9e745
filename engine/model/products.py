"""How fast this processor multiplies matrices in fp32 and in bf16: measured once a machine, then remembered.

A few hundredths of a second of products of a small model's shape, the casts into bf16 included, as training pays for
them. What is remembered stays the same for a run that is resumed; another processor or torch is measured anew.
"""

from __future__ import annotations

import platform
import re
import time
from functools import cache
from pathlib import Path

import msgspec
import torch

from engine.paths import user_cache, write_atomic

_ROWS, _IN, _OUT = 1024, 256, 1024
_TRIES = 5


class Products(msgspec.Struct, frozen=True):
    """Thousand million operations a second, a multiplication and an addition being two."""

    fp32: float
    bf16: float

    @property
    def best(self) -> str:
        """The precision to train in: bf16 loses a little precision, so it has to be a good deal faster."""
        return "bf16" if self.bf16 > 1.3 * self.fp32 else "fp32"


@cache
def products() -> Products:
    """Of one core of this machine's CPU."""
    place, key = user_cache() / "products.json", _key()
    known = _remembered(place)
    if key not in known:
        known[key] = measure()
        try:
            write_atomic(place, msgspec.json.encode(known))
        except OSError:  # a home that cannot be written to: the next process measures again
            return known[key]
    return known[key]


def measure() -> Products:
    """The fastest of a few tries in either type, in the processor's time and on one core: so that what else the
    machine does meanwhile hardly counts. Two threads that wait for each other on a busy machine are 50 times slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measure()
    finally:
        torch.set_num_threads(threads)


def _measure() -> Products:
    x, weight = torch.rand(_ROWS, _IN), torch.rand(_OUT, _IN)
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        tries = []
        for _ in range(_TRIES + 1):
            began = time.thread_time()
            torch.mm(x.to(dtype), weight.to(dtype).T)
            tries.append(time.thread_time() - began)
        seconds[dtype] = min(tries[1:])  # the first one makes the kernel ready
    work = 2e-9 * _ROWS * _IN * _OUT
    return Products(round(work / seconds[torch.float32], 1), round(work / seconds[torch.bfloat16], 1))


def _remembered(place: Path) -> dict[str, Products]:
    try:
        return msgspec.json.decode(place.read_bytes(), type=dict[str, Products])
    except (OSError, msgspec.DecodeError):  # none yet, or of another version of ours
        return {}


def _key() -> str:
    told = Path("/proc/cpuinfo")
    name = re.search(r"model name\s*: (.*)", told.read_text()) if told.exists() else None
    return f"{name[1] if name else platform.processor()}, torch {torch.__version__}"
