"""A peer's model in a plain training loop, in a process and an environment of its own: no part of Graftline is here.

    tokens.bin (uint16), a shape  ->  one JSON line a window: step, tokens, loss, seconds and, when it looked, heldout

`--best` turns on what its users can: autocast in bf16 and AdamW's fused kernel; the starter sets the allocator. The
default is what the model's own examples do on a CPU: fp32, and AdamW as PyTorch chooses. Both clip, as all of them do.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def hf(shape: dict[str, int]) -> tuple[torch.nn.Module, Loss]:
    """GPT-2 of `transformers`, its loss included."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=shape["vocabulary"], n_positions=shape["context"], n_embd=shape["width"], n_layer=shape["layers"],
        n_head=shape["heads"], resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False, bos_token_id=0,
        eos_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)

    def loss(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        # The labels are shifted already, which the model's own `labels` argument would do again.
        logits = model(input_ids=inputs).logits
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())

    return model, loss


def litgpt(shape: dict[str, int]) -> tuple[torch.nn.Module, Loss]:
    """litgpt's model with GPT-2's block, and the loss that its `pretrain` takes."""
    from litgpt.config import Config
    from litgpt.model import GPT
    from litgpt.utils import chunked_cross_entropy

    config = Config(
        name="bench", block_size=shape["context"], vocab_size=shape["vocabulary"],
        padded_vocab_size=shape["vocabulary"], n_layer=shape["layers"], n_head=shape["heads"], n_embd=shape["width"],
        rotary_percentage=1.0, parallel_residual=False, bias=True, norm_class_name="LayerNorm",
        mlp_class_name="GptNeoxMLP", gelu_approximate="tanh", intermediate_size=4 * shape["width"],
    )  # fmt: skip
    model = GPT(config)
    for part in model.modules():
        if isinstance(part, torch.nn.Linear | torch.nn.Embedding):
            torch.nn.init.normal_(part.weight, std=0.02)
    model.lm_head.weight = model.transformer.wte.weight  # tied, as everybody's here

    def loss(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = chunked_cross_entropy(model(inputs), targets)
        return found

    return model, loss


def nanogpt(shape: dict[str, int], checkout: str) -> tuple[torch.nn.Module, Loss]:
    """The model of a nanoGPT checkout, which takes its loss itself."""
    sys.path.insert(0, checkout)
    from model import GPT, GPTConfig

    with contextlib.redirect_stdout(sys.stderr):  # it prints its size
        model = GPT(
            GPTConfig(
                block_size=shape["context"],
                vocab_size=shape["vocabulary"],
                n_layer=shape["layers"],
                n_head=shape["heads"],
                n_embd=shape["width"],
                dropout=0.0,
                bias=True,
            )
        )
    return model, lambda inputs, targets: model(inputs, targets)[1]


def batches(path: str, context: int, batch: int, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Random windows for ever, read as nanoGPT does."""
    tokens = np.memmap(path, dtype="<u2", mode="r")
    random = np.random.default_rng(seed)
    while True:
        starts = random.integers(len(tokens) - context - 1, size=batch)
        rows = torch.from_numpy(np.stack([tokens[s : s + context + 1].astype(np.int64) for s in starts]))
        yield rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


def optimizer(model: torch.nn.Module, told: argparse.Namespace) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": told.decay}, {"params": others, "weight_decay": 0.0},
    ]  # fmt: skip
    return torch.optim.AdamW(groups, lr=told.lr, betas=(0.9, told.beta2), fused=True if told.best else None)


def rate(step: int, told: argparse.Namespace) -> float:
    """nanoGPT's: a linear warm-up, then a cosine down to a tenth at the last step."""
    if step <= told.warmup:
        return float(told.lr * step / told.warmup)
    progress = min(1.0, (step - told.warmup) / max(told.steps - told.warmup, 1))
    return float(told.lr * (0.1 + 0.45 * (1 + math.cos(math.pi * progress))))


def heldout(loss: Loss, path: str, context: int, batch: int) -> float:
    """Mean nats per token over all of the held-out windows, none overlapping."""
    tokens = torch.from_numpy(np.fromfile(path, dtype="<u2").astype(np.int64))
    windows = tokens[: (len(tokens) - 1) // context * context + 1]
    inputs, targets = windows[:-1].view(-1, context), windows[1:].view(-1, context)
    with torch.no_grad():
        sums = [float(loss(x, y)) * len(x) for x, y in zip(inputs.split(batch), targets.split(batch))]
    return sum(sums) / len(inputs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["hf", "litgpt", "nanogpt"])
    parser.add_argument("tokens")
    parser.add_argument("--shape", type=json.loads, required=True)
    parser.add_argument("--checkout", default="")
    parser.add_argument("--heldout", default="", help="held-out tokens, looked at every --look steps")
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--window", type=int, default=5, help="steps that a line tells of")
    parser.add_argument("--look", type=int, default=100)
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--beta2", type=float, default=0.95)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    torch.manual_seed(told.seed)
    shape = told.shape
    makers = {"hf": hf, "litgpt": litgpt, "nanogpt": lambda shape: nanogpt(shape, told.checkout)}
    model, loss = makers[told.model](shape)
    model.train()
    updates = optimizer(model, told)
    data = batches(told.tokens, shape["context"], shape["batch"], told.seed)
    began, off = time.perf_counter(), 0.0
    for step in range(1, told.steps + 1):
        for group in updates.param_groups:
            group["lr"] = rate(step, told)
        inputs, targets = next(data)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=told.best):
            value = loss(inputs, targets)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        updates.step()
        updates.zero_grad(set_to_none=True)
        if step % told.window and step % told.look and step != told.steps:
            continue
        line = {"step": step, "tokens": step * inputs.numel(), "loss": value.item()}
        line["cpu"] = time.process_time()
        line["seconds"] = time.perf_counter() - began - off
        if told.heldout and (step % told.look == 0 or step == told.steps):
            looked = time.perf_counter()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=told.best):
                line["heldout"] = heldout(loss, told.heldout, shape["context"], shape["batch"])
            off += time.perf_counter() - looked
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
