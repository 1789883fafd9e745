"""A plan in time and money: what a run will take on this machine, and how that is known.

Plan (size.py)  +  Rehearsed: its own first steps, timed here  ->  Estimate, to within a few per cent
                or Measured: what another run achieved here    ->  Estimate, roughly
                or nothing                                     ->  Estimate that says nothing of time
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from engine.config.hardware import Hardware
from engine.config.schema import TrainConfig
from engine.config.size import Plan


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What the first steps of a run took, when they were done to be timed. Seconds and bytes."""

    device: str
    """In words."""
    start_seconds: float
    """From the process's start until steps take their usual time: imports, weights, data, warming up."""
    step_seconds: float
    """One whole step, all its micro-batches together."""
    look_seconds: float
    """One look at the held-out loss."""
    save_seconds: float
    """One checkpoint."""
    peak_bytes: int
    """Most memory held: on a GPU that of the device, else of the process."""
    steps: int
    """That were timed."""
    time: float
    """When, in seconds since the epoch."""

    def seconds(self, train: TrainConfig, steps: int) -> float:
        """Of a run of so many steps, from its process's start to its end."""
        looks, saves = -(-steps // train.eval_every), -(-steps // train.checkpoint_every)
        work = steps * self.step_seconds + looks * self.look_seconds + saves * self.save_seconds
        return self.start_seconds + work


@dataclass(frozen=True)
class Measured:
    """What a run on this machine achieved."""

    flops_per_second: float
    run: str
    """Its name."""
    run_id: str
    device: str
    """In words."""


@dataclass(frozen=True)
class Estimate:
    """A plan, and what is known of the time that it takes here."""

    plan: Plan
    train: TrainConfig
    rehearsed: Rehearsed | None = None
    """None: it was not rehearsed on this machine."""
    measured: Measured | None = None
    """None: no run was measured here yet."""
    room_bytes: int = 0
    """What a run may take of the device's memory; 0: not known."""
    hardware: Hardware | None = None
    """The machine that this is told for, where it is not the one at hand."""
    base: str = ""
    """branch: the model it grows from."""
    share_of_base: float | None = None
    """branch: arithmetic, as a share of what the base took; None when nobody knows what that was."""

    @property
    def seconds(self) -> float | None:
        """At most; None where nothing tells. What several devices have to tell each other is left out."""
        if self.hardware is not None:
            return self.hardware.seconds(self.plan.flops) / self.train.devices
        if self.rehearsed is not None:
            return self.rehearsed.seconds(self.train, self.plan.steps)
        return self.plan.flops / self.measured.flops_per_second / self.train.devices if self.measured else None

    @property
    def price_per_hour(self) -> float:
        return self.train.price_per_hour

    @property
    def money(self) -> float | None:
        """In the currency of the price; None without a price or a time."""
        hourly = self.price_per_hour * self.train.devices
        return self.seconds / 3600 * hourly if self.seconds is not None and hourly else None
