"""What a pretraining run will take, worked out before its first step."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.schema import ModelConfig, TrainConfig
from engine.model.flops import block_weights, flops_per_token


@dataclass(frozen=True)
class Plan:
    """Counts for the longest that the run can last: the plateau may end it sooner."""

    parameters: int
    """Matrices and embeddings; norm gains and biases, well under 1 %, are left out."""
    steps: int
    tokens: int
    flops: float
    state_bytes: int
    """Of weights, gradients and optimizer state in fp32, activations apart."""
    epochs: float

    def lines(self) -> list[str]:
        """The plan in sentences."""
        size = f"{_short(self.parameters)} parameters"
        length = f"at most {self.steps:,} steps on {_short(self.tokens)} tokens ({self.epochs:.1f} epochs)"
        return [
            f"plan: {size}, {length}, {self.flops:.1e} FLOPs",
            f"memory: {_short(self.state_bytes)}B for weights, gradients and optimizer, activations apart",
        ]


def plan(model: ModelConfig, train: TrainConfig, *, steps: int, train_tokens: int) -> Plan:
    """`model` with its vocabulary size known; `train_tokens`: in the corpus."""
    blocks = model.layers * block_weights(model)
    embeddings = (1 if model.tie_embeddings else 2) * model.vocab_size * model.width
    positions = model.context * model.width if model.block == "gpt2" else 0
    # AdamW keeps two values a weight, Muon one.
    moments = blocks * (1 if train.optimizer == "muon" else 2) + 2 * (embeddings + positions)
    parameters = blocks + embeddings + positions
    tokens = steps * train.batch * model.context
    return Plan(
        parameters=parameters,
        steps=steps,
        tokens=tokens,
        flops=tokens * flops_per_token(model),
        state_bytes=4 * (2 * parameters + moments),
        epochs=tokens / max(train_tokens, 1),
    )


def _short(number: float) -> str:
    for unit in ("", "k", "M", "G", "T"):
        if number < 1000:
            return f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}P"
