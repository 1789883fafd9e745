"""What the store answers with: typed, frozen, screen-free values. The command line prints them, the app draws them.

Every struct encodes to JSON as it stands; `--json` output is exactly these shapes.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from engine import figures


class _Row(Struct, frozen=True, kw_only=True):
    pass


class Cost(_Row, frozen=True, kw_only=True):
    seconds: float = 0.0
    """Wall time over all attempts."""
    device_seconds: float = 0.0
    tokens: int = 0
    flops: float = 0.0
    money: float | None = None
    """In the currency of `price_per_hour`; None when no price was named."""


class Expected(_Row, frozen=True, kw_only=True):
    """What was expected of a run when it was queued."""

    seconds: float | None
    """Wall time for all its steps; None where nothing told."""
    steps: int
    peak_bytes: int
    rehearsed: bool
    """From its own first steps, done before; else from other runs, and from a formula."""

    def seconds_for(self, steps: int) -> float | None:
        """For so many steps: a run may end before its limit."""
        return self.seconds * steps / self.steps if self.seconds is not None and self.steps else None


class RunRow(_Row, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str
    """corpus | import | pretrain | branch | evaluate"""
    state: str
    """queued | running | stopping | stopped | finished | failed | cancelled"""
    method: str | None = None
    """branch: classify | instruct | continued"""
    scratch: bool = False
    created: float
    """Seconds since the epoch, like every time here."""
    started: float | None = None
    ended: float | None = None
    device: str = ""
    step: int = 0
    steps: int = 0
    """Planned; 0 when not known."""
    train_loss: float | None = None
    heldout_loss: float | None = None
    """The newest."""
    best_heldout_loss: float | None = None
    cost: Cost = Cost()
    error: str | None = None
    parents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    attempt: int = 0
    peak_bytes: int = 0
    """The most memory held; 0: not known (yet)."""
    expected: Expected | None = None
    """Of runs that train."""

    @property
    def expectation(self) -> str:
        """What was expected, in words; of a run that is over, what came of it. Empty where nothing was.

        Its time is held against what was expected for the steps that it did: it may have ended before its limit.
        """
        told = self.expected
        if told is None:
            return ""
        over = self.ended is not None and self.state in ("finished", "stopped", "failed")
        seconds = told.seconds_for(self.step) if over else told.seconds
        how = "rehearsed" if told.rehearsed else "estimated"
        if not over:
            parts = [figures.duration(seconds)] if seconds else []
            return f"{', '.join([*parts, figures.size(told.peak_bytes)])} ({how})"
        parts = [figures.beside(self.cost.seconds, seconds, figures.duration)] if seconds else []
        parts += [figures.beside(self.peak_bytes, told.peak_bytes, figures.size)] if self.peak_bytes else []
        return f"{'; '.join(parts)} ({how})" if parts else ""

    @property
    def seconds_left(self) -> float | None:
        """Of a run that runs, at its pace so far, up to its step limit; None when it cannot be told."""
        if self.state not in ("running", "stopping") or not self.step or not self.steps:
            return None
        return self.cost.seconds / self.step * max(0, self.steps - self.step)


class Point(_Row, frozen=True, kw_only=True):
    step: int
    tokens: int
    seconds: float
    value: float


class CurveRow(_Row, frozen=True, kw_only=True):
    """A curve thinned for drawing: of each x-bucket the first, lowest, highest and last point; gaps stay."""

    run_id: str
    name: str
    points: bytes
    """Rows of four little-endian float64: step, tokens, seconds, value; ascending; NaN where it was not a number."""
    count: int
    """Points it stands for."""
    offset: int
    """Bytes of the run's journal that it holds all of: go on with `Tail(path, offset)`."""
    attempt: int
    """The run's newest attempt by then."""


class CheckpointRow(_Row, frozen=True, kw_only=True):
    run_id: str
    step: int
    tokens: int
    heldout_loss: float | None
    best: bool
    sha256: str
    time: float


class ScoreRow(_Row, frozen=True, kw_only=True):
    """One metric of one model on one suite."""

    model_id: str
    suite: str
    task: str
    """classification | instruction | language-model"""
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


class ModelRow(_Row, frozen=True, kw_only=True):
    """A frozen model (`name@n`), or a variant that is not frozen (its id is its run's id)."""

    id: str
    name: str
    version: int | None
    kind: str
    """base | variant"""
    parent_id: str | None
    run_id: str | None
    sha256: str
    method: str | None
    scratch: bool = False
    step: int | None = None
    frozen_at: float | None = None
    parameters: int = 0


class CorpusRow(_Row, frozen=True, kw_only=True):
    id: str
    """`name/hash`"""
    name: str
    hash: str
    documents: int
    heldout_documents: int
    train_tokens: int
    heldout_tokens: int
    bytes: int
    vocab_size: int
    built: float
    run_id: str | None = None


class EventRow(_Row, frozen=True, kw_only=True):
    run_id: str | None
    seq: int
    attempt: int
    time: float
    type: str
    step: int | None
    text: str
    """The event in a sentence."""


class Node(_Row, frozen=True, kw_only=True):
    """One node of the lineage tree."""

    id: str
    """corpus `name/hash`, base `name@n`, or a run id"""
    kind: str
    """corpus | pretrain | base | variant"""
    name: str
    state: str
    """A run's state; `frozen` for a base; `built` for a corpus."""
    method: str | None = None
    scratch: bool = False
    run_id: str | None = None
    frozen_as: tuple[str, ...] = ()
    """variant: the versions it was frozen under."""
    heldout_loss: float | None = None
    loss_history: tuple[float, ...] = ()
    """Held-out loss over the run, oldest first, at most 61 values: for a sparkline."""
    scores: tuple[ScoreRow, ...] = ()
    """Task scores only; bits per byte stand in `bits_per_byte`."""
    bits_per_byte: tuple[ScoreRow, ...] = ()
    cost: Cost = Cost()
    created: float = 0.0
    children: tuple[Node, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    detail: dict[str, Any] = {}
    """Facts for the card, by label, in reading order."""


class BaseCost(_Row, frozen=True, kw_only=True):
    """What a base cost, and what it saves."""

    base: str
    cost: Cost
    """Of the base: its pretraining run."""
    branches: int
    branch_cost: Cost
    """All its variants together, scratch controls apart."""
    base_seconds_per_variant: float | None
    from_scratch_seconds: float | None
    """What the same variants would have cost had each pretrained its own base: branches x base + branch cost."""


class Lineage(_Row, frozen=True, kw_only=True):
    roots: tuple[Node, ...]
    costs: tuple[BaseCost, ...]


class LineageChange(_Row, frozen=True, kw_only=True):
    """What moved in the tree. Each part replaces what was known under its id."""

    nodes: tuple[Node, ...]
    """New or changed, each without its children."""
    children: dict[str, tuple[str, ...]]
    """Ids by parent, where they are others than before; the roots stand under the empty id."""
    costs: tuple[BaseCost, ...] | None = None
    """None: unchanged."""


class Changes(_Row, frozen=True, kw_only=True):
    """What moved since a version; when nothing did, nothing but the version travels."""

    version: int
    whole: bool = False
    """This is everything there is: what one knew before is void."""
    runs: tuple[RunRow, ...] = ()
    """New or changed."""
    gone: tuple[str, ...] = ()
    lineage: LineageChange | None = None
    """None: unchanged."""
    notices: tuple[str, ...] = ()


class PredictionRow(_Row, frozen=True, kw_only=True):
    example_id: str
    input: str
    target: str
    output: str
    correct: bool | None
    score: float
    weight: float


class Evaluation(_Row, frozen=True, kw_only=True):
    """That a model was evaluated on a suite, and when it last was; what came of it stands in its `EvalRow`."""

    model_id: str
    suite: str
    task: str
    time: float


class EvalRow(_Row, frozen=True, kw_only=True):
    """One evaluation of one model on one suite, newest when repeated."""

    model_id: str
    suite: str
    task: str
    suite_sha256: str
    run_id: str
    scores: tuple[ScoreRow, ...]
    confusion: dict[str, dict[str, int]] = {}
    time: float = 0.0


class MachineRow(_Row, frozen=True, kw_only=True):
    time: float
    cpu_percent: float
    memory_used: int
    memory_total: int
    disk_free: int
    gpus: tuple[dict[str, float], ...] = ()


class ProcessRow(_Row, frozen=True, kw_only=True):
    """A process on this machine."""

    pid: int
    run_id: str
    """Of the run whose engine it is, or was started by; empty for others."""
    user: str
    cpu_percent: float
    """Of one core, since the last look."""
    memory: int
    """Resident bytes."""
    gpu_memory: int
    """Bytes, over all GPUs."""
    command: str
    started: float = 0.0


class GpuNow(_Row, frozen=True, kw_only=True):
    """One GPU at this moment; None: it does not tell."""

    index: int
    name: str = "GPU"
    utilization: float | None = None
    """Percent."""
    memory_used: float | None = None
    """Bytes."""
    memory_total: float | None = None
    power: float | None = None
    """Watts."""
    power_limit: float | None = None
    temperature: float | None = None
    """Degrees Celsius."""


class MachineNow(_Row, frozen=True, kw_only=True):
    """The machine at this moment. Bytes, and percent from 0 to 100."""

    time: float
    cores: tuple[float, ...]
    load: tuple[float, float, float]
    """Processes that ran or waited to, on average over 1, 5 and 15 minutes."""
    memory_used: int
    memory_total: int
    swap_used: int = 0
    swap_total: int = 0
    disk_used: int
    """Of the file system that holds the workspace."""
    disk_total: int
    gpus: tuple[GpuNow, ...] = ()
    processes: tuple[ProcessRow, ...] = ()

    @property
    def cpu_percent(self) -> float:
        """Of all cores together, 0 to 100."""
        return sum(self.cores) / max(1, len(self.cores))


class Result(_Row, frozen=True, kw_only=True):
    """What a query of the user's own gave. Values are plain: text, numbers, truth, None, lists."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool = False
    """There were more rows than the limit."""


class Submitted(_Row, frozen=True, kw_only=True):
    run_id: str
    said: tuple[str, ...] = ()
    """What was decided on the way, such as a base that was frozen first."""


class Swept(_Row, frozen=True, kw_only=True):
    """What came of a sweep."""

    run_ids: tuple[str, ...]
    tag: str
    said: tuple[str, ...] = ()
