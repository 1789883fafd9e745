"""How a step's sequences are divided: over the devices, and on each into micro-batches.

batch = 48, devices = 2, micro_batch = 8      each device takes 24, in 3 forward passes of 8
"""

from __future__ import annotations

from engine.config.schema import TrainConfig
from engine.errors import InputError


def check_split(train: TrainConfig, *, where: object = None) -> None:
    """Raise `InputError` for a batch that does not divide evenly, or a device that cannot be several."""

    def refuse(problem: str, key: str, fix: str) -> None:
        raise InputError(problem, where=where, key=f"train.{key}", fix=fix)

    if train.batch % train.devices:
        refuse(f"{train.batch} is no multiple of devices {train.devices}", "batch", "make it one")
    if train.micro_batch != "auto" and train.share % train.rows:
        on_each = f" on {train.devices} devices, {train.share} on each," if train.devices > 1 else ""
        refuse(f"{train.batch}{on_each} is no multiple of micro_batch {train.rows}", "batch", "make it one")
    if train.devices > 1 and (":" in train.device or train.device == "mps"):
        fix = "use auto, cuda or cpu"
        refuse(f"{train.device!r} is one device, and train.devices asks for {train.devices}", "device", fix)
