"""What every method of branching provides: a card for the new model, and the task that it learns.

Setting (configuration, base, tokenizer, device)  ->  method  ->  Recipe (card, task)  ->  branch.run trains it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from engine.config.schema import BranchConfig, ModelCard
from engine.corpus.tokenizer import Tokenizer
from engine.freeze.refs import ModelRef
from engine.model.devices import Device
from engine.model.lora import A, B
from engine.model.transformer import GraftModel
from engine.stage import StageContext
from engine.train.task import Task


@dataclass(frozen=True)
class Setting:
    """All that a method may look at."""

    context: StageContext
    config: BranchConfig
    base: ModelRef
    card: ModelCard
    """The base's."""
    tokenizer: Tokenizer
    """The base's."""
    device: Device


@dataclass(frozen=True)
class Recipe:
    """What a method makes of its setting."""

    card: ModelCard
    """The variant's: the base's shape, with the method's head, classes or template."""
    task: Task


Method = Callable[[Setting], Recipe]


def choose_weights(model: GraftModel, what: str) -> None:
    """Mark the weights that learn: `full`; `last-block`, with the final norm and the head; the `head` alone; or
    `lora`: the adapters, and a classifier's head."""
    if what == "full":
        return
    model.requires_grad_(False)
    learned: list[nn.Module] = [part for part in (model.lm_head, model.classify_head) if part is not None]
    if what == "lora":
        learned = [part for part in (model.classify_head,) if part is not None]
        for name, weight in model.named_parameters():
            weight.requires_grad_(name.endswith((A, B)))
    if what == "last-block":
        learned += [model.trunk.blocks[-1], model.trunk.norm]
    for part in learned:
        part.requires_grad_(True)
