"""The workspace as everybody looks at it, kept in memory with a version on each part, so that only what moved travels.

    Ingest.moved  ->  Board.update()  ->  changes(since)   runs, nodes and costs that are newer than a version
                                      ->  runs, lineage()  everything

What must hold: what the board says is what the tables say. Every part keeps its identity and its version while it is
equal to what it was, however often it is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice

import duckdb
import msgspec

from engine.store import queries
from engine.store.ingest import Ingest
from engine.store.lineage import ROOT, Forest, above, base_cost, counts, grow, node, shape, walk
from engine.store.moved import Moved
from engine.store.queries import run_row
from engine.store.rows import BaseCost, Changes, Lineage, LineageChange, Node, RunRow
from engine.store.search import Index

_REMEMBERED = 10_000
"""Ids that are gone and told of one by one; whoever last looked before those is told everything."""


class Board:
    """Not thread-safe: the caller holds the database's lock."""

    def __init__(self) -> None:
        self.version = self._first = time.time_ns()  # higher than any that an earlier supervisor gave out
        self._forest = Forest()
        self._nodes: dict[str, Node] = {}
        self._children: dict[str, tuple[str, ...]] = {ROOT: ()}
        self._parents: dict[str, str] = {}
        self._costs: dict[str, BaseCost] = {}
        self._costs_at = self.version
        self._run_at: dict[str, int] = {}
        self._node_at: dict[str, int] = {}
        self._children_at: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._index = Index()
        self._unindexed: set[str] = set()

    # --- asking -----------------------------------------------------------------------------------

    @property
    def runs(self) -> list[RunRow]:
        """Every run, oldest first."""
        return sorted(self._forest.runs.values(), key=lambda run: (run.created, run.id))

    def run(self, ref: str) -> RunRow:
        """By id, by a unique beginning of one, or the newest run of that name. Raises `NotFoundError`."""
        return self._forest.runs.get(ref) or queries.find_run(self.runs, ref)

    def knows(self, target: str) -> bool:
        """Whether a run, a model or a corpus has this id."""
        forest = self._forest
        return target in forest.runs or target in forest.models or target in forest.corpora

    def lineage(self) -> Lineage:
        """The whole tree, and what each base cost and saved."""
        roots = tuple(grow(self._nodes, self._children, node_id) for node_id in self._children[ROOT])
        return Lineage(roots=roots, costs=tuple(self._costs.values()))

    def changes(self, since: int) -> Changes:
        """What moved after `since`, a version that was given out before; anything else is answered with everything."""
        if since == self.version:
            return Changes(version=since)
        whole = not self._first <= since < self.version
        since = 0 if whole else since
        nodes = tuple(self._nodes[i] for i, at in self._node_at.items() if at > since)
        children = {i: self._children.get(i, ()) for i, at in self._children_at.items() if at > since}
        costs = tuple(self._costs.values()) if self._costs_at > since else None
        moved = nodes or children or costs is not None
        return Changes(
            version=self.version,
            whole=whole,
            runs=tuple(self._forest.runs[i] for i, at in self._run_at.items() if at > since),
            gone=() if whole else tuple(i for i, at in self._gone.items() if at > since),
            lineage=LineageChange(nodes=nodes, children=children, costs=costs) if moved else None,
        )

    def index(self) -> Index:
        """What a query is answered from; brought level only when one is asked."""
        self.prepare(len(self._unindexed))
        return self._index

    def prepare(self, count: int) -> None:
        """Take so many runs into the index ahead of the first query."""
        for run_id in list(islice(self._unindexed, count)):
            self._unindexed.discard(run_id)
            row, state = self._forest.runs.get(run_id), self._forest.states.get(run_id)
            if row is None or state is None:  # gone, if only since the last update
                self._index.drop(run_id)
            else:
                self._index.put(row, state)

    # --- keeping level ----------------------------------------------------------------------------

    def update(self, connection: duckdb.DuckDBPyConnection, ingest: Ingest) -> None:
        """Take in what ingest says has moved."""
        moved = ingest.moved
        if not moved:
            return
        self.version += 1
        if moved.everything:
            moved.runs |= self._forest.runs.keys() | ingest.runs.keys()
        stale = moved.runs | moved.labels | moved.scored
        others = self._update_runs(connection, ingest, moved)
        self._update_scores(connection, moved)
        if moved.made or moved.everything:
            stale |= self._update_made(connection)
        reshaped = others or moved.made or moved.everything
        if reshaped:
            self._update_shape()
        if self._update_nodes(self._showing(stale)) or reshaped:
            self._update_costs()
        moved.settle()

    def _update_runs(self, connection: duckdb.DuckDBPyConnection, ingest: Ingest, moved: Moved) -> bool:
        """The rows of runs; whether any came or went."""
        forest = self._forest
        forest.states = ingest.runs
        if moved.labels or moved.everything:
            forest.tags, forest.notes = queries.tags_by_target(connection), queries.notes_by_target(connection)
        others = False
        self._unindexed |= moved.runs | moved.labels
        for run_id in moved.runs | (moved.labels & forest.runs.keys()):
            state, known = ingest.runs.get(run_id), forest.runs.get(run_id)
            others |= (state is None) is not (known is None)
            if state is not None:
                row = run_row(msgspec.structs.asdict(state), forest.tags, forest.notes)
                others |= known is not None and row.parents != known.parents
                if known is None:
                    self._gone.pop(run_id, None)
                if row != known:
                    forest.runs[run_id], self._run_at[run_id] = row, self.version
            elif known is not None:
                self._drop_run(run_id)
        return others

    def _drop_run(self, run_id: str) -> None:
        del self._forest.runs[run_id], self._run_at[run_id]
        self._gone[run_id] = self.version
        if len(self._gone) > _REMEMBERED:
            self._gone.clear()
            self._first = self.version

    def _update_scores(self, connection: duckdb.DuckDBPyConnection, moved: Moved) -> None:
        scores = self._forest.scores
        if moved.everything:
            self._forest.scores = queries.scores(connection)
        elif moved.scored:
            for model_id in moved.scored:
                scores.pop(model_id, None)
            scores |= queries.scores(connection, sorted(moved.scored))

    def _update_made(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Models and corpora; the ids of those that are others than before, and of their runs."""
        forest = self._forest
        models, corpora = forest.models, forest.corpora
        forest.models = {row.id: row for row in queries.models(connection)}
        forest.corpora = {row.id: row for row in queries.corpora(connection)}
        found = connection.execute("SELECT id, corpus_id, heldout_loss FROM models").fetchall()
        forest.trained_on = {model_id: (corpus, loss) for model_id, corpus, loss in found}
        forest.index()
        old = set(models.values()) | set(corpora.values())
        new = set(forest.models.values()) | set(forest.corpora.values())
        return {i for row in old ^ new for i in (row.id, row.run_id) if i}

    def _update_shape(self) -> None:
        children = shape(self._forest)
        for node_id in children.keys() | self._children.keys():
            if children.get(node_id) != self._children.get(node_id):
                self._children_at[node_id] = self.version
        present = {child for below in children.values() for child in below}
        for node_id in self._nodes.keys() - present:
            del self._nodes[node_id], self._node_at[node_id]
            self._children_at.pop(node_id, None)
        self._children, self._parents = children, above(children)

    def _showing(self, ids: Iterable[str]) -> set[str]:
        """The nodes that show something of these runs, models or corpora; and those that are new."""
        forest = self._forest
        wanted = set(ids)
        wanted |= {m for i in ids for m in forest.frozen.get(i, ())}
        wanted |= {m.run_id for i in ids if (m := forest.models.get(i)) and m.run_id}
        wanted |= {corpus.id for corpus in forest.corpora.values() if corpus.run_id in wanted}
        return (wanted & self._parents.keys()) | (self._parents.keys() - self._nodes.keys())

    def _update_nodes(self, ids: set[str]) -> bool:
        """The nodes that are others now; whether one of them counts in what a base cost and saved."""
        counted = False
        for node_id in ids:
            known, made = self._nodes.get(node_id), node(self._forest, node_id)
            if made != known:
                self._nodes[node_id], self._node_at[node_id] = made, self.version
                counted |= counts(made) or (known is not None and counts(known))
        return counted

    def _update_costs(self) -> None:
        bases = (i for i in walk(self._children, ROOT) if self._nodes[i].kind == "base")
        costs = {i: base_cost(self._nodes, self._children, i) for i in bases}
        if costs != self._costs:
            self._costs, self._costs_at = costs, self.version
