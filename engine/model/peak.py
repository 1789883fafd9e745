"""The most arithmetic that a device can do in a second: what the share of it that training reaches (MFU) is held to.

Of a GPU what its maker says (dense bf16 products); of anything else what the largest products reach here and now.
"""

from __future__ import annotations

import time
from functools import cache

import torch

from engine.config.hardware import KNOWN
from engine.model.devices import Device

SIZE = 768
"""Of the square matrices: large enough to keep every core busy, and 0.01 s on two of them."""
TRIES = 4


def peak_flops(device: Device) -> float:
    """FLOPs per second; 0 where nothing tells."""
    if device.torch_device.type == "cuda":
        return _told(torch.cuda.get_device_name(device.torch_device))
    return _measured(device.torch_device, device.dtype, torch.get_num_threads())


def _told(name: str) -> float:
    words = name.lower().replace(" ", "")
    return next((hardware.flops_per_second for short, hardware in KNOWN.items() if short in words), 0.0)


@cache
def _measured(device: torch.device, dtype: torch.dtype, threads: int) -> float:
    """The best of a few products: others may want the cores too."""
    left = torch.ones(SIZE, SIZE, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        (left @ left)[0, 0].item()
        best = min(best, time.perf_counter() - began)
    return 2 * SIZE**3 / best
