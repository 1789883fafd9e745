"""What a model and its training come to, from their configuration alone: weights, arithmetic, memory. No torch.

Arithmetic is counted per token; a multiply-add is two operations. Forward: 2 per weight of every matrix that a token
passes, and 4 * layers * query width * positions for attention's two products with `positions` keys; backward: twice
that (Kaplan et al. 2020, section 2.1; Chowdhery et al. 2022, appendix B, which counts all `context` positions though
half are masked, as is done here). Embedding look-ups, norms and activations are left out.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from engine import figures
from engine.config.layout import layout
from engine.config.schema import ModelConfig, TrainConfig

OPTIMAL_TOKENS_PER_PARAMETER = 20
"""Where a given amount of arithmetic gives the lowest loss (Hoffmann et al. 2022, "Chinchilla", approach 3)."""

What = Literal["full", "last-block", "head", "lora"]

CPU_OVERHEAD = 330_000_000
"""Bytes: Python, torch, its kernels and their work space, as measured by bench/plan.py."""
GPU_OVERHEAD = 1_800_000_000
"""Bytes: the CUDA context, the libraries' work space, and the piece of the vocabulary's scores that is held at once.
Copies of the weights for products in bf16 come on top."""
PANEL_BYTES = 1 << 27
"""Of the vocabulary's scores that are held at once, as `engine.model.loss` has it."""
HALF = 2.8
"""Bytes of a number that the backward pass keeps when products run in bf16, on average: norms and the residual stream
stay in fp32. Counted on the blocks here: 2.6 to 2.8."""


def mlp_width(config: ModelConfig) -> int:
    """The MLP's inner width. SwiGLU has three matrices, so 8/3 of the width costs what 4 costs the others
    (Shazeer 2020, section 2); rounded up to a multiple of 64, which matrix kernels like."""
    if config.mlp_width:
        return config.mlp_width
    if config.mlp == "swiglu":
        return -(-config.width * 8 // (3 * 64)) * 64
    return 4 * config.width


def head_size(config: ModelConfig) -> int:
    """Numbers in one head's query."""
    return config.head_size or config.width // config.heads


def query_width(config: ModelConfig) -> int:
    """All heads' queries together."""
    return config.heads * head_size(config)


def kv_width(config: ModelConfig) -> int:
    """All keys, or all values, of one token and layer together."""
    return (config.kv_heads or config.heads) * head_size(config)


def block_weights(config: ModelConfig) -> int:
    """Matrix weights of one block."""
    attention = 2 * config.width * (query_width(config) + kv_width(config))
    matrices = 3 if config.mlp == "swiglu" else 2
    return attention + matrices * config.width * mlp_width(config)


def flops_per_token(config: ModelConfig, context: int | None = None) -> float:
    """Of training a language model of this shape, all weights learning: 6 N + 12 * layers * query width * context."""
    weights = config.layers * block_weights(config) + config.width * config.vocab_size
    return 6.0 * weights + 12.0 * config.layers * query_width(config) * (context or config.context)


def lora_weights(config: ModelConfig, rank: int) -> int:
    """Weights of one block's adapters."""
    query, kv, inner = query_width(config), kv_width(config), mlp_width(config)
    matrices = 3 if config.mlp == "swiglu" else 2
    return rank * (2 * (config.width + query) + 2 * (config.width + kv) + matrices * (config.width + inner))


def learning_flops_per_token(config: ModelConfig, *, through: int, vocabulary: bool, thin: bool = False) -> float:
    """Of training when the backward pass goes through the `through` uppermost blocks, and through the scores of the
    vocabulary where there are any. A classification head, used once a sequence, counts nothing. `thin`: adapters learn
    alone, so that of a matrix's backward pass only the half that goes on down is done; theirs are left out."""
    block = 2.0 * block_weights(config) + 4.0 * query_width(config) * config.context
    head = 2.0 * config.width * config.vocab_size if vocabulary else 0.0
    return config.layers * block + head + (1.0 if thin else 2.0) * (through * block + head)


def activation_bytes(config: ModelConfig, tokens: int, *, element: float = 4, recompute: bool = False) -> int:
    """What the backward pass needs of the forward pass's results for `tokens` at once: an estimate.

    Counted where autograd keeps them, per block and token: what norms and residuals need (4 widths), queries and
    attention's output, keys and values, the last four half as much again where queries and keys are normalised, and the
    MLP's inner values before and after its activation (twice as many with a gate). Attention keeps no table of weights,
    and the vocabulary's scores are never all held at once. `element`: bytes of a number. With `recompute`, what goes
    into each block is kept, and the inside of one block at a time.
    """
    inside = _kept_inside(config)
    blocks = config.layers * config.width + inside if recompute else config.layers * inside
    return round(element * tokens * (blocks + config.width))


def backward_bytes(config: ModelConfig, tokens: int, *, element: float = 4) -> int:
    """What the backward pass holds besides, block by block: gradients of what a block kept, twice where rotations make
    more of them. Measured on a CPU; see bench/plan.py."""
    return round(element * tokens * _kept_inside(config) * (2 if layout(config).rotary else 1))


def _kept_inside(config: ModelConfig) -> int:
    """Numbers that one block keeps for the backward pass, per token."""
    has = layout(config)
    attention = (2 if has.qk_norm == "none" else 3) * (query_width(config) + kv_width(config))
    outer = 4 * config.width + attention
    inner = (4 if config.mlp == "swiglu" else 2) * mlp_width(config)
    return inner + outer


# --- a run --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Counts for the longest that the run can last: the plateau may end it sooner. Bytes are of each device."""

    parameters: int
    """Matrices and embeddings; norm gains and biases, well under 1 %, are left out."""
    learning: int
    """Of these, the ones that learn."""
    steps: int
    tokens: int
    flops: float
    optimizer_bytes: int
    activation_bytes: int
    """Estimated, for one micro-batch."""
    epochs: float
    """Passes over the training data; 0: it is not there yet."""
    rows: int
    """Sequences in a micro-batch."""
    recomputed_bytes: int
    """What the activations would be with `train.recompute`."""
    backward_bytes: int
    """Gradients of activations, held while the backward pass is at them: estimated, for one micro-batch."""
    loss_bytes: int
    """What the loss holds: see `engine.model.loss`."""
    shards: int = 1
    """Devices that weights, gradients and optimizer are divided over: more than one under FSDP."""
    overhead_bytes: int = CPU_OVERHEAD
    """What is there before there is a model."""

    def at_once(self, rows: int) -> Plan:
        """The same with so many sequences in a micro-batch."""
        growing = ("activation_bytes", "recomputed_bytes", "backward_bytes")
        return dataclasses.replace(
            self, rows=rows, **{name: round(getattr(self, name) / self.rows * rows) for name in growing}
        )

    @property
    def spared(self) -> Plan | None:
        """The same with `train.recompute`; None when it has that already."""
        if self.recomputed_bytes == self.activation_bytes:
            return None
        return dataclasses.replace(self, activation_bytes=self.recomputed_bytes)

    @property
    def peak_bytes(self) -> int:
        """Estimated: the most that is held at once on the device."""
        passing = self.activation_bytes + self.backward_bytes + self.loss_bytes
        return self.overhead_bytes + self.state_bytes + passing

    @property
    def weight_bytes(self) -> int:
        """Weights are kept in fp32 whatever products run in."""
        return 4 * self.parameters // self.shards

    @property
    def gradient_bytes(self) -> int:
        return 4 * self.learning // self.shards

    @property
    def state_bytes(self) -> int:
        """Of weights, gradients and optimizer state, activations apart."""
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes

    @property
    def tokens_per_parameter(self) -> float:
        return self.tokens / max(1, self.parameters)

    def lines(self) -> list[str]:
        """The plan in sentences."""
        length = f"at most {self.steps:,} steps on {figures.count(self.tokens)} tokens ({self.epochs:.1f} epochs)"
        held = figures.size(self.state_bytes)
        return [
            f"plan: {figures.count(self.parameters)} parameters, {length}, {figures.flops(self.flops)} operations",
            f"memory: ~{figures.size(self.peak_bytes)}, {held} of it for weights, gradients and optimizer",
        ]


def plan(
    model: ModelConfig,
    train: TrainConfig,
    *,
    steps: int,
    train_tokens: int,
    tokens_per_step: int = 0,
    what: What = "full",
    rank: int = 8,
    vocabulary: bool = True,
    gpu: bool = False,
) -> Plan:
    """`model` with its vocabulary size known; `train_tokens`: in the training data, 0 when that is not there yet;
    `tokens_per_step` 0: whole contexts; `what` learns, with `rank` for adapters;
    `vocabulary`: a language model, rather than a classifier;
    `gpu`: for its memory, and for bf16 unless the configuration says fp32."""
    tokens_per_step = tokens_per_step or train.batch * model.context
    through = {"full": model.layers, "last-block": 1, "head": 0, "lora": model.layers}[what]
    thin = model.layers * lora_weights(model, rank) if what == "lora" else None
    learning, optimizer = _learning(model, train, through if what != "full" else None, thin)
    rows = min(train.rows, train.batch)
    upper, at_once = _upper(model, through), tokens_per_step * rows // train.batch
    shards = train.devices if train.parallel == "fsdp" else 1
    half = gpu and train.precision != "fp32"
    element = HALF if half else 4
    spared = activation_bytes(upper, at_once, element=element, recompute=True)
    parameters = model.layers * block_weights(model) + _embeddings(model) + (thin or 0)
    learning_flops = learning_flops_per_token(model, through=through, vocabulary=vocabulary, thin=thin is not None)
    return Plan(
        parameters=parameters,
        learning=learning,
        steps=steps,
        tokens=steps * tokens_per_step,
        flops=steps * tokens_per_step * learning_flops,
        optimizer_bytes=optimizer // shards,
        activation_bytes=spared if train.recompute else activation_bytes(upper, at_once, element=element),
        epochs=steps * tokens_per_step / train_tokens if train_tokens else 0.0,
        rows=rows,
        shards=shards,
        recomputed_bytes=spared,
        backward_bytes=backward_bytes(model, at_once, element=element) if through else 0,
        overhead_bytes=GPU_OVERHEAD + 2 * parameters * half if gpu else CPU_OVERHEAD,
        loss_bytes=_loss_bytes(model, at_once, learns=what == "full") if vocabulary else 0,
    )


def _loss_bytes(model: ModelConfig, tokens: int, *, learns: bool) -> int:
    """The gradient of the vocabulary's matrix that is taken with the loss, and a panel of the vocabulary's scores."""
    gradient = 4 * model.vocab_size * model.width if learns else 0
    return gradient + min(4 * tokens * model.vocab_size, PANEL_BYTES)


def _embeddings(model: ModelConfig) -> int:
    positions = model.context * model.width if not layout(model).rotary else 0
    return (1 if model.tie_embeddings else 2) * model.vocab_size * model.width + positions


def _learning(model: ModelConfig, train: TrainConfig, through: int | None, thin: int | None) -> tuple[int, int]:
    """Weights that learn, and the bytes of the optimizer's moments: AdamW keeps two values a weight, Muon one.

    `through` None: everything learns, else so many of the uppermost blocks, or of `thin` adapters all.
    """
    blocks = thin if thin is not None else (model.layers if through is None else through) * block_weights(model)
    rest = _embeddings(model) if through is None else 0
    return blocks + rest, 4 * (blocks * (1 if train.optimizer == "muon" else 2) + 2 * rest)


def _upper(model: ModelConfig, through: int) -> ModelConfig:
    """The part of a model that the backward pass goes through."""
    return replace(model, layers=max(1, through))
