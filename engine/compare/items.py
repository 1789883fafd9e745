"""The items of a suite with every model's answer: which ones tell models apart, and what was said there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from engine.compare.contaminated import Answers, Flag
from engine.store.rows import PredictionRow

_EQUAL = 1e-9
"""Scores no further apart than this are the same: they come from sums of floating-point numbers."""

KINDS = ("all", "differ", "one right", "all wrong", "known")
"""What to see: every item, those on which scores differ, those that just one model gets right, those that none does,
and those that stood in some model's training text."""


class Item(Struct, frozen=True, kw_only=True):
    """One item and every model's answer to it."""

    example_id: str
    input: str
    target: str
    outputs: dict[str, str]
    """By model id, like the rest."""
    scores: dict[str, float]
    correct: dict[str, bool | None]
    spread: float = 0.0
    """Best score less worst, per unit of weight: per byte for language models."""
    flag: Flag | None = None
    """Where it stood in what a model learned from."""

    @property
    def differs(self) -> bool:
        return self.spread > _EQUAL

    @property
    def is_marked(self) -> bool:
        """Some answer is right or wrong; documents are only predicted better or worse."""
        return any(mark is not None for mark in self.correct.values())

    def is_a(self, kind: str) -> bool:
        """Whether it belongs to one of `KINDS`. An item that nobody marks right or wrong is never `one right`."""
        right = [bool(mark) for mark in self.correct.values()]
        match kind:
            case "differ":
                return self.differs
            case "one right":
                return len(right) > 1 and sum(right) == 1
            case "all wrong":
                return self.is_marked and not any(right)
            case "known":
                return self.flag is not None
        return True

    def holds(self, words: Sequence[str]) -> bool:
        """Whether every one of these lower-case words stands somewhere in it."""
        text = "\n".join((self.example_id, self.input, self.target, *self.outputs.values())).lower()
        return all(word in text for word in words)


def items_of(answers: Answers, flags: Mapping[str, Flag] = MappingProxyType({})) -> list[Item]:
    """The items that every model answered, the widest apart first, then by id. `flags` are by example."""
    first = next(iter(answers.values()), {})
    shared = [key for key in first if all(key in rows for rows in answers.values())]
    items = [_item(key, {model: rows[key] for model, rows in answers.items()}, flags.get(key)) for key in shared]
    return sorted(items, key=lambda item: (-item.spread if item.differs else 0.0, item.example_id))


def _item(key: str, by_model: Mapping[str, PredictionRow], flag: Flag | None) -> Item:
    first = next(iter(by_model.values()))
    rates = [row.score / row.weight if row.weight else 0.0 for row in by_model.values()]
    return Item(
        example_id=key,
        input=first.input,
        target=first.target,
        outputs={model: row.output for model, row in by_model.items()},
        scores={model: row.score for model, row in by_model.items()},
        correct={model: row.correct for model, row in by_model.items()},
        spread=max(rates) - min(rates),
        flag=flag,
    )


def chosen(items: Iterable[Item], kind: str, query: str = "") -> list[Item]:
    """The items of a kind that hold every word of a query, in the order given."""
    words = query.lower().split()
    return [item for item in items if item.is_a(kind) and (not words or item.holds(words))]
