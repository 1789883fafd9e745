"""Which device does the work and in which precision: chosen by itself, and said aloud."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from engine.errors import InputError, MachineError
from engine.model.products import products

_FIX = "use auto, cpu, mps, cuda or cuda:N"


@dataclass(frozen=True)
class Device:
    """A device, the precision that matrix products run in there, and both in words."""

    name: str
    """`cpu`, `mps`, `cuda`, `cuda:1` ..."""
    torch_device: torch.device
    dtype: torch.dtype
    """float32, or bfloat16: then weights and optimizer stay fp32 and products run under autocast."""
    words: str
    """One line for people: `device: CPU, 2 threads, fp32 (no CUDA or MPS device here)`."""

    @property
    def precision(self) -> str:
        """As a configuration names it: fp32 or bf16."""
        return "fp32" if self.dtype == torch.float32 else "bf16"

    def autocast(self) -> AbstractContextManager[object]:
        """The context that the forward pass runs in."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=self.dtype)

    def seed(self, value: int) -> None:
        """Set the random generators that dropout draws from: the CPU's, and this device's."""
        torch.default_generator.manual_seed(value)
        if self.torch_device.type == "cuda":
            torch.cuda.manual_seed(value)
        elif self.torch_device.type == "mps":
            torch.mps.manual_seed(value)

    def memory_bytes(self) -> int | None:
        """Most memory held on the device so far; None where nobody counts."""
        if self.torch_device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.torch_device)
        if self.torch_device.type == "mps":
            return torch.mps.driver_allocated_memory()
        return None


def choose(device: str = "auto", precision: str = "auto", *, where: object = None, key: str = "train.device") -> Device:
    """The device that `device` names, or the best there is: CUDA, else MPS, else the CPU.

    `precision` auto is bf16 where products are faster in it, else fp32; on a CPU that is measured (`products`). On two
    AVX512-BF16 cores a step of a model of width 128 takes 0.75 times fp32's time, of width 256 0.46 times, and the
    losses agree to 0.001.
    """
    found = _find(device, where, key)
    reason = ""
    if found.type == "cuda":
        _make_repeatable()
        bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        title = torch.cuda.get_device_name(found)
    elif found.type == "mps":
        bf16, title = False, "Apple GPU (MPS)"
    else:
        threads = torch.get_num_threads()
        bf16 = multiplies_bf16(found)
        title = f"CPU, {threads} thread{'s' * (threads != 1)}"
        reason = f" ({_measured()})" if precision == "auto" else ""
        reason += " (no CUDA or MPS device here)" if device == "auto" else ""
    wanted = ("bf16" if bf16 else "fp32") if precision == "auto" else precision
    dtype = torch.bfloat16 if wanted == "bf16" else torch.float32
    return Device(str(found), found, dtype, f"device: {title}, {wanted}{reason}")


def _measured() -> str:
    found = products()
    return f"GFLOP/s a core: {found.bf16:,.0f} in bf16, {found.fp32:,.0f} in fp32"


def multiplies_bf16(device: torch.device) -> bool:
    """Whether products in bf16 are faster there than in fp32."""
    return products().best == "bf16" if device.type == "cpu" else True


def _find(device: str, where: object, key: str) -> torch.device:
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError:
        raise InputError(f"{device!r} is no device", where=where, key=key, fix=_FIX) from None
    there = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and (found.index or 0) < torch.cuda.device_count(),
    }
    if found.type not in there:
        raise InputError(f"{device!r} is not supported", where=where, key=key, fix=_FIX)
    if not there[found.type]:
        place = f"{where}: {key}" if where else key
        raise MachineError(f"{place}: {device!r} is not on this machine (use auto)")
    return found


def _make_repeatable() -> None:
    """Exact resume needs kernels that give the same bits each time; on CUDA that has to be asked for."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("high")
