"""The training loop, shared by pretraining and branching.

    batch -> loss -> backward -> clip -> update -> [log] -> [held-out look -> plateau?] -> [checkpoint] -> next step

What comes in: a model whose trainable weights are marked by `requires_grad`, and a `Task` that knows data and loss.
What holds: a run killed at any instant and run again gives the same losses and weights, bit for bit on the same
machine; what is recorded at a step is recorded before that step's checkpoint.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.errors import InputError, RunFailedError
from engine.journal.events import Checkpoint, Decision, Metrics, Planned
from engine.journal.reader import Tail
from engine.model.devices import Device
from engine.model.flops import trained_flops_per_token
from engine.model.transformer import GraftModel
from engine.stage import StageContext
from engine.train import checkpoint
from engine.train.optim import Optimizers
from engine.train.plateau import Plateau
from engine.train.schedule import Schedule
from engine.train.state import TrainState


class Task(Protocol):
    """What is learned, from what."""

    steps_per_epoch: float
    """Batches in one pass over the training data."""

    def batch(self, first: int, size: int) -> Any:
        """`size` training items, from the run's `first` on (0, size, 2 size ...; epochs follow each other).

        A pure function of the task's seed and `first`: so the data position IS the step.
        """

    def loss(self, model: GraftModel, batch: Any) -> tuple[Tensor, int]:
        """The SUM of the losses (nats) of a batch's targets, and how many targets there are (0: none)."""

    def tokens(self, batch: Any) -> int:
        """Tokens that the model reads in a batch, padding left out."""

    def heldout(self, model: GraftModel) -> dict[str, float]:
        """Held-out measurements, without gradients. Must hold `heldout_loss`: the mean per target in nats."""


@dataclass(frozen=True)
class FitResult:
    """How training ended. All counters are over all attempts."""

    stopped: bool
    """It was asked to stop before its end."""
    step: int
    tokens: int
    flops: float
    device_seconds: float
    best_step: int
    """The checkpoint with the lowest held-out loss; 0: none was looked at yet."""
    best_loss: float | None


def fit(
    context: StageContext, model: GraftModel, task: Task, train: TrainConfig, *, seed: int, device: Device
) -> FitResult:
    """Train `model` on `device`, going on from the run folder's last checkpoint when there is one.

    Raises `RunFailedError` when the loss is no longer a number, `OSError` when a checkpoint cannot be written.
    """
    limit = step_limit(task, train)
    if train.micro_batch and train.batch % train.micro_batch:
        problem = f"{train.batch} is no multiple of micro_batch {train.micro_batch}"
        raise InputError(problem, where=context.folder.config, key="train.batch", fix="make it one")
    return _Fit(context, model.to(device.torch_device), task, train, seed, device, limit).run()


def step_limit(task: Task, train: TrainConfig) -> int:
    """The most steps a run takes: as configured, or as many as its epochs need."""
    return train.steps or max(1, math.ceil(train.epochs * task.steps_per_epoch))


class _Fit:
    """One call of `fit`: its parts, and its state."""

    def __init__(
        self,
        context: StageContext,
        model: GraftModel,
        task: Task,
        train: TrainConfig,
        seed: int,
        device: Device,
        limit: int,
    ):
        self.context, self.model, self.task, self.train = context, model, task, train
        self.seed, self.device = seed, device
        self.schedule = Schedule.of(train, limit)
        self.optimizers = Optimizers(model, train)
        self.learned = [p for p in model.parameters() if p.requires_grad]
        self.flops_per_token = trained_flops_per_token(model)
        self.state = TrainState(
            plateau=Plateau(patience=train.patience, min_gain=train.min_gain), threads=torch.get_num_threads()
        )
        self.loss_sum = torch.zeros((), device=device.torch_device)
        self.grad_norm: Tensor | None = None
        self.began = time.monotonic()
        self.before = 0.0
        """Seconds of earlier attempts."""
        self.window_began, self.window_tokens = self.began, 0

    # --- the life of a run ------------------------------------------------------------------------

    def run(self) -> FitResult:
        state, context = self.state, self.context
        context.record(
            Planned(
                steps=self.schedule.limit,
                parameters=sum(p.numel() for p in self.model.parameters()),
                trainable=sum(p.numel() for p in self.learned),
                tokens_per_step=self.train.batch * self.model.card.model.context,
                flops_per_token=self.flops_per_token,
            )
        )
        if steps := context.folder.steps():
            state = self.resume(steps[-1])
        self.model.train()
        while state.step < self.schedule.end(state.decay_start):
            if context.stop_asked:
                return self.stop()
            self.update(state.step + 1)
            self.after(state.step)
        return self.result(stopped=False)

    def resume(self, step: int) -> TrainState:
        """Go on from a checkpoint, exactly."""
        context = self.context
        self.state = state = checkpoint.restore(context.folder, step, self.model, self.optimizers)
        if state.threads != torch.get_num_threads():
            context.say(f"using {state.threads} CPU threads again, as before: another number would change the results")
            torch.set_num_threads(state.threads)
        self.loss_sum.fill_(state.window_loss)
        self.before = state.seconds
        context.record(Decision(what="resume", step=step, why=f"from the checkpoint at step {step:,}"))
        if not self.announced(step):  # killed between the folder and its event
            self.announce(checkpoint.digest(context.folder, step), ())
        return state

    def stop(self) -> FitResult:
        """Somebody asked: leave a checkpoint to go on from."""
        if self.state.step and self.state.step not in self.context.folder.steps():
            self.save(looked=False)
        return self.result(stopped=True)

    def result(self, *, stopped: bool) -> FitResult:
        s = self.state
        seconds = self.before + time.monotonic() - self.began
        return FitResult(stopped, s.step, s.tokens, s.flops, seconds, s.best_step, s.best_loss)

    # --- one step ---------------------------------------------------------------------------------

    def update(self, step: int) -> None:
        """One optimizer step. Nothing here waits for a GPU."""
        train, state = self.train, self.state
        # A step's randomness depends on seed and step alone, so there is no generator to save.
        self.device.seed((self.seed << 32) + step)
        size = train.micro_batch or train.batch
        parts = train.batch // size
        total, targets, tokens = torch.zeros_like(self.loss_sum), 0, 0
        for part in range(parts):
            batch = self.task.batch((step - 1) * train.batch + part * size, size)
            with self.device.autocast():
                loss, count = self.task.loss(self.model, batch)
            (loss / count if parts == 1 else loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            targets += count
            tokens += self.task.tokens(batch)
        if parts > 1:
            for p in self.learned:
                if p.grad is not None:
                    p.grad.div_(targets)
        # Without clipping the norm is still taken, against infinity: it is worth seeing, and costs 1 % of a step.
        self.grad_norm = torch.nn.utils.clip_grad_norm_(self.learned, train.clip or math.inf)
        self.optimizers.step(self.schedule.factor(step, state.decay_start))
        self.loss_sum += total / targets
        self.window_tokens += tokens
        state.step, state.window_steps = step, state.window_steps + 1
        state.tokens += tokens
        state.flops += tokens * self.flops_per_token

    def after(self, step: int) -> None:
        """What is due after an update, in the order that makes a resume exact."""
        train, state = self.train, self.state
        if state.decay_start is None and step >= self.schedule.latest_start:
            self.begin_decay("so that it ends at the step limit")
        looked = step % train.eval_every == 0 or step == self.schedule.end(state.decay_start)
        due = step % train.checkpoint_every == 0 or self.context.checkpoint_asked
        if step % train.log_every == 0 or looked or step == 1:
            self.log()
        if looked:
            self.look()
        end = step == self.schedule.end(state.decay_start)
        if end:
            why = "held-out loss was flat and the decay is over" if state.flattened else "step limit"
            what = "plateau" if state.flattened else "step limit"
            self.context.record(Decision(what="end", step=step, why=f"{what}: {why}" if state.flattened else what))
        if due or end:
            self.save(looked=looked)

    def log(self) -> None:
        """Record the mean training loss since the last time, and the rates."""
        state = self.state
        loss = self.loss_sum.item() / state.window_steps
        now = time.monotonic()
        rate = self.window_tokens / max(now - self.window_began, 1e-9)
        norm = self.grad_norm.item() if self.grad_norm is not None else math.nan
        factor = self.schedule.factor(state.step, state.decay_start)
        self.measure({"train_loss": loss, "lr": self.train.lr * factor, "grad_norm": norm, "tokens_per_second": rate})
        self.loss_sum.zero_()
        state.window_steps = self.window_tokens = 0
        self.window_began = now
        self.must_be_number(loss)

    def look(self) -> None:
        """Measure held-out loss; when it has flattened, begin the decay."""
        state = self.state
        began = time.monotonic()
        self.model.eval()
        with torch.no_grad(), self.device.autocast():
            values = self.task.heldout(self.model)
        self.model.train()
        memory = self.device.memory_bytes()
        self.measure({**values, "memory_bytes": float(memory)} if memory is not None else values)
        loss = values["heldout_loss"]
        state.heldout_step, state.heldout_loss = state.step, loss
        if state.plateau.look(loss) and state.decay_start is None:
            state.flattened = True
            gain = f"{self.train.min_gain:.2%}"
            why = f"no gain of {gain} over {state.plateau.best:.4f} in {self.train.patience} looks"
            self.context.record(Decision(what="plateau", step=state.step, why=f"held-out loss is flat: {why}"))
            self.begin_decay("held-out loss is flat")
        self.window_began += time.monotonic() - began

    def begin_decay(self, why: str) -> None:
        state = self.state
        state.decay_start = state.step
        end = self.schedule.end(state.step)
        if end > state.step:
            self.context.record(Decision(what="decay", step=state.step, why=f"{why}; the last step is {end:,}"))

    def save(self, *, looked: bool) -> None:
        """Write a checkpoint. Only one whose held-out loss was looked at can be the best."""
        state = self.state
        began = time.monotonic()
        state.window_loss = self.loss_sum.item()
        # The newest update may have spoiled the weights before any loss could show it.
        whole = all(bool(p.isfinite().all()) for p in self.learned)
        self.must_be_number(state.window_loss if whole else math.nan)
        loss = state.heldout_loss if looked else None
        if loss is not None and (state.best_loss is None or loss < state.best_loss):
            state.best_step, state.best_loss = state.step, loss
        state.seconds = self.before + began - self.began
        digest = checkpoint.save(self.context.folder, state, self.model, self.optimizers)
        self.announce(digest, checkpoint.retain(self.context.folder, state, self.train.keep))
        self.context.checkpoint_asked = False
        self.window_began += time.monotonic() - began

    # --- telling ----------------------------------------------------------------------------------

    def announce(self, digest: str, removed: tuple[int, ...]) -> None:
        state = self.state
        self.context.record(
            Checkpoint(
                step=state.step,
                tokens=state.tokens,
                heldout_loss=state.heldout_loss if state.heldout_step == state.step else None,
                best=state.best_step == state.step,
                sha256=digest,
                removed=removed,
            ),
            sync=True,
        )

    def announced(self, step: int) -> bool:
        """Whether the journal knows of this step's checkpoint."""
        tail = Tail(self.context.folder.journal)
        while records := tail.poll():
            if any(isinstance(r.event, Checkpoint) and r.event.step == step for r in records):
                return True
        return False

    def measure(self, values: dict[str, float]) -> None:
        state = self.state
        shown = {name: value if math.isfinite(value) else None for name, value in values.items()}
        seconds = self.before + time.monotonic() - self.began
        self.context.record(Metrics(step=state.step, tokens=state.tokens, seconds=seconds, values=shown))

    def must_be_number(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        step = self.state.step
        self.context.record(Decision(what="nan", step=step, why="the training loss is no longer a number"))
        raise RunFailedError(f"{self.context.folder.config}: train.lr: loss is not a number at step {step} (lower it)")
