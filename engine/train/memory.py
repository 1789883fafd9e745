"""When a step runs out of memory: half the micro-batch, twice as many of them, and the same step again.

The global batch stays, so the loss series does too, but for the last bits of its sums. Once in an attempt: who needs
it twice should choose. Only what comes before the update can be done again: the weights are whole, gradients go.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from msgspec.structs import replace

from engine.errors import MachineError
from engine.train.record import Recorder
from engine.train.state import TrainState
from engine.train.step import Stepped, Stepper


class Memory:
    """Makes the steps of one attempt, in as many micro-batches as it takes."""

    def __init__(self, recorder: Recorder, stepper: Stepper):
        self.recorder, self.stepper = recorder, stepper
        self.where = f"{recorder.context.folder.config}: train.micro_batch"
        self.halved = False

    def resume(self, state: TrainState) -> None:
        """Go on with the micro-batches of an attempt that ran out of memory."""
        if state.micro_batch:
            self.stepper.train = replace(self.stepper.train, micro_batch=state.micro_batch)

    def step(self, number: int, factor: float, allow: Callable[[Stepped], bool], state: TrainState) -> Stepped:
        """As `Stepper.step`. Raises `MachineError` when there is too little memory even so."""
        updating, rows = False, self.stepper.train.rows

        def allowed(stepped: Stepped) -> bool:
            nonlocal updating
            updating = allow(stepped)
            return updating

        try:
            return self.stepper.step(number, factor, allowed)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if updating:
                raise MachineError(f"{self.where}: out of memory in the update itself (a smaller model)") from None
            if self.stepper.parallel.size > 1:  # the others are waiting for this rank's gradients
                problem = (
                    f"out of memory at step {number}: set it to {half(self.stepper.train.share, rows)}, then resume"
                )
                raise MachineError(f"{self.where}: {problem}") from None
            problem = str(error).partition("\n")[0]
        self._halve(number, problem, state)  # out of the handler, whose traceback holds the step's tensors
        return self.step(number, factor, allow, state)

    def _halve(self, number: int, problem: str, state: TrainState) -> None:
        train = self.stepper.train
        rows = train.rows
        fewer = half(train.batch, rows)
        if self.halved or rows == 1:
            fix = f"{'a smaller model or context' if rows == 1 else f'set it to {fewer}'}, then resume"
            raise MachineError(f"{self.where}: out of memory with {rows} at a time at step {number} ({fix})")
        self.halved = True
        self.stepper.optimizers.drop_gradients()
        if self.stepper.device.torch_device.type == "cuda":
            torch.cuda.empty_cache()
        state.micro_batch = fewer
        self.resume(state)
        why = f"out of memory with {rows} sequences at a time: {fewer} from here on, {train.batch} a step as before"
        self.recorder.decide("oom", number, why)
        self.recorder.context.say(f"step {number:,}: {why} ({problem})")


def half(batch: int, rows: int) -> int:
    """The most that is at most half of `rows` and divides the batch."""
    return next(fewer for fewer in range(max(1, rows // 2), 0, -1) if batch % fewer == 0)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine, has no memory left. A CPU's allocator says so in a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
