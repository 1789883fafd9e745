"""What is done about a step that went wrong: its batch is kept, the journal told, and the user's choice carried out.

    note       go on
    stop       the run ends as failed; its last checkpoint is from before
    skip       the step's update is not made
    rollback   weights and optimizer of the last checkpoint, at half the learning rates from here on

After a rollback the data goes on where it is, past the batches that led there. PaLM (Chowdhery et al. 2022, section
5.1) did so by hand: restarted 100 steps before a spike, skipping a few hundred batches, spikes did not come back. And
steps never count backwards, so every curve stays a function of its steps.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch

from engine.errors import RunFailedError
from engine.journal import batches
from engine.model.transformer import GraftModel
from engine.train import checkpoint
from engine.train.guard import LOWER, MOST_DROPPED, MOST_ROLLBACKS, Finding
from engine.train.record import Recorder
from engine.train.state import TrainState
from engine.train.step import Stepper


class Rescue:
    """Carries out the responses of one run."""

    def __init__(self, recorder: Recorder, stepper: Stepper):
        self.recorder, self.stepper = recorder, stepper
        self.folder = recorder.context.folder

    def respond(self, finding: Finding, state: TrainState, rate: float) -> None:
        """Raises `RunFailedError` when the response is to stop, or nothing else has helped. `rate`: AdamW's."""
        if finding.begins or finding.response != "note":
            self._tell(finding, state, rate)
        match finding.response:
            case "stop":
                raise self._failed(finding, "lower it")
            case "skip":
                state.guard.dropped += 1
                if state.guard.dropped >= MOST_DROPPED:
                    raise self._failed(finding, f"{MOST_DROPPED} updates in a row were dropped: lower it")
            case "rollback":
                self._roll_back(finding, state)

    def _tell(self, finding: Finding, state: TrainState, rate: float) -> None:
        file = self._keep(self._batch(finding, rate)) if finding.begins else None
        done = "; the update was dropped" if finding.response == "skip" else ""
        where = f"; its batch is in {file.relative_to(self.folder.path)}" if file else ""
        self.recorder.decide(finding.what, finding.step, f"{finding.problem}{done}{where}")

    def _keep(self, batch: batches.KeptBatch) -> Path | None:
        """All ranks have made it together; the first one writes it down."""
        return batches.keep(self.folder, batch) if self.stepper.parallel.rank == 0 else None

    def _batch(self, finding: Finding, rate: float) -> batches.KeptBatch:
        task, size = self.stepper.task, self.stepper.train.batch
        first = (finding.step - 1) * size
        items = task.items(first, size)
        losses = self._losses(first, size)
        return batches.KeptBatch(
            step=finding.step,
            what=finding.what,
            why=finding.problem,
            loss=_number(finding.loss),
            grad_norm=_number(finding.norm),
            lr=rate,
            epoch=first / size / task.steps_per_epoch,
            source=task.source,
            unit=task.unit,
            items=tuple(
                batches.KeptItem(place=item.place, loss=loss, tokens=item.tokens) for item, loss in zip(items, losses)
            ),
        )

    def _losses(self, first: int, size: int) -> list[float | None]:
        """The mean loss of each item by itself."""
        task = self.stepper.task

        def losses(model: GraftModel) -> list[float | None]:
            each = (task.loss(model, task.batch(number, 1)) for number in range(first, first + size))
            return [_number(float(loss) / targets) if targets else None for loss, targets in each]

        self.stepper.model.eval()
        with torch.no_grad(), self.stepper.device.autocast():
            found = self.stepper.parallel.whole(losses)
        self.stepper.model.train()
        return found

    def _roll_back(self, finding: Finding, state: TrainState) -> None:
        guard = state.guard
        if guard.rollbacks == MOST_ROLLBACKS:
            raise self._failed(finding, f"{MOST_ROLLBACKS} rollbacks did not help: lower it")
        step = self.folder.steps()[-1]
        checkpoint.restore(self.folder, step, self.stepper.parallel, self.stepper.optimizers)
        guard.rollbacks += 1
        guard.rate *= LOWER
        if not self.recorder.loss_sum.isfinite():  # judged late: the loss was taken in already
            self.recorder.empty(state)
        left = f"learning rates are {guard.rate:.3g} times the schedule's from here on"
        why = f"{finding.problem}: weights and optimizer are those of step {step:,} again; {left}"
        self.recorder.decide("rollback", state.step, f"{why} ({guard.rollbacks} of at most {MOST_ROLLBACKS})")
        self.recorder.context.say(f"step {state.step:,}: {why}")

    def _failed(self, finding: Finding, fix: str) -> RunFailedError:
        where = f"{self.folder.config}: train.lr"
        return RunFailedError(f"{where}: {finding.problem} at step {finding.step} ({fix})")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
