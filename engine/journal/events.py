"""The typed events of a journal: all that is ever recorded about a run is one of these.

A line on disk is `crc32hex SP json LF`; the JSON is a `Record`: sequence number, attempt, wall-clock time and one
event. Values are floats in the units their field names say. Readers skip event types they do not know.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class _Event(Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """Not watched by the garbage collector, like `Record`: frozen values hold no cycles, and millions are read."""


# --- a run's life ---------------------------------------------------------------------------------


class Created(_Event, tag="created", frozen=True, kw_only=True):
    """The launcher made the run folder. First line of every run's journal."""

    run_id: str
    kind: str
    name: str
    config: dict[str, Any]
    fingerprint: str
    parents: tuple[str, ...] = ()
    """References this run builds on: `corpus:name/hash`, `model:tiny@1`, `run:<id>`."""
    command: str = ""


class Predicted(_Event, tag="predicted", frozen=True, kw_only=True):
    """What the launcher expected of a run that trains when it was queued: for all its steps, on one device."""

    seconds: float | None = None
    """Wall time from its start to its end; None where nothing told."""
    steps: int = 0
    tokens: int = 0
    flops: float = 0.0
    peak_bytes: int = 0
    rehearsed: bool = False
    """Seconds and bytes are from its own first steps, done here; else from other runs, and from a formula."""


class Started(_Event, tag="started", frozen=True, kw_only=True):
    """The engine process is up."""

    pid: int
    start_ticks: float
    boot_id: str
    host: str
    device: str = ""
    """What it runs on, in words; empty for stages that use no device."""
    versions: dict[str, str] = {}
    from_step: int = 0
    """The checkpoint it goes on from. What earlier attempts recorded after that step is superseded; whatever is
    recorded at a step is recorded before that step's checkpoint."""


class Finished(_Event, tag="finished", frozen=True, kw_only=True):
    """The run did all it had to do."""

    seconds: float
    """This attempt's wall time."""
    device_seconds: float = 0.0
    tokens: int = 0
    """Tokens trained on or evaluated, all attempts together."""
    flops: float = 0.0
    """All attempts together."""
    step: int = 0
    peak_bytes: int = 0
    """The most memory that this attempt held: of its GPU, else of its process."""


class Stopped(_Event, tag="stopped", frozen=True, kw_only=True):
    """The run checkpointed and ended early because somebody asked; it can be resumed."""

    seconds: float
    device_seconds: float = 0.0
    tokens: int = 0
    flops: float = 0.0
    step: int = 0
    peak_bytes: int = 0
    reason: str = "asked to stop"


class Failed(_Event, tag="failed", frozen=True, kw_only=True):
    """The run ended in an error, or its process died. `user_error`: the input was at fault (exit code 2)."""

    error: str
    user_error: bool = False
    seconds: float = 0.0


class Cancelled(_Event, tag="cancelled", frozen=True, kw_only=True):
    """Taken out of the queue before it started."""

    reason: str = ""


# --- progress -------------------------------------------------------------------------------------


class Said(_Event, tag="said", frozen=True, kw_only=True):
    """A sentence for people: what was chosen, inherited or found."""

    text: str


class Progress(_Event, tag="progress", frozen=True, kw_only=True):
    """How far a stage with no steps has come."""

    phase: str
    done: int
    total: int
    """0: not known."""
    bytes: int = 0
    """Corpora: of text gone through in this phase. What follows is theirs too."""
    bytes_per_second: float = 0.0
    seconds_left: float | None = None
    """Of this phase; None: not known."""
    memory_bytes: int = 0
    """What the engine and its workers hold."""


class Planned(_Event, tag="planned", frozen=True, kw_only=True):
    """Before the first step: what this run will do."""

    steps: int
    parameters: int = 0
    trainable: int = 0
    tokens_per_step: int = 0
    flops_per_token: float = 0.0


class Metrics(_Event, tag="metrics", frozen=True, kw_only=True):
    """Measurements at a step. `tokens`: trained on so far. `seconds`: of training so far, all attempts."""

    step: int
    tokens: int
    seconds: float
    values: dict[str, float | None]
    """By name: train_loss heldout_loss lr grad_norm tokens_per_second accuracy memory_bytes ... None: not a number."""


class Decision(_Event, tag="decision", frozen=True, kw_only=True):
    """The engine decided something that shows on the curve: plateau, decay, resume, end, nan, spike, rollback, oom,
    profile."""

    what: str
    step: int
    why: str


class Checkpoint(_Event, tag="checkpoint", frozen=True, kw_only=True):
    """A checkpoint folder is whole on disk. `removed`: steps the retention rule deleted."""

    step: int
    tokens: int
    heldout_loss: float | None = None
    best: bool = False
    sha256: str = ""
    """Of model.safetensors."""
    removed: tuple[int, ...] = ()


# --- what runs make -------------------------------------------------------------------------------


class CorpusBuilt(_Event, tag="corpus_built", frozen=True, kw_only=True):
    name: str
    hash: str


class VariantMade(_Event, tag="variant_made", frozen=True, kw_only=True):
    """A branch run has a model. Its id is the run's id."""

    method: str
    parent: str
    """The frozen model it grew from, `name@n`; for a scratch control too, whose weights it did not take."""
    scratch: bool = False
    step: int = 0
    sha256: str = ""


class Score(Struct, frozen=True):
    """One metric of one model on one suite, with a 95 % interval where one can be had. n: items."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


class Evaluated(_Event, tag="evaluated", frozen=True, kw_only=True):
    """One model was scored on one suite."""

    model: str
    """Frozen `name@n`, or a run id (its step is in `step`)."""
    step: int | None
    suite: str
    suite_sha256: str
    task: str
    scores: tuple[Score, ...]
    confusion: dict[str, dict[str, int]] = {}
    """classification: target -> output -> count."""
    predictions: str = ""
    """The JSONL file with every item, relative to the run folder: a `Prediction` a line."""
    seconds: float = 0.0


class Prediction(Struct, frozen=True, kw_only=True):
    """One item of a suite and what a model made of it; one line of a predictions file."""

    example_id: str
    input: str
    target: str
    output: str
    correct: bool | None
    score: float
    """1 or 0 for classification; token F1 for instructions; bits for language-model documents."""
    weight: float = 1.0
    """language-model: bytes of the document, else 1."""


# --- the workspace's own journal ------------------------------------------------------------------


class Noted(_Event, tag="noted", frozen=True, kw_only=True):
    """target: a run or model id."""

    target: str
    text: str


class Tagged(_Event, tag="tagged", frozen=True, kw_only=True):
    target: str
    tag_name: str
    removed: bool = False


class Renamed(_Event, tag="renamed", frozen=True, kw_only=True):
    target: str
    name: str


class Removed(_Event, tag="removed", frozen=True, kw_only=True):
    """A run's folder was deleted."""

    run_id: str


class Recovered(_Event, tag="recovered", frozen=True, kw_only=True):
    """The database would not open; it was set aside and rebuilt."""

    set_aside: str
    why: str


class MachineSample(_Event, tag="machine_sample", frozen=True, kw_only=True):
    cpu_percent: float
    memory_used: int
    """Bytes, like the other sizes."""
    memory_total: int
    disk_free: int
    gpus: tuple[dict[str, float], ...] = ()
    """Each: index, utilization (percent), memory_used, memory_total (bytes), power (watts), temperature (C)."""


RunEvent = (
    Created | Predicted | Started | Finished | Stopped | Failed | Cancelled | Said | Progress | Planned | Metrics
    | Decision | Checkpoint | CorpusBuilt | VariantMade | Evaluated
)  # fmt: skip
WorkspaceEvent = Noted | Tagged | Renamed | Removed | Recovered | MachineSample
Event = RunEvent | WorkspaceEvent


class Record(Struct, frozen=True, gc=False):
    """One line of a journal."""

    seq: int
    """Counts lines from 0."""
    attempt: int
    """1 for the first start of a run's engine, one more for each resume; 0 before any start."""
    time: float
    """Seconds since the epoch."""
    event: Event
