"""What a base cost beside what its branches cost, as rows to print or draw."""

from __future__ import annotations

from msgspec import Struct

from engine.store.rows import BaseCost, Cost, Lineage


class CostRow(Struct, frozen=True, kw_only=True):
    """One line of the cost table."""

    base: str
    what: str
    """In words: `pretraining tiny@1`, `3 branches together` ..."""
    seconds: float
    device_seconds: float | None = None
    tokens: int | None = None
    flops: float | None = None
    money: float | None = None
    share: float | None = None
    """Of the base's own seconds."""


def cost_rows(lineage: Lineage) -> list[CostRow]:
    """For each base: its cost, its branches', its share per branch, and the same branches without sharing it."""
    return [row for cost in lineage.costs for row in _rows(cost)]


def _rows(cost: BaseCost) -> list[CostRow]:
    rows = [_whole(cost, f"pretraining {cost.base}", cost.cost)]
    if not cost.branches:
        return rows
    branches = "1 branch" if cost.branches == 1 else f"{cost.branches} branches together"
    rows.append(_whole(cost, branches, cost.branch_cost))
    if cost.base_seconds_per_variant is not None:
        rows.append(_part(cost, "the base's share per branch", cost.base_seconds_per_variant))
    if cost.from_scratch_seconds is not None:
        rows.append(_part(cost, "the same, each pretraining its own base", cost.from_scratch_seconds))
        rows.append(_part(cost, "saved by sharing the base", saved_seconds(cost)))
    return rows


def saved_seconds(cost: BaseCost) -> float:
    """Wall seconds that one shared base saved so far; never below zero (one branch saves nothing)."""
    if cost.from_scratch_seconds is None:
        return 0.0
    return max(0.0, cost.from_scratch_seconds - cost.cost.seconds - cost.branch_cost.seconds)


def in_words(cost: BaseCost) -> str:
    """The table's point in one sentence."""
    if not cost.branches or cost.cost.seconds <= 0:
        return f"{cost.base} has no branches yet: its cost is not shared."
    each = cost.branch_cost.seconds / cost.branches
    if each < cost.cost.seconds:
        ratio = f"A branch of {cost.base} takes {each / cost.cost.seconds:.0%} of the time that the base took"
    else:
        ratio = f"A branch of {cost.base} takes {each / cost.cost.seconds:.1f} times as long as the base took"
    saved = saved_seconds(cost)
    if not saved or not cost.from_scratch_seconds:
        return f"{ratio}."
    part = saved / cost.from_scratch_seconds
    return f"{ratio}; sharing it among {cost.branches} branches has saved {part:.0%} of the time so far."


def _whole(cost: BaseCost, what: str, spent: Cost) -> CostRow:
    return CostRow(
        base=cost.base,
        what=what,
        seconds=spent.seconds,
        device_seconds=spent.device_seconds,
        tokens=spent.tokens,
        flops=spent.flops,
        money=spent.money,
        share=_share(cost, spent.seconds),
    )


def _part(cost: BaseCost, what: str, seconds: float) -> CostRow:
    return CostRow(base=cost.base, what=what, seconds=seconds, share=_share(cost, seconds))


def _share(cost: BaseCost, seconds: float) -> float | None:
    return seconds / cost.cost.seconds if cost.cost.seconds > 0 else None
