"""One run's row, folded from its journal event by event. The row holds all that folding on needs."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.journal import events as e

HISTORY = 60


def _stride(count: int) -> int:
    """Of so many values, one in how many is kept: a power of two."""
    return int(1 << max(0, -(-count // HISTORY) - 1).bit_length())


class RunState(msgspec.Struct, kw_only=True):
    """A row of `runs`: the columns, in their order. docs/schema.md says what each holds."""

    id: str
    name: str = ""
    kind: str = ""
    state: str = "queued"
    phase: str = "queued"
    """What the journal alone says; `state` adds what only `status.json` knows."""
    method: str | None = None
    scratch: bool = False
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    updated: float = 0.0
    host: str = ""
    device: str = ""
    attempt: int = 0
    step: int = 0
    steps: int = 0
    parameters: int = 0
    flops_per_token: float = 0.0
    train_loss: float | None = None
    heldout_loss: float | None = None
    best_heldout_loss: float | None = None
    tokens: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    seconds_before: float = 0.0
    device_seconds: float = 0.0
    price_per_hour: float = 0.0
    money: float | None = None
    error: str | None = None
    user_error: bool = False
    parents: list[str] = []
    made: str | None = None
    config: str = "{}"
    fingerprint: str = ""
    command: str = ""
    last_metrics: str = "{}"
    """JSON: each metric's newest number, by name in order. Ingest folds it, a piece of the journal at a time."""

    heldout_count: int = 0
    heldout_history: list[float] = []
    """Of all held-out losses every so manieth, so that there are at most `HISTORY`."""
    predicted_seconds: float | None = None
    predicted_steps: int = 0
    predicted_bytes: int = 0
    rehearsed: bool = False
    peak_bytes: int = 0

    def apply(self, record: e.Record) -> None:
        """Take in one record. What follows from others is worked out by `settle`, once a piece of the journal."""
        event = record.event
        self.updated = record.time
        if isinstance(event, e.Metrics):  # nearly every one
            self._measured(event)
            return
        match event:
            case e.Created():
                self._created(event, record.time)
            case e.Started():
                self.phase, self.attempt, self.host = "running", record.attempt, event.host
                self.device = event.device or self.device
                self.started, self.ended, self.error, self.user_error = record.time, None, None, False
            case e.Predicted():
                self.predicted_seconds, self.predicted_steps = event.seconds, event.steps
                self.predicted_bytes, self.rehearsed = event.peak_bytes, event.rehearsed
            case e.Planned():
                self.steps, self.parameters = event.steps, event.parameters
                self.flops_per_token = event.flops_per_token
            case e.Finished() | e.Stopped():
                self.phase = "finished" if isinstance(event, e.Finished) else "stopped"
                self._ended(record.time, event.seconds)
                self.step = max(self.step, event.step)
                self.tokens, self.flops = event.tokens or self.tokens, event.flops or self.flops
                self.device_seconds = event.device_seconds or self.device_seconds
                self.peak_bytes = max(self.peak_bytes, event.peak_bytes)
            case e.Failed():
                self.phase, self.error, self.user_error = "failed", event.error, event.user_error
                self._ended(record.time, event.seconds)
            case e.Cancelled():
                self.phase, self.ended = "cancelled", record.time
            case e.Said() if event.text.startswith("device: "):
                self.device = event.text.removeprefix("device: ")
            case e.CorpusBuilt():
                self.made = f"corpus:{event.name}/{event.hash}"
            case e.VariantMade():
                self.made = f"model:{self.id}"
            case _:
                pass

    def settle(self) -> None:
        """Bring what follows from other columns up to date, before the row is written."""
        if self.phase == "running" and self.started is not None:
            self.seconds = self.seconds_before + self.updated - self.started
        self.money = self.device_seconds / 3600 * self.price_per_hour if self.price_per_hour else None

    def _created(self, event: e.Created, time: float) -> None:
        config: dict[str, Any] = event.config
        train = config.get("train")
        self.name, self.kind, self.created = event.name, event.kind, time
        self.method, self.scratch = config.get("method"), bool(config.get("scratch", False))
        self.price_per_hour = float(train.get("price_per_hour", 0.0)) if isinstance(train, dict) else 0.0
        self.steps = int(train.get("steps", 0)) if isinstance(train, dict) else 0
        self.parents, self.fingerprint, self.command = list(event.parents), event.fingerprint, event.command
        self.config = msgspec.json.encode(config, order="deterministic").decode()

    def _measured(self, event: e.Metrics) -> None:
        self.step, self.tokens, self.device_seconds = event.step, event.tokens, event.seconds
        self.flops, values = event.tokens * self.flops_per_token, event.values
        if (value := values.get("train_loss")) is not None:
            self.train_loss = value
        if (value := values.get("heldout_loss")) is not None:
            self.heldout_loss = value
            self._remember(value)
            self.best_heldout_loss = value if self.best_heldout_loss is None else min(value, self.best_heldout_loss)

    def _remember(self, loss: float) -> None:
        """Keep one loss in 1, 2, 4 ... of them: the fewest to leave out that keep the history short."""
        if self.heldout_count % _stride(self.heldout_count) == 0:
            self.heldout_history = [*self.heldout_history, loss]
        self.heldout_count += 1
        if len(self.heldout_history) > HISTORY:
            self.heldout_history = self.heldout_history[::2]

    def remeasured(self, losses: list[float]) -> None:
        """These are all the held-out losses there are, in order: an attempt took others back."""
        self.heldout_count, self.heldout_history = 0, []
        self.heldout_loss = self.best_heldout_loss = None
        for loss in losses:
            self.heldout_loss = loss
            self._remember(loss)
        self.best_heldout_loss = min(losses, default=None)

    @property
    def losses(self) -> tuple[float, ...]:
        """For a sparkline: the history, and the newest if it was left out of it."""
        last, newest = self.heldout_count - 1, self.heldout_loss
        if newest is None or last % _stride(self.heldout_count) == 0:
            return tuple(self.heldout_history)
        return (*self.heldout_history, newest)

    def _ended(self, time: float, seconds: float) -> None:
        self.ended = time
        self.seconds_before += seconds
        self.seconds = self.seconds_before
