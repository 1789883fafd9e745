"""The lineage tree: corpus -> base -> variants -> their variants, with state, scores and cost.

    Forest (runs, models, corpora, scores ...)  ->  shape()   who hangs below whom, by id
                                                ->  node()    one node, without its children
                     both                       ->  grow()    the tree

How a node finds its parent: a base hangs below the corpus in its manifest, a pretraining run that nobody has frozen
yet below the corpus it names; once frozen, the base takes its place and shows the run's curve. A branch run, in
whatever state, hangs below the base in its `model:` parent, or below the variant that this base was frozen from.
Whatever has no parent here stands at the root, so that nothing is ever hidden.

The shape changes only when something comes or goes, a node whenever its run moves: so they are made apart, and a
workspace of ten thousand runs is not put together again for one line of one journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from engine.store.fold import RunState
from engine.store.rows import BaseCost, CorpusRow, Cost, ModelRow, Node, RunRow, ScoreRow

T = TypeVar("T")
ROOT = ""
"""Under this id stand the roots."""
_LANGUAGE_MODEL = "language-model"


@dataclass
class Forest:
    """Everything that the tree is put together from."""

    states: Mapping[str, RunState] = field(default_factory=dict)
    """Runs as the store folds them, with their configurations."""
    runs: dict[str, RunRow] = field(default_factory=dict)
    models: dict[str, ModelRow] = field(default_factory=dict)
    corpora: dict[str, CorpusRow] = field(default_factory=dict)
    trained_on: dict[str, tuple[str | None, float | None]] = field(default_factory=dict)
    """By model: its corpus, and its held-out loss."""
    scores: dict[str, tuple[ScoreRow, ...]] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    frozen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By run: the versions it was frozen under."""

    def index(self) -> None:
        """After models changed."""
        found: dict[str, list[str]] = defaultdict(list)
        for model in self.models.values():
            if model.version is not None and model.run_id:
                found[model.run_id].append(model.id)
        self.frozen = {run_id: tuple(ids) for run_id, ids in found.items()}

    def names_of(self, node_id: str) -> tuple[str, ...]:
        """All ids whose notes, tags and scores a node shows: its own, its run's, those it was frozen under."""
        if node_id in self.runs:
            return (node_id, *self.frozen.get(node_id, ()))
        model = self.models.get(node_id)
        run_id = model.run_id if model and model.kind == "base" else None
        return (node_id, run_id) if run_id else (node_id,)


# --- who hangs below whom -------------------------------------------------------------------------


def shape(forest: Forest) -> dict[str, tuple[str, ...]]:
    """The ids below each id that has any; `ROOT` stands above all."""
    return _Shaping(forest).children


class _Shaping:
    """One walk from the corpora down; what it did not meet stands at the root."""

    def __init__(self, forest: Forest):
        self.forest = forest
        self.children: dict[str, tuple[str, ...]] = {}
        self._placed: set[str] = set()
        self._runs = sorted(forest.runs.values(), key=lambda run: (run.created, run.id))
        self._branches: dict[str, list[RunRow]] = defaultdict(list)
        self._pretrained: dict[str | None, list[RunRow]] = defaultdict(list)
        self._based: dict[str | None, list[ModelRow]] = defaultdict(list)
        self._imported: dict[str | None, list[ModelRow]] = defaultdict(list)
        self._sort()
        roots = [self._corpus(corpus) for corpus in forest.corpora.values()]
        roots += [self._base(m) for m in _loose(self._based) if m.id not in self._placed]
        roots += [self._leaf(run) for run in _loose(self._pretrained) if run.id not in self._placed]
        roots += [self._model(m) for m in _loose(self._imported) if m.id not in self._placed]
        roots += [self._variant(r) for r in self._runs if r.kind == "branch" and r.id not in self._placed]
        self.children[ROOT] = tuple(roots)

    def _sort(self) -> None:
        """Each run and model under the id of what it grew from."""
        for run in self._runs:
            if run.kind == "branch" and (parent := _parent(run, "model:")):
                self._branches[parent].append(run)
            elif run.kind == "pretrain" and run.id not in self.forest.frozen:
                self._pretrained[_parent(run, "corpus:")].append(run)
        for model in self.forest.models.values():
            if model.version is None:
                continue
            if model.kind == "base":
                self._based[self.forest.trained_on[model.id][0]].append(model)
            elif model.run_id not in self.forest.runs:
                self._imported[model.parent_id].append(model)

    def _put(self, above: str, ids: Iterable[str]) -> None:
        if below := tuple(ids):
            self.children[above] = below

    def _corpus(self, corpus: CorpusRow) -> str:
        below = [(m.frozen_at or 0.0, self._base(m)) for m in self._based.get(corpus.id, ())]
        below += [(run.created, self._leaf(run)) for run in self._pretrained.get(corpus.id, ())]
        self._put(corpus.id, (node_id for _, node_id in sorted(below, key=lambda pair: pair[0])))
        return corpus.id

    def _base(self, model: ModelRow) -> str:
        self._placed.add(model.id)
        self._put(model.id, self._variants(model.id))
        return model.id

    def _leaf(self, run: RunRow) -> str:
        self._placed.add(run.id)
        return run.id

    def _variant(self, run: RunRow) -> str:
        frozen = self.forest.frozen.get(run.id, ())
        self._placed.update((run.id, *frozen))
        self._put(run.id, self._variants(*frozen, run.id))
        return run.id

    def _model(self, model: ModelRow) -> str:
        """A frozen variant whose run is not here (removed, or from another workspace)."""
        self._placed.add(model.id)
        self._put(model.id, self._variants(model.id))
        return model.id

    def _variants(self, *ids: str) -> Iterator[str]:
        runs = [run for i in ids for run in self._branches.get(i, ()) if run.id not in self._placed]
        for run in sorted(runs, key=lambda run: (run.created, run.id)):
            if run.id not in self._placed:
                yield self._variant(run)
        for model in (m for i in ids for m in self._imported.get(i, ()) if m.id not in self._placed):
            yield self._model(model)


def _loose(found: dict[str | None, list[T]]) -> Iterator[T]:
    """All of them, whatever they grew from."""
    for some in found.values():
        yield from some


def _parent(run: RunRow, prefix: str) -> str | None:
    return next((parent.removeprefix(prefix) for parent in run.parents if parent.startswith(prefix)), None)


# --- one node -------------------------------------------------------------------------------------


def node(forest: Forest, node_id: str) -> Node:
    """A node by itself, without its children."""
    if node_id in forest.runs:
        return _run_node(forest, forest.runs[node_id])
    if node_id in forest.corpora:
        return _corpus_node(forest, forest.corpora[node_id])
    return _model_node(forest, forest.models[node_id])


def _corpus_node(forest: Forest, corpus: CorpusRow) -> Node:
    run = forest.runs.get(corpus.run_id or "")
    return Node(
        id=corpus.id,
        kind="corpus",
        name=corpus.name,
        state="built",
        run_id=corpus.run_id,
        cost=run.cost if run else Cost(),
        created=corpus.built,
        detail={
            "documents": corpus.documents,
            "held-out documents": corpus.heldout_documents,
            "train tokens": corpus.train_tokens,
            "held-out tokens": corpus.heldout_tokens,
            "bytes": corpus.bytes,
            "vocabulary": corpus.vocab_size,
        },
        **_labels(forest, corpus.id),
    )


def _model_node(forest: Forest, model: ModelRow) -> Node:
    """A base, with its run's curve and cost; or a frozen variant whose run is not here."""
    corpus, loss = forest.trained_on[model.id]
    base = model.kind == "base"
    run = forest.runs.get(model.run_id or "") if base else None
    return Node(
        id=model.id,
        kind=model.kind,
        name=model.name,
        state="frozen",
        method=None if base else model.method,
        scratch=model.scratch and not base,
        run_id=model.run_id,
        frozen_as=() if base else (model.id,),
        heldout_loss=loss if loss is not None or run is None else run.best_heldout_loss,
        loss_history=forest.states[run.id].losses if run else (),
        cost=run.cost if run else Cost(),
        created=model.frozen_at or 0.0,
        detail=_facts(
            source=_config(forest, run).get("source") if run else None,
            parameters=model.parameters,
            corpus=corpus if base else None,
            step=model.step,
            sha256=model.sha256[:12],
        )
        | _training_facts(run, forest),
        **_labels(forest, model.id),
    )  # fmt: skip


def _run_node(forest: Forest, run: RunRow) -> Node:
    config = _config(forest, run)
    facts = _facts(what=config.get("what"), base=_parent(run, "model:"), corpus=_parent(run, "corpus:"))
    return Node(
        id=run.id,
        kind="pretrain" if run.kind == "pretrain" else "variant",
        name=run.name,
        state=run.state,
        method=run.method,
        scratch=run.scratch,
        run_id=run.id,
        frozen_as=forest.frozen.get(run.id, ()),
        heldout_loss=run.best_heldout_loss,
        loss_history=forest.states[run.id].losses,
        cost=run.cost,
        created=run.created,
        detail=facts | _training_facts(run, forest),
        **_labels(forest, run.id),
    )


def _labels(forest: Forest, node_id: str) -> dict[str, Any]:
    """Tags, note and scores."""
    ids = forest.names_of(node_id)
    scores = [row for i in ids for row in forest.scores.get(i, ())]
    return {
        "tags": tuple(dict.fromkeys(tag for i in ids for tag in forest.tags.get(i, ()))),
        "note": next((forest.notes[i] for i in ids if i in forest.notes), ""),
        "scores": tuple(row for row in scores if row.task != _LANGUAGE_MODEL),
        "bits_per_byte": tuple(row for row in scores if row.task == _LANGUAGE_MODEL),
    }


def _config(forest: Forest, run: RunRow) -> dict[str, Any]:
    config: dict[str, Any] = msgspec.json.decode(forest.states[run.id].config)
    return config


def _training_facts(run: RunRow | None, forest: Forest) -> dict[str, Any]:
    if run is None:
        return {}
    config = _config(forest, run)
    return _facts(
        steps=f"{run.step} of {run.steps}" if run.steps else None,
        optimizer=config.get("train", {}).get("optimizer"),
        device=run.device or None,
        plan=run.expectation or None,
        classes=", ".join(config.get("classes") or ()) or None,
        error=run.error,
    )


def _facts(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


# --- the tree -------------------------------------------------------------------------------------


def above(children: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Each id's parent, from the ids below each."""
    return {child: parent for parent, below in children.items() for child in below}


def walk(children: Mapping[str, tuple[str, ...]], node_id: str) -> Iterator[str]:
    """Every id below one, itself left out."""
    for child in children.get(node_id, ()):
        yield child
        yield from walk(children, child)


def grow(nodes: Mapping[str, Node], children: Mapping[str, tuple[str, ...]], node_id: str) -> Node:
    """One node with all that hangs below it."""
    below = children.get(node_id, ())
    found = nodes[node_id]
    return replace(found, children=tuple(grow(nodes, children, child) for child in below)) if below else found


# --- costs ----------------------------------------------------------------------------------------


def counts(found: Node) -> bool:
    """Whether a node's cost is part of a sum: what is done, scratch controls apart."""
    return found.state in ("finished", "frozen") and not found.scratch


def base_cost(nodes: Mapping[str, Node], children: Mapping[str, tuple[str, ...]], base: str) -> BaseCost:
    """What a base cost beside what all that grew from it cost: finished variants, scratch controls apart."""
    below = (nodes[node_id] for node_id in walk(children, base))
    grown = [n.cost for n in below if counts(n)]
    count, cost, together = len(grown), nodes[base].cost, _sum(grown)
    return BaseCost(
        base=base,
        cost=cost,
        branches=count,
        branch_cost=together,
        base_seconds_per_variant=cost.seconds / count if count else None,
        from_scratch_seconds=count * cost.seconds + together.seconds if count else None,
    )


def _sum(costs: list[Cost]) -> Cost:
    money = [cost.money for cost in costs if cost.money is not None]
    return Cost(
        seconds=sum(cost.seconds for cost in costs),
        device_seconds=sum(cost.device_seconds for cost in costs),
        tokens=sum(cost.tokens for cost in costs),
        flops=sum(cost.flops for cost in costs),
        money=sum(money) if money else None,
    )
