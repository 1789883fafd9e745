"""The lineage as lines to draw: the tree flattened, filtered, with its guides. No widget, no colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from engine.store.rows import BaseCost, Lineage, Node, RunRow, ScoreRow

_HEADLINES = ("accuracy", "token_f1", "exact_match", "macro_f1", "rule_score")
"""Which task score speaks for a model in one column, the first that it has."""
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


def lines(lineage: Lineage, *, query: str = "", folded: Set[str] = frozenset()) -> list[Line]:
    """Visible nodes in drawing order. With a query: those that match, and what leads to them; nothing is folded."""
    wanted = _matching(lineage, query.lower().split()) if query.strip() else None
    found: list[Line] = []
    for root in lineage.roots:
        if wanted is None or id(root) in wanted:
            _walk(root, "", "", (), folded if wanted is None else frozenset(), wanted, found)
    return found


def _walk(
    node: Node, guide: str, below: str, path: tuple[Node, ...], folded: Set[str], wanted: dict[int, bool] | None,
    found: list[Line],
) -> None:  # fmt: skip
    hidden = node.id in folded and bool(node.children)
    found.append(Line(node, guide, path, hidden, wanted is None or wanted[id(node)]))
    children = [] if hidden else [c for c in node.children if wanted is None or id(c) in wanted]
    for child in children:
        last = child is children[-1]
        tip, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        _walk(child, below + tip, below + rest, (*path, node), folded, wanted, found)


def _matching(lineage: Lineage, terms: list[str]) -> dict[int, bool]:
    """Identities of the nodes that hold every term in some word about them, and (False) of their ancestors."""
    kept: dict[int, bool] = {}

    def visit(node: Node, above: tuple[Node, ...]) -> None:
        about = " ".join((node.name, node.id, node.kind, node.state, node.method or "", *node.tags)).lower()
        if all(term in about for term in terms):
            for one in above:
                kept.setdefault(id(one), False)
            kept[id(node)] = True
        for child in node.children:
            visit(child, (*above, node))

    for root in lineage.roots:
        visit(root, ())
    return kept


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
    for metric in _HEADLINES:
        for score in node.scores:
            if score.metric == metric:
                return score
    return None


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
