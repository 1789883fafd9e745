"""Who shares a step: this process alone, or several ranks, each with its part of the batch.

    the step's sequences   0 1 2 3 | 4 5 6 7        batch 8 on 2 ranks: the data's order is the same on any number
                            rank 0 |  rank 1
    sums of losses and gradients -> one update, the same on all

What must hold: after every step all ranks have the same weights, and they agree on what comes next. The loss of a step
is the mean over the targets of its whole batch, so the series is that of one process, but for the last bits.

`engine.train.together` is the several; it is imported only where there are several, as `torch.distributed` takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.model.devices import Device
from engine.model.transformer import GraftModel
from engine.model.weights import put
from engine.stage import StageContext

T = TypeVar("T")
Whole = Callable[[GraftModel], T]
"""Work that looks at the whole model."""


class Held(Protocol):
    """How a model's weights lie on the ranks."""

    learned: dict[str, Tensor]
    """What this rank updates, by the parameter's name: the parameter, or this rank's rows of it."""
    divided: bool
    """Whether this rank has but its rows of every weight."""

    def gradients(self) -> None:
        """See to it that `learned` have their gradients: the mean over the ranks of what `backward` left."""

    def clip(self, most: float) -> Tensor:
        """Scale the gradients down to a norm of at most `most` (0: any); the norm that they had, over all ranks."""

    def weights(self) -> dict[str, Tensor]:
        """The model's, in full on the first rank."""

    def take(self, weights: dict[str, Tensor], where: Path) -> None:
        """Put weights in full into the model. Raises `InputError`, naming their file, when they are another's."""

    def gathered(self, name: str, value: Tensor) -> Tensor:
        """A tensor of this rank that goes with a parameter, such as an optimizer's moment, in full on the first."""

    def part(self, name: str, value: Tensor) -> Tensor:
        """The other way: what this rank keeps of it."""

    def through(self, name: str, value: Tensor, work: Callable[[Tensor], Tensor]) -> Tensor:
        """This rank's part of `work(value in full)`."""


class Parallel(Held, Protocol):
    """What the training loop asks of whoever shares its steps. All ranks call the same in the same order."""

    rank: int
    size: int

    @property
    def stop_asked(self) -> bool:
        """Whether some rank was asked to stop, as all of them see it."""

    @property
    def checkpoint_asked(self) -> bool:
        """The same for a checkpoint."""

    def whole(self, work: Whole[T], *, last: bool = True) -> T:
        """`work(model)` with all weights at hand. `last`: of the step's micro-batches, so gradients are then summed."""

    def sum(self, loss: Tensor, targets: int, tokens: int) -> tuple[Tensor, int, int]:
        """Over all ranks. Waits for no GPU."""

    def agree(self, sound: bool) -> bool:
        """Whether all say yes."""

    def same(self, values: dict[str, float]) -> dict[str, float]:
        """The first rank's values: what is decided by them must be decided alike, to the last bit."""

    def wait(self) -> None:
        """Until all are here."""

    def leave(self) -> None:
        """The run has ended well."""


class Undivided:
    """The whole of every weight is here."""

    divided = False

    def __init__(self, model: GraftModel):
        self._model = model
        self.learned: dict[str, Tensor] = {n: p for n, p in model.named_parameters() if p.requires_grad}

    def gradients(self) -> None:
        pass

    def clip(self, most: float) -> Tensor:
        # Without clipping the norm is still taken: it is worth seeing, and costs 1 % of a step.
        gradients = [p.grad for p in self.learned.values() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if most and (norm.device.type != "cpu" or norm > most):  # a CPU need not multiply by one
            torch.nn.utils.clip_grads_with_norm_(self.learned.values(), most, norm)
        return norm

    def weights(self) -> dict[str, Tensor]:
        return dict(self._model.state_dict())

    def take(self, weights: dict[str, Tensor], where: Path) -> None:
        put(self._model, weights, where)

    def gathered(self, name: str, value: Tensor) -> Tensor:
        return value

    def part(self, name: str, value: Tensor) -> Tensor:
        return value

    def through(self, name: str, value: Tensor, work: Callable[[Tensor], Tensor]) -> Tensor:
        return work(value)


class Alone(Undivided):
    """One process. Nothing here costs anything."""

    rank, size = 0, 1

    def __init__(self, context: StageContext, model: GraftModel):
        super().__init__(model)
        self._context = context

    def whole(self, work: Whole[T], *, last: bool = True) -> T:
        return work(self._model)

    def sum(self, loss: Tensor, targets: int, tokens: int) -> tuple[Tensor, int, int]:
        return loss, targets, tokens

    def agree(self, sound: bool) -> bool:
        return sound

    def same(self, values: dict[str, float]) -> dict[str, float]:
        return values

    @property
    def stop_asked(self) -> bool:
        return self._context.stop_asked

    @property
    def checkpoint_asked(self) -> bool:
        return self._context.checkpoint_asked

    def wait(self) -> None:
        pass

    def leave(self) -> None:
        pass


def share(context: StageContext, model: GraftModel, train: TrainConfig, device: Device) -> Parallel:
    """Put the model on its device, or devices, ready to be trained."""
    if context.ranks == 1:
        return Alone(context, model.to(device.torch_device))
    from engine.train.together import together

    return together(context, model, train, device)
