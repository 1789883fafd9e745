"""The training loop, shared by pretraining and branching.

    step -> [log] -> [held-out look -> plateau?] -> [checkpoint] -> next step

What comes in: a model whose trainable weights are marked by `requires_grad`, and a `Task` that knows data and loss.
What holds: a run killed at any instant and run again gives the same losses and weights, bit for bit on the same
machine; what is recorded at a step is recorded before that step's checkpoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from engine.config.schema import TrainConfig
from engine.config.split import check_split
from engine.journal.events import Planned
from engine.memory import keep_freed
from engine.model.devices import Device
from engine.model.flops import trained_flops_per_token
from engine.model.peak import peak_flops
from engine.model.transformer import GraftModel
from engine.stage import StageContext, peak_memory
from engine.train import checkpoint
from engine.train.guard import Finding, Guard, Response
from engine.train.memory import Memory
from engine.train.parallel import share
from engine.train.plateau import Plateau
from engine.train.profile import Profiler
from engine.train.record import Recorder
from engine.train.rescue import Rescue
from engine.train.schedule import Schedule
from engine.train.state import TrainState
from engine.train.step import Stepped, Stepper
from engine.train.task import Task
from engine.train.updates import Updates


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

    Raises `RunFailedError` when a loss is no number or a spike and the run is to stop then, `OSError` when a
    checkpoint cannot be written.
    """
    if device.torch_device.type == "cpu":
        keep_freed()
    check_split(train, where=context.folder.config)
    model.trunk.recompute = train.recompute
    parallel = share(context, model, train, device)
    result = _Fit(context, model, Stepper(parallel, model, task, train, seed, device), step_limit(task, train)).run()
    parallel.leave()
    return result


def devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"


def step_limit(task: Task, train: TrainConfig) -> int:
    """The most steps a run takes: as configured, or as many as its epochs need."""
    return train.steps or max(1, math.ceil(train.epochs * task.steps_per_epoch))


class _Fit:
    """One call of `fit`: its parts, and its state."""

    def __init__(self, context: StageContext, model: GraftModel, stepper: Stepper, limit: int):
        self.context, self.model, self.stepper = context, model, stepper
        self.train, self.parallel = stepper.train, stepper.parallel
        self.schedule = Schedule.of(self.train, limit)
        self.flops_per_token = trained_flops_per_token(self.model)
        plateau = Plateau(patience=self.train.patience, min_gain=self.train.min_gain)
        self.state = TrainState(
            plateau=plateau, threads=torch.get_num_threads(), ranks=self.parallel.size,
            precision=stepper.device.precision,
        )  # fmt: skip
        peak = peak_flops(stepper.device) * self.parallel.size
        self.recorder = Recorder(context, stepper.device.torch_device, self.flops_per_token, peak)
        self.updates = Updates(self.parallel.learned)
        self.guard = Guard(self.train, stepper.device.torch_device)
        self.rescue = Rescue(self.recorder, stepper)
        self.memory = Memory(self.recorder, stepper)
        self.profiler = Profiler(self.recorder, stepper.device.torch_device)

    @property
    def end(self) -> int:
        """The last step, as far as it is decided."""
        return self.schedule.end(self.state.decay_start)

    def run(self) -> FitResult:
        self.context.record(
            Planned(
                steps=self.schedule.limit,
                parameters=sum(p.numel() for p in self.model.parameters()),
                trainable=sum(p.numel() for p in self.model.parameters() if p.requires_grad),
                tokens_per_step=self.train.batch * self.model.card.model.context,
                flops_per_token=self.flops_per_token,
            )
        )
        if self.parallel.rank == 0:
            checkpoint.sweep(self.context.folder)
        steps = self.context.folder.steps()
        self.parallel.wait()  # until all have seen what there is, before anybody adds to it
        if steps:
            self.resume(steps[-1])
        elif "rollback" in (self.train.on_nan, self.train.on_spike):
            self.save(looked=False)  # something to go back to, from the first step on
        self.model.train()
        while self.state.step < self.end:
            if self.parallel.stop_asked:
                return self.stop()
            with self.profiler.around(self.state.step + 1):
                self.update(self.state.step + 1)
            self.after(self.state.step)
        self.profiler.finish(self.state.step)
        return self.result(stopped=False)

    def resume(self, step: int) -> None:
        """Go on from a checkpoint, exactly."""
        context = self.context
        self.state = state = checkpoint.restore(context.folder, step, self.parallel, self.stepper.optimizers)
        if state.ranks != context.ranks:
            was, now = devices(state.ranks), devices(context.ranks)
            context.say(f"this run began on {was} and goes on on {now}: the same steps, but for the last bits")
            state.ranks, state.threads = context.ranks, torch.get_num_threads()
        elif state.threads != torch.get_num_threads():
            context.say(f"using {state.threads} CPU threads again, as before: another number would change the results")
            torch.set_num_threads(state.threads)
        state.precision = self.stepper.device.precision
        self.memory.resume(state)
        self.recorder.resume(state)
        if not self.recorder.announced(step):  # killed between the folder and its event
            self.recorder.announce(state, checkpoint.digest(context.folder, step), ())

    def stop(self) -> FitResult:
        """Somebody asked: leave a checkpoint to go on from."""
        self.profiler.finish(self.state.step)
        if self.state.step and self.state.step not in self.context.folder.steps():
            self.save(looked=False)
        return self.result(stopped=True)

    def result(self, *, stopped: bool) -> FitResult:
        s = self.state
        seconds = self.recorder.seconds() * self.parallel.size
        return FitResult(stopped, s.step, s.tokens, s.flops, seconds, s.best_step, s.best_loss)

    def factor(self, step: int) -> float:
        """The share of the peak learning rates at a step: the schedule's, less what rollbacks took."""
        return self.schedule.factor(step, self.state.decay_start) * self.state.guard.rate

    def update(self, step: int) -> None:
        """One optimizer step, and its place in the state."""
        state = self.state
        stepped = self.memory.step(step, self.factor(step), lambda s: self.allows(step, s), state)
        state.step = step
        state.tokens += stepped.tokens
        state.flops += stepped.tokens * self.flops_per_token
        found = self.guard.findings(state.guard, newest=self.guard.waits or self.is_due(step))
        self.recorder.take(stepped, state, counts=not any(f.what == "nan" and f.step == step for f in found))
        for finding in found:
            self.respond(finding)
        if not any(f.response == "skip" for f in found):
            state.guard.dropped = 0

    def allows(self, step: int, stepped: Stepped) -> bool:
        """Whether the update may be made; and what it does to the weights, where that will be told."""
        allowed = self.guard.allows(self.state.guard, step, stepped)
        if allowed and step % self.train.eval_every == 0:
            self.updates.before()
        return allowed

    def respond(self, finding: Finding) -> None:
        self.rescue.respond(finding, self.state, self.train.lr * self.factor(finding.step))

    def is_due(self, step: int) -> bool:
        """Whether something is recorded or saved after this step."""
        train = self.train
        regular = any(step % every == 0 for every in (train.log_every, train.eval_every, train.checkpoint_every))
        return regular or step in (1, self.end) or self.parallel.checkpoint_asked or self.parallel.stop_asked

    def after(self, step: int) -> None:
        """What is due after an update, in the order that makes a resume exact."""
        train, state = self.train, self.state
        if state.decay_start is None and step >= self.schedule.latest_start:
            self.begin_decay("so that it ends at the step limit")
        looked = step % train.eval_every == 0 or step == self.end
        due = step % train.checkpoint_every == 0 or self.parallel.checkpoint_asked
        if step % train.log_every == 0 or looked or step == 1:
            self.recorder.log(state, self.stepper.optimizers.rates(train, self.factor(step)))
        if looked:
            with self.recorder.off_the_clock():
                self.look()
        if step == self.end:
            flat = "plateau: held-out loss was flat and the decay is over"
            self.recorder.decide("end", step, flat if state.flattened else "step limit")
        if due or step == self.end:
            with self.recorder.off_the_clock():
                self.save(looked=looked)

    def look(self) -> None:
        """Measure held-out loss; when it has flattened, begin the decay."""
        state = self.state
        self.model.eval()
        values = self.stepper.look()
        self.model.train()
        place = {"epoch": state.step / self.stepper.task.steps_per_epoch, "memory_bytes": float(peak_memory())}
        self.recorder.measure(state, values | place | self.updates.after())
        state.heldout_step, state.heldout_loss = state.step, values["heldout_loss"]
        if state.plateau.look(values["heldout_loss"]) and state.decay_start is None:
            state.flattened = True
            gain = f"{self.train.min_gain:.2%}"
            why = f"no gain of {gain} over {state.plateau.best:.4f} in {self.train.patience} looks"
            self.recorder.decide("plateau", state.step, f"held-out loss is flat: {why}")
            self.begin_decay("held-out loss is flat")

    def begin_decay(self, why: str) -> None:
        state = self.state
        state.decay_start = state.step
        if self.end > state.step:
            self.recorder.decide("decay", state.step, f"{why}; the last step is {self.end:,}")

    def save(self, *, looked: bool) -> None:
        """Write a checkpoint. Only one whose held-out loss was looked at can be the best."""
        state = self.state
        if not self.stepper.is_sound():  # the newest update spoiled the weights, before any loss could show it
            response: Response = "rollback" if self.train.on_nan == "rollback" else "stop"
            self.respond(Finding("nan", state.step, math.nan, math.nan, None, response, begins=True))
        state.seconds = self.recorder.seconds()
        state.window_loss = self.recorder.loss_sum.item()
        loss = state.heldout_loss if looked else None
        if loss is not None and (state.best_loss is None or loss < state.best_loss):
            state.best_step, state.best_loss = state.step, loss
        folder, first = self.context.folder, self.parallel.rank == 0
        digest = checkpoint.save(folder, state, self.model.card, self.parallel, self.stepper.optimizers)
        self.recorder.announce(state, digest, checkpoint.retain(folder, state, self.train.keep) if first else ())
        self.context.checkpoint_asked = False
