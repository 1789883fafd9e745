"""The workspace as one client has heard of it: asks what moved, and keeps the rest as it was.

    Client.changes(version)  ->  Mirror.look()  ->  lineage and runs, the same objects while nothing new is known

Whatever did not move keeps its identity, whole subtrees included, so that `is` tells what need not be drawn again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec.structs import replace

from engine.store.rows import Changes, Lineage, LineageChange, Node, RunRow

_ROOT = ""


class Mirror:
    """One client's picture of a workspace. `ask` gives what moved since a version."""

    def __init__(self, ask: Callable[[int], Changes]):
        self._ask = ask
        self._lock = threading.Lock()
        self.version = 0
        self._runs: dict[str, RunRow] = {}
        self._nodes: dict[str, Node] = {}
        """Without their children, as they came."""
        self._children: dict[str, tuple[str, ...]] = {}
        self._parents: dict[str, str] = {}
        self._grown: dict[str, Node] = {}
        self.runs: tuple[RunRow, ...] = ()
        """Oldest first."""
        self.lineage = Lineage(roots=(), costs=())

    def look(self) -> tuple[Lineage, tuple[RunRow, ...], tuple[str, ...]]:
        """Lineage, runs and what the supervisor wants said. Raises what asking raises."""
        with self._lock:
            changes = self._ask(self.version)
            self.take(changes)
            return self.lineage, self.runs, changes.notices

    def take(self, changes: Changes) -> None:
        """Bring the picture up to date."""
        if changes.whole:
            changes = self._difference(changes)
        self.version = changes.version
        if changes.runs or changes.gone:
            for run_id in changes.gone:
                self._runs.pop(run_id, None)
            self._runs |= {run.id: run for run in changes.runs}
            self.runs = tuple(sorted(self._runs.values(), key=lambda run: (run.created, run.id)))
        if changes.lineage is not None:
            self._regrow(changes.lineage)

    def _difference(self, whole: Changes) -> Changes:
        """As `whole`, but only what differs from what is known."""
        told = whole.lineage or LineageChange(nodes=(), children={}, costs=())
        costs = None if told.costs == self.lineage.costs else told.costs
        nodes = tuple(node for node in told.nodes if node != self._nodes.get(node.id))
        parents = self._children.keys() | told.children.keys()
        children = {i: told.children.get(i, ()) for i in parents}
        children = {i: below for i, below in children.items() if below != self._children.get(i, ())}
        moved = bool(nodes or children) or costs is not None
        return Changes(
            version=whole.version,
            runs=tuple(run for run in whole.runs if run != self._runs.get(run.id)),
            gone=tuple(self._runs.keys() - {run.id for run in whole.runs}),
            lineage=LineageChange(nodes=nodes, children=children, costs=costs) if moved else None,
        )

    def _regrow(self, change: LineageChange) -> None:
        """Make again the nodes that moved and those above them."""
        self._nodes |= {node.id: node for node in change.nodes}
        self._children |= change.children
        if change.children:
            self._reshape()
        dirty: set[str] = set()
        for node_id in (*(node.id for node in change.nodes), *change.children):
            while node_id in self._parents and node_id not in dirty:
                dirty.add(node_id)
                node_id = self._parents[node_id]
        for node_id in dirty:
            self._grown.pop(node_id, None)
        roots = tuple(self._grow(node_id) for node_id in self._children.get(_ROOT, ()))
        self.lineage = Lineage(roots=roots, costs=self.lineage.costs if change.costs is None else change.costs)

    def _grow(self, node_id: str) -> Node:
        """A node with what hangs below it, kept until one of them moves."""
        if (known := self._grown.get(node_id)) is not None:
            return known
        below = tuple(self._grow(child) for child in self._children.get(node_id, ()))
        grown = replace(self._nodes[node_id], children=below) if below else self._nodes[node_id]
        self._grown[node_id] = grown
        return grown

    def _reshape(self) -> None:
        """Find every node's parent again, from the roots down; forget what hangs nowhere any more."""
        self._parents, reached = {}, [_ROOT]
        for node_id in reached:
            below = self._children.get(node_id, ())
            self._parents |= dict.fromkeys(below, node_id)
            reached += below
        for node_id in self._nodes.keys() - self._parents.keys():
            del self._nodes[node_id]
            self._grown.pop(node_id, None)
            self._children.pop(node_id, None)
