"""What a training run tells: measurements, decisions and checkpoints into its journal; the clock and the rates.

    Stepped ... -> window -> Metrics        a look's values -> Metrics        a saved folder -> Checkpoint

What is recorded at a step is recorded before that step's checkpoint.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.journal.events import Checkpoint, Decision, Metrics
from engine.journal.reader import Tail
from engine.stage import StageContext
from engine.train.state import TrainState
from engine.train.step import Stepped


class Recorder:
    """One attempt's voice. The window is what happened since the last logged step."""

    def __init__(self, context: StageContext, device: torch.device, flops_per_token: float, peak: float):
        """`peak`: FLOPs per second that the device could do at most; 0: not known."""
        self.flops_per_token, self.peak = flops_per_token, peak
        self.context = context
        self.loss_sum = torch.zeros((), device=device)
        self.norm = torch.full((), math.nan)
        self.began = time.monotonic()
        self.before = 0.0
        """Seconds of earlier attempts."""
        self.window_began, self.window_tokens = self.began, 0

    def seconds(self) -> float:
        """Of this run, over all attempts."""
        return self.before + time.monotonic() - self.began

    def resume(self, state: TrainState) -> None:
        """Go on where a checkpoint's state ends."""
        self.loss_sum.fill_(state.window_loss)
        self.before = state.seconds
        self.decide("resume", state.step, f"from the checkpoint at step {state.step:,}")

    # --- the window -------------------------------------------------------------------------------

    def take(self, stepped: Stepped, state: TrainState, *, counts: bool) -> None:
        """Take in one step. Waits for nothing. A loss that does not count (is no number) is left out of the mean."""
        self.norm = stepped.norm
        self.window_tokens += stepped.tokens
        if counts:
            self.loss_sum += stepped.loss
            state.window_steps += 1

    def log(self, state: TrainState, rates: dict[str, float]) -> None:
        """Record the mean training loss since the last time and the rates, and open a new window."""
        loss = self.loss_sum.item() / state.window_steps if state.window_steps else math.nan
        now = time.monotonic()
        pace = self.window_tokens / max(now - self.window_began, 1e-9)
        values = {"train_loss": loss, **rates, "grad_norm": self.norm.item(), "tokens_per_second": pace}
        if self.peak:
            values["mfu"] = pace * self.flops_per_token / self.peak
        self.measure(state, values)
        self.empty(state)
        self.window_tokens = 0
        self.window_began = now

    def empty(self, state: TrainState) -> None:
        """Forget the losses since the last time."""
        self.loss_sum.zero_()
        state.window_steps = 0

    @contextmanager
    def off_the_clock(self) -> Iterator[None]:
        """What is done inside is no part of the window's tokens per second."""
        began = time.monotonic()
        yield
        self.window_began += time.monotonic() - began

    # --- the journal ------------------------------------------------------------------------------

    def measure(self, state: TrainState, values: dict[str, float]) -> None:
        shown = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self.context.record(Metrics(step=state.step, tokens=state.tokens, seconds=self.seconds(), values=shown))

    def decide(self, what: str, step: int, why: str) -> None:
        self.context.record(Decision(what=what, step=step, why=why))

    def announce(self, state: TrainState, digest: str, removed: tuple[int, ...]) -> None:
        """A checkpoint is there, and these earlier ones are no longer."""
        event = Checkpoint(
            step=state.step,
            tokens=state.tokens,
            heldout_loss=state.heldout_loss if state.heldout_step == state.step else None,
            best=0 < state.best_step == state.step,
            sha256=digest,
            removed=removed,
        )
        self.context.record(event, sync=True)

    def announced(self, step: int) -> bool:
        """Whether the journal knows of this step's checkpoint."""
        tail = Tail(self.context.folder.journal)
        while records := tail.poll():
            if any(isinstance(r.event, Checkpoint) and r.event.step == step for r in records):
                return True
        return False
