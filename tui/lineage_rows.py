"""The lineage as lines to draw: the tree flattened, filtered, sorted, with its guides. No widget, no colour.

Lineage (nested, as the store answers) + View (folds, filter, order)  ->  Outline  ->  Line, for each row on screen
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any

from engine.store.rows import BaseCost, Lineage, Node, RunRow, ScoreRow

_HEADLINES = ("accuracy", "token_f1", "exact_match", "macro_f1", "rule_score")
"""Which task score speaks for a model in one column, the first that it has."""
_RANK = {metric: rank for rank, metric in enumerate(_HEADLINES)}
HUGE, SHOWN = 40, 30
"""More siblings than the first are cut to the second, and a line that counts the rest."""
_ACTIVE = ("running", "stopping")
SHORT = {"accuracy": "acc", "rule_score": "rule", "token_f1": "F1", "exact_match": "exact", "macro_f1": "macro F1"}


@dataclass(frozen=True)
class Line:
    """One visible node."""

    node: Node
    guide: str
    """`│ ├─` and the like; empty for a root."""
    path: tuple[Node, ...]
    """From the root down to the node's parent."""
    folded: bool = False
    """Has children that are not shown."""
    hit: bool = True
    """Matches the filter itself, rather than leading to what does."""
    more: int = 0
    """This line is no node: it stands for that many children of `node` which are not shown."""


@dataclass(frozen=True)
class View:
    """How the reader wants the tree: which lines there are, and in which order."""

    folded: frozenset[str] = frozenset()
    """Ids of nodes whose children are hidden. A filter looks into them all the same."""
    whole: frozenset[str] = frozenset()
    """Ids of nodes whose children are all shown, however many they are."""
    pinned: frozenset[str] = frozenset()
    """Ids of nodes that stand above their siblings."""
    sort: str = "age"
    """A key of `SORTS`."""
    turned: bool = False
    hits: frozenset[str] | None = None
    """Ids that match the filter; None: there is no filter."""


class Outline:
    """The visible lines. A tree of 10,000 is laid out in milliseconds: lines are made when they are looked at."""

    def __init__(self, lineage: Lineage, view: View | None = None):
        self._view = view or View()
        self._nodes: list[Node] = []
        self._above: list[int] = []
        """The row of each row's parent; -1 for a root."""
        self._last: list[bool] = []
        self._more: list[int] = []
        self._rows: dict[str, int] = {}
        self._fill(lineage)

    def __len__(self) -> int:
        return len(self._nodes)

    def row(self, node_id: str) -> int | None:
        """Where a node stands; None when it is not visible."""
        return self._rows.get(node_id)

    def row_of(self, line: Line) -> int | None:
        """Where the same thing stands as on a line of another outline; else its nearest visible ancestor's row."""
        if line.more:
            below = range((self._rows.get(line.node.id, -1)) + 1, len(self))
            return next((row for row in below if self._more[row] and self._nodes[row].id == line.node.id), None)
        ids = (line.node.id, *(node.id for node in reversed(line.path)))
        return next((self._rows[id] for id in ids if id in self._rows), None)

    def line(self, row: int) -> Line:
        """Raises `IndexError` for a row that is not there."""
        node, hits = self._nodes[row], self._view.hits
        hit = hits is None or node.id in hits
        above = self._ancestors(row)
        guide = "".join("   " if self._last[up] else "│  " for up in above[1:])
        if above:
            guide += "└─ " if self._last[row] else "├─ "
        folded = hits is None and node.id in self._view.folded and bool(node.children)
        path = tuple(self._nodes[up] for up in above)
        if self._more[row]:
            return Line(node, guide, path, more=self._more[row])
        return Line(node, guide, path, folded, hit)

    def lines(self) -> list[Line]:
        return [self.line(row) for row in range(len(self))]

    def hits(self) -> Iterator[tuple[int, Node]]:
        """Row and node of all that match the filter, without it of all that are visible."""
        hits = self._view.hits
        for row, node in enumerate(self._nodes):
            if not self._more[row] and (hits is None or node.id in hits):
                yield row, node

    def _ancestors(self, row: int) -> list[int]:
        """Rows from the root down to the parent."""
        above: list[int] = []
        while (row := self._above[row]) >= 0:
            above.append(row)
        return above[::-1]

    def _fill(self, lineage: Lineage) -> None:
        view = self._view
        kept = None if view.hits is None else _leading_to(lineage, view.hits)
        waiting = self._group(None, lineage.roots, -1, kept)
        while waiting:
            node, above, last, more = waiting.pop()
            row = len(self._nodes)
            self._nodes.append(node)
            self._above.append(above)
            self._last.append(last)
            self._more.append(more)
            if not more:
                self._rows[node.id] = row
                if node.children and (kept is not None or node.id not in view.folded):
                    waiting += self._group(node, node.children, row, kept)

    def _group(
        self, parent: Node | None, nodes: tuple[Node, ...], above: int, kept: set[str] | None
    ) -> list[tuple[Node, int, bool, int]]:
        """Siblings in the order wanted, last one first; of a huge group the foremost and one line for the rest."""
        siblings = [node for node in nodes if kept is None or node.id in kept]
        siblings = arranged(siblings, self._view)
        hidden = 0
        if parent is not None and kept is None and len(siblings) > HUGE and parent.id not in self._view.whole:
            siblings, hidden = _foremost(siblings, self._view.pinned)
        rows = [(node, above, not hidden and node is siblings[-1], 0) for node in siblings]
        if hidden and parent is not None:
            rows.append((parent, above, True, hidden))
        return rows[::-1]


def _leading_to(lineage: Lineage, hits: frozenset[str]) -> set[str]:
    """Ids of the hits and of all their ancestors."""
    kept: set[str] = set()
    for node, path in _paths(lineage):
        if node.id in hits:
            kept.add(node.id)
            kept.update(above.id for above in path)
    return kept


def _paths(lineage: Lineage) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Every node with what it descends from, parents first."""
    waiting: list[tuple[Node, tuple[Node, ...]]] = [(root, ()) for root in reversed(lineage.roots)]
    while waiting:
        node, path = waiting.pop()
        yield node, path
        if node.children:
            below = (*path, node)
            waiting.extend((child, below) for child in reversed(node.children))


def path_to(lineage: Lineage, node_id: str) -> tuple[Node, ...] | None:
    """What a node descends from, from the root down; None when there is no such node."""
    return next((path for node, path in _paths(lineage) if node.id == node_id), None)


def matching(lineage: Lineage, query: str, run_ids: Set[str] | None) -> frozenset[str] | None:
    """Ids of the nodes whose run is among those that a query found; None for an empty query (`run_ids` None).

    A node that no run made here, such as an imported base, matches by its own words.
    """
    if run_ids is None:
        return None
    terms = query.lower().split()
    return frozenset(
        node.id
        for node in every(lineage)
        if (node.run_id in run_ids if node.run_id else all(term in _about(node) for term in terms))
    )


def _about(node: Node) -> str:
    return " ".join((node.name, node.id, node.kind, node.state, node.method or "", *node.tags)).lower()


# --- order ----------------------------------------------------------------------------------------


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


SORTS: dict[str, Callable[[Node], Any]] = {
    "age": lambda node: node.created,
    "name": lambda node: title(node).lower(),
    "loss": lambda node: node.heldout_loss,
    "score": lambda node: _negative(score.value) if (score := headline(node)) else None,
    "cost": lambda node: _negative(node.cost.seconds) if node.cost.seconds else None,
}
"""Orders of siblings: oldest, first by name, lowest loss, highest score, dearest first. None: not known, so last."""


def arranged(siblings: list[Node], view: View) -> list[Node]:
    """Pinned ones first, then in the view's order; what has no such figure comes last either way round."""
    key = SORTS[view.sort]
    known = [node for node in siblings if key(node) is not None]
    known.sort(key=key, reverse=view.turned)
    if len(known) < len(siblings):
        known += [node for node in siblings if key(node) is None]
    if view.pinned:
        known.sort(key=lambda node: node.id not in view.pinned)
    return known


def _foremost(siblings: list[Node], pinned: frozenset[str]) -> tuple[list[Node], int]:
    """The few of a huge group that are shown, in their order, and how many are not: what runs now always is."""
    first = {id(node) for node in siblings[:SHOWN]}
    active = [node for node in siblings if node.state in _ACTIVE][:SHOWN]
    first.update(id(node) for node in active)
    shown = [node for node in siblings if id(node) in first or node.id in pinned]
    return shown, len(siblings) - len(shown)


# --- nodes ----------------------------------------------------------------------------------------


def every(lineage: Lineage) -> Iterator[Node]:
    """All nodes, parents first."""
    waiting = list(reversed(lineage.roots))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def title(node: Node) -> str:
    """What the tree calls a node: a base by its version, anything else by its name."""
    return node.id if node.kind == "base" else node.name


def headline(node: Node) -> ScoreRow | None:
    """The one task score that stands for a model; bits per byte never does."""
    best: ScoreRow | None = None
    for score in node.scores:
        rank = _RANK.get(score.metric)
        if rank is not None and (best is None or rank < _RANK[best.metric]):
            best = score
    return best


def base_cost(lineage: Lineage, line: Line) -> BaseCost | None:
    """The costs of the base that a line stands on, or of the first base grown from it."""
    costs = {cost.base: cost for cost in lineage.costs}
    for node in (line.node, *reversed(line.path)):
        if node.id in costs:
            return costs[node.id]
    for node in every(Lineage(roots=(line.node,), costs=())):
        if node.id in costs:
            return costs[node.id]
    return None


def heirs(lineage: Lineage, runs: Iterable[RunRow], run_id: str) -> list[tuple[str, str]]:
    """Id and name of what would lose its origin with a run: frozen models, their variants, runs that name it."""
    frozen: list[str] = []
    for node in every(lineage):
        if node.run_id == run_id:
            frozen += [node.id] if node.kind == "base" else node.frozen_as
    origins = {f"run:{run_id}", *(f"model:{id}" for id in frozen)}
    kin = [(run.id, run.name) for run in runs if run.id != run_id and origins.intersection(run.parents)]
    return [*((id, id) for id in frozen), *kin]
