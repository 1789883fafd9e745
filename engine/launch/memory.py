"""Whether a run fits the device's memory, and how many sequences at once do.

    Plan (its bytes)  +  room (the device's bytes)  ->  the largest micro-batch that fits
                                                    ->  or an `InputError` that says what would

Asked before a run is queued: a run that cannot fit would die minutes later, for reasons hard to read. No torch here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import psutil
from msgspec.structs import replace

from engine import figures
from engine.config.schema import TrainConfig
from engine.config.size import Plan
from engine.errors import InputError
from engine.launch import resources

TrainT = TypeVar("TrainT", bound=TrainConfig)

USABLE = 0.92
"""Of a device's memory: the rest goes to what the allocator cannot use and to what else runs."""
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def on_gpu(device: str) -> bool:
    """Whether `train.device` means one here, as far as can be told without torch."""
    return device.startswith("cuda") or (device == "auto" and resources.slots() != [None])


def room(train: TrainConfig) -> int:
    """Bytes that each of a run's devices may take: of the smallest GPU that it may be given, else of this machine,
    which processes without a GPU share."""
    if on_gpu(train.device):
        totals = [resources.gpu(slot).get("memory_total") for slot in resources.slots() if slot is not None]
        if known := [total for total in totals if total]:
            return int(min(known) * USABLE)
    return int(min([psutil.virtual_memory().total, *_limits()]) * USABLE / train.devices)


def _limits() -> list[int]:
    """What a container allows, where one does."""
    texts = [Path(path).read_text().strip() for path in _LIMITS if Path(path).is_file()]
    return [int(text) for text in texts if text.isdecimal()]


def largest(plan: Plan, share: int, bytes_there: int) -> int:
    """The most sequences at once that fit and divide a device's share of a step; 0 where not even one fits."""
    fitting = (rows for rows in divisors(share) if plan.at_once(rows).peak_bytes <= bytes_there)
    return next(fitting, 0)


def divisors(share: int) -> Sequence[int]:
    """Micro-batches that make up a device's share of a step, the largest first."""
    return [rows for rows in range(share, 0, -1) if share % rows == 0]


def settle(plan: Plan, train: TrainT, bytes_there: int) -> TrainT:
    """`micro_batch = "auto"` as a number: the most that fit, or one where none do."""
    if train.micro_batch != "auto":
        return train
    return replace(train, micro_batch=largest(plan, train.share, bytes_there) or 1)


def check(plan: Plan, share: int, bytes_there: int, *, where: object = None) -> None:
    """Raise `InputError` when a run would need more than there is. The fix is the smallest change that helps.

    `share`: sequences of a step that each device takes.
    """
    if plan.peak_bytes <= bytes_there:
        return
    problem = f"needs ~{figures.size(plan.peak_bytes)} of memory, and there are {figures.size(bytes_there)}"
    if rows := largest(plan, share, bytes_there):
        raise InputError(problem, where=where, key="train.micro_batch", fix=f'set it to {rows}, or to "auto"')
    if plan.spared is not None and (rows := largest(plan.spared, share, bytes_there)):
        fix = f"set it to true, and train.micro_batch to {rows}"
        raise InputError(problem, where=where, key="train.recompute", fix=fix)
    fix = "choose a smaller model, train fewer of its weights, or take a larger device; --force tries all the same"
    raise InputError(problem, where=where, key="model" if plan.learning == plan.parameters else "what", fix=fix)
