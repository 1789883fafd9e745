"""The model: a decoder-only trunk and the head that its card names.

    tokens (B, T) -> embed (+ positions) -> blocks -> norm -> hidden (B, T, width) -> lm_head | classify_head

A branch keeps the trunk and may change the head. Parameter names are a public format: checkpoints, frozen bases and
exports go by them (`trunk.embed.weight`, `trunk.blocks.0.attention.q.weight`, ...).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from engine.config.layout import layout
from engine.config.schema import ModelCard, ModelConfig
from engine.config.size import head_size
from engine.errors import InputError
from engine.model.embedding import look_up
from engine.model.layers import Block, Cache, lowered, norm, rotary_table
from engine.model.lora import LoraLinear, adapt
from engine.model.loss import IGNORED, token_loss

_INIT_STD = 0.02  # GPT-2's (Radford et al. 2019), for every matrix and embedding


class Transformer(nn.Module):
    """Tokens in, hidden states out."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        check(config)
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.width)
        self.scores = False
        """Whether the embedding is the language head too, in every use of this trunk that is differentiated."""
        self.positions = None if layout(config).rotary else nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = norm(config)
        self.recompute = False
        """Work a block's inside out again in the backward pass, rather than keep it."""
        self.fill_tables()

    def fill_tables(self) -> None:
        """(Re)compute the rotary tables, which are not stored with the weights."""
        config = self.config
        cos, sin = rotary_table(config.context, head_size(config), config.rope_base, config.rope_scaling)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens: Tensor, cache: Cache | None = None, padding: Tensor | None = None) -> Tensor:
        """Hidden states (B, T, width) of `tokens` (B, T), int64, after the final norm.

        With a `cache`, `tokens` follow what it holds. `padding` (B,) counts the columns at the left of each row, from
        the cache's start on, that are no tokens: they are never looked at, and positions count from after them.
        """
        start = cache.length if cache is not None else 0
        end = start + tokens.shape[1]
        at: Tensor | slice = slice(start, end)
        if padding is not None:
            at = (torch.arange(start, end, device=tokens.device) - padding[:, None]).clamp(min=0)
        mask = self._mask(start, end, padding, tokens.device)
        x = look_up(tokens, self.embed.weight) if self.scores else self.embed(tokens)
        rotary = None
        if self.positions is not None:
            x = x + self.positions.weight[at]
        else:
            # In the products' type at once: of two types, each of a rotation's steps would convert.
            rotary = lowered(self.cos[at]).unsqueeze(-2), lowered(self.sin[at]).unsqueeze(-2)
        x = self.dropout(x)
        again = self.recompute and cache is None and torch.is_grad_enabled()
        for block in self.blocks:
            if again:
                x = checkpoint(block, x, rotary, mask, None, use_reentrant=False)
            else:
                x = block(x, rotary, mask, cache)
        if cache is not None:
            cache.length = end
        out: Tensor = self.norm(x)
        return out

    def _mask(self, start: int, end: int, padding: Tensor | None, device: torch.device) -> Tensor | None:
        """Which of the columns before `end` those from `start` on may look at: (.., T, S); None: all before them."""
        window = self.config.window
        if padding is None and not start and not 0 < window < end:
            return None
        columns = torch.arange(end, device=device)
        rows = columns[start:, None]
        mask = columns <= rows
        if window:
            mask = mask & (columns > rows - window)
        if padding is not None:
            mask = mask & (columns >= padding[:, None])[:, None, None, :]
            mask = mask | (columns == rows)  # padding sees itself: a row of nothing would be NaN
        return mask

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of every vocabulary entry by the tied embedding: (..., width) -> (..., vocabulary)."""
        return F.linear(hidden, self.embed.weight)


class GraftModel(nn.Module):
    """A trunk with the head that its card names. `lm_head` is None when tied to the embedding or not wanted."""

    def __init__(self, card: ModelCard):
        super().__init__()
        config = card.model
        self.card = card
        self.trunk = Transformer(config)
        if card.lora is not None:
            adapt(self.trunk.blocks, card.lora)
        language = card.head == "lm"
        untied = language and not config.tie_embeddings
        self.trunk.scores = language and config.tie_embeddings
        self.lm_head = nn.Linear(config.width, config.vocab_size, bias=False) if untied else None
        self.classify_head = None if language else nn.Linear(config.width, len(card.classes), bias=False)

    def lm_weight(self) -> Tensor:
        """The matrix that scores the vocabulary: (vocabulary, width)."""
        return self.trunk.embed.weight if self.lm_head is None else self.lm_head.weight

    def lm_logits(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, vocabulary)."""
        return F.linear(self.trunk(tokens), self.lm_weight())

    def lm_loss(self, tokens: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        """The SUM of the cross entropies (nats) of `targets` (B, T) after `tokens` (B, T), and how many there are.

        A target of `IGNORED` (-100) does not count. Logits are never all held at once.
        """
        hidden = self.trunk(tokens).flatten(0, 1)
        wanted = targets.flatten()
        real = wanted != IGNORED
        count = int(real.sum())
        if count < wanted.numel():
            # Kernels are built for each number of rows they meet: a few of those that do not count fill up the last 64.
            rows = torch.argsort(real, descending=True, stable=True)[: count + -count % 64]
            hidden, wanted = hidden[rows], wanted[rows]
        return token_loss(hidden, self.lm_weight(), wanted), count

    def class_logits(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """(B, classes) from the hidden state of each row's last real token. Rows are padded on the right."""
        if self.classify_head is None:
            raise ValueError("this model has no classification head")
        hidden = self.trunk(tokens)
        rows = torch.arange(tokens.shape[0], device=tokens.device)
        out: Tensor = self.classify_head(hidden[rows, lengths - 1])
        return out


def build(card: ModelCard, seed: int = 0) -> GraftModel:
    """A model of that card with random weights, the same for the same seed; on the CPU, in fp32."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GraftModel(card)
        initialise(model)
    return model


def initialise(model: GraftModel) -> None:
    """GPT-2's initialisation: normal of std 0.02; what writes to the residual stream scaled by 1 / sqrt(2 layers)."""
    residual_std = _INIT_STD / (2 * model.card.model.layers) ** 0.5
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            writes = name.endswith((".o", ".down"))
            nn.init.normal_(part.weight, std=residual_std if writes else _INIT_STD)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
        if isinstance(part, LoraLinear):
            part.initialise()


def parameters(model: nn.Module) -> int:
    """How many weights a model has."""
    return sum(p.numel() for p in model.parameters())


def check(config: ModelConfig, *, where: object = None) -> None:
    """Raise `InputError` for a shape that cannot be built."""

    def refuse(key: str, problem: str, fix: str) -> None:
        raise InputError(problem, where=where, key=f"model.{key}", fix=fix)

    if config.vocab_size < 1:
        refuse("vocab_size", "is not known", "take it from the corpus's tokenizer")
    if not config.head_size and config.width % config.heads:
        refuse("heads", f"{config.heads} heads do not divide a width of {config.width}", "choose a divisor of it")
    if layout(config).rotary and head_size(config) % 2:
        key = "head_size" if config.head_size else "heads"
        refuse(key, f"a head of {head_size(config)} is odd, rotary positions need pairs", f"change {key}")
    if config.kv_heads and config.heads % config.kv_heads:
        refuse("kv_heads", f"{config.kv_heads} does not divide {config.heads} heads", "choose a divisor of heads")
