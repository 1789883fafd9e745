"""Where a workspace stands in the method, and what comes next: one sentence each, until the first comparison.

    corpus -> pretrain until flat -> freeze -> branch -> evaluate -> compare

What goes on is said first, what to do after it second. While the demo plays it takes the steps by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.rows import Node, RunRow
from tui.lineage_rows import every
from tui.messages import Snapshot

_ACTIVE = ("queued", "running", "stopping")
_DOING = {
    "corpus": "The corpus {} is being built: cleaned, de-duplicated, tokenised.",
    "import": "The open weights of {} are being read, checked and frozen.",
    "pretrain": "{} is being pretrained; it stops by itself when its held-out loss flattens.",
    "branch": "{} is being trained on its task.",
    "evaluate": "{} is being evaluated on what it never saw.",
}


@dataclass(frozen=True)
class Step:
    """Sentences; either may be empty."""

    now: str
    next: str


def next_step(snapshot: Snapshot) -> Step | None:
    """The step that a workspace is at; None when the method has been gone through, or nothing is here."""
    nodes = list(every(snapshot.lineage))
    active = [run for run in snapshot.runs if run.state in _ACTIVE]
    if not nodes and not active:
        return None
    if len({score.model_id for node in nodes for score in node.scores}) > 1:
        return None
    return Step(_now(active), _next(nodes, active))


def _now(active: list[RunRow]) -> str:
    """What goes on, of several the furthest in the method."""
    for kind in reversed(_DOING):
        names = [run.name for run in active if run.kind == kind]
        if names:
            who = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
            return _DOING[kind].format(who)
    return ""


def _next(nodes: list[Node], active: list[RunRow]) -> str:
    variants = [node for node in nodes if node.kind == "variant"]
    waits = "When it is done: " if active else ""
    if any(node.state == "finished" for node in variants):
        return f"{waits}e on a variant evaluates it, c compares it with the others."
    if variants:
        return f"{waits}e on the variant evaluates it."
    if any(node.kind == "base" for node in nodes):
        return "b on the base branches a variant off it, one for each task."
    if any(node.kind == "pretrain" for node in nodes):
        return f"{waits}F on the run freezes it as a base; b branches off it and freezes it first."
    return f"{waits}P on the corpus pretrains a base."
