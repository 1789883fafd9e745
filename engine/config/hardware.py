"""Machines that one does not have yet: what their makers say of them, so that a run can be planned for one.

Peaks are dense bf16 products on tensor cores without sparsity, in operations per second; memory in bytes. Both from
the makers' data sheets.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import NotFoundError

SHARE_OF_PEAK = 0.4
"""That a training run reaches: the middle of what is reported for such shapes on one device (0.46 for PaLM, Chowdhery
et al. 2022, section 4.1; 0.38 to 0.43 for Llama 3, Dubey et al. 2024, table 4)."""


@dataclass(frozen=True)
class Hardware:
    name: str
    flops_per_second: float
    memory_bytes: int

    def seconds(self, flops: float) -> float:
        """For so many operations, at the share of its peak that a training run reaches."""
        return flops / (self.flops_per_second * SHARE_OF_PEAK)


KNOWN = {
    "rtx4090": Hardware("NVIDIA RTX 4090", 165e12, 24_000_000_000),
    "l40s": Hardware("NVIDIA L40S", 362e12, 48_000_000_000),
    "a100": Hardware("NVIDIA A100 80 GB", 312e12, 80_000_000_000),
    "h100": Hardware("NVIDIA H100 SXM", 989e12, 80_000_000_000),
    "h200": Hardware("NVIDIA H200 SXM", 989e12, 141_000_000_000),
    "b200": Hardware("NVIDIA B200", 2250e12, 180_000_000_000),
}


def find_hardware(name: str) -> Hardware:
    """By its short name. Raises `NotFoundError`."""
    if name.lower() not in KNOWN:
        raise NotFoundError(f"no machine {name!r} is known", fix=f"one of {', '.join(KNOWN)}")
    return KNOWN[name.lower()]
