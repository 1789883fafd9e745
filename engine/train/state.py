"""All that a run needs to go on exactly where it was, as one value.

What is not here is a pure function of what is: a step's batch and its dropout masks come from (seed, step), the
learning rate from the step and `decay_start`. Tensors (weights, optimizer) stand beside it in safetensors files.
"""

from __future__ import annotations

from msgspec import Struct, field

from engine.train.guard import GuardState
from engine.train.plateau import Plateau


class TrainState(Struct, kw_only=True):
    """`state.json` of a checkpoint."""

    step: int = 0
    """Updates done."""
    tokens: int = 0
    """Trained on."""
    flops: float = 0.0
    seconds: float = 0.0
    """Of training, over all attempts, without what was lost to a crash."""
    plateau: Plateau
    decay_start: int | None = None
    """The decay begins after this step; None: not begun."""
    flattened: bool = False
    """It began because held-out loss was flat."""
    heldout_step: int = 0
    heldout_loss: float | None = None
    """The newest look."""
    best_step: int = 0
    best_loss: float | None = None
    """The checkpoint with the lowest held-out loss."""
    window_loss: float = 0.0
    """Training losses since the last logged step, summed ..."""
    window_steps: int = 0
    """... and how many steps these are."""
    micro_batch: int = 0
    """What an attempt that ran out of memory went on with; 0: as configured."""
    guard: GuardState = field(default_factory=GuardState)
    threads: int = 0
    """CPU threads of each rank: sums are split by them, so another number gives other last bits."""
    ranks: int = 1
    """That shared the steps. The data's order is the same on any number; the last bits of sums are not."""
    precision: str = ""
    """fp32 or bf16: what `auto` was when the run began; empty in states from before this was kept."""
