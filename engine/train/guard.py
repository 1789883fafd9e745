"""Steps that went wrong: losses that are no numbers, and losses far above the recent ones.

    loss and gradient norm of each step -> Guard -> nothing, or a Finding with the response that the user chose

A spike is a loss above `median + spike * 1.4826 * MAD` of the last 128, where 1.4826 makes the median absolute
deviation of a normal distribution its standard deviation (Hampel 1974). OLMo 2 (2024, arXiv:2501.00656) drops steps
beyond 6 standard deviations of the last 128; the median keeps the limit where it is while a spike is in the window.

What holds: on a CPU, and wherever updates may be dropped, a step is judged before its update. Elsewhere nothing waits
for the device: a step is judged when the next one has been queued, or before anything of it is recorded or saved.
All that is remembered is in `GuardState`, so a resumed run judges as one that was never killed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import torch
from msgspec import Struct

from engine.config.schema import TrainConfig
from engine.train.step import Stepped

Response = Literal["note", "stop", "skip", "rollback"]

WINDOW = 128
FEWEST = 32
"""Losses before a spike can be told."""
EVERY = 16
"""Steps between two looks at the window: the limit moves slowly, and sorting it costs 40 us."""
NARROWEST = 0.05
"""Nats: a smaller deviation is taken for this one, or a run that has converged would spike at every step."""
MOST_DROPPED = 10
"""Updates dropped in a row; more of them are no accident."""
MOST_ROLLBACKS = 3
LOWER = 0.5
"""What each rollback multiplies the learning rates by."""


class GuardState(Struct, kw_only=True):
    """What must survive a resume."""

    losses: list[float] = []
    """The last `WINDOW` that were numbers, oldest first."""
    seen: int = 0
    limit: float | None = None
    """A loss above is a spike; None: too few losses yet, or spikes are not looked for."""
    out: str = ""
    """The newest step was out of line, in this way: what goes on is told once."""
    dropped: int = 0
    """In a row."""
    rollbacks: int = 0
    rate: float = 1.0
    """Share of the schedule's learning rates that is left after the rollbacks."""


@dataclass(frozen=True)
class Finding:
    """One step that was out of line."""

    what: Literal["nan", "spike"]
    step: int
    loss: float
    norm: float
    limit: float | None
    response: Response
    begins: bool
    """False: the step before was out of line in the same way."""

    @property
    def problem(self) -> str:
        if self.what == "spike":
            return f"loss {self.loss:.4g} is far above the recent ones (limit {self.limit:.4g})"
        return f"{'gradient' if math.isfinite(self.loss) else 'loss'} is not a number"


class _Reading:
    """Loss and norm of one step on their way from the device."""

    def __init__(self, step: int, stepped: Stepped):
        self.step = step
        values = torch.stack([stepped.loss.detach().float(), stepped.norm.detach().float()])
        self._values = values.to("cpu", non_blocking=True)
        self._done: Any = torch.cuda.Event() if values.is_cuda else None  # type: ignore[no-untyped-call]
        if self._done is not None:
            self._done.record()

    def get(self) -> tuple[float, float]:
        if self._done is not None:
            self._done.synchronize()
        loss, norm = self._values.tolist()
        return loss, norm


class Guard:
    """Judges every step, once."""

    def __init__(self, train: TrainConfig, device: torch.device):
        self.train = train
        responses = train.on_nan, train.on_spike if train.spike else "note"
        self.waits = device.type != "cuda" or "skip" in responses
        """For each step's loss, before its update."""
        self._readings: deque[_Reading] = deque()
        self._found: deque[Finding] = deque()

    def allows(self, state: GuardState, step: int, stepped: Stepped) -> bool:
        """Whether the update of this step may be made. What is wrong with it is a finding."""
        self._readings.append(_Reading(step, stepped))
        if not self.waits:
            return True
        before = len(self._found)
        self._judge(state)
        return all(found.response == "note" for found in list(self._found)[before:])

    def findings(self, state: GuardState, *, newest: bool) -> list[Finding]:
        """What was found since the last time. `newest`: the step just made is waited for, if it must be."""
        while len(self._readings) > (0 if newest else 1):
            self._judge(state)
        found = list(self._found)
        self._found.clear()
        return found

    def _judge(self, state: GuardState) -> None:
        reading = self._readings.popleft()
        loss, norm = reading.get()
        what: Literal["nan", "spike", ""] = ""
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "nan"
        elif state.limit is not None and loss > state.limit:
            what = "spike"
        if what:
            response: Response = self.train.on_nan if what == "nan" else self.train.on_spike
            begins = state.out != what
            self._found.append(Finding(what, reading.step, loss, norm, state.limit, response, begins))
        state.out = what
        if math.isfinite(loss):
            self._remember(state, loss)

    def _remember(self, state: GuardState, loss: float) -> None:
        state.losses = [*state.losses[-WINDOW + 1 :], loss]
        state.seen += 1
        if self.train.spike and len(state.losses) >= FEWEST and state.seen % EVERY == 0:
            middle = median(state.losses)
            spread = 1.4826 * median(abs(one - middle) for one in state.losses)
            state.limit = middle + self.train.spike * max(spread, NARROWEST)
