"""The lineage tree: corpus -> base -> variants -> their variants, with state, scores and cost.

How a node finds its parent: a base hangs below the corpus in its manifest, a pretraining run that nobody has frozen
yet below the corpus it names; once frozen, the base takes its place and shows the run's curve. A branch run, in
whatever state, hangs below the base in its `model:` parent, or below the variant that this base was frozen from.
Whatever has no parent here stands at the root, so that nothing is ever hidden.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.store import queries
from engine.store.queries import Connection
from engine.store.rows import BaseCost, CorpusRow, Cost, Lineage, ModelRow, Node, RunRow, ScoreRow

_HISTORY = 60
_LANGUAGE_MODEL = "language-model"


class Histories:
    """Held-out losses per run, asked again only for runs that moved."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[int, int, float | None], tuple[float, ...]]] = {}

    def of(self, connection: Connection, runs: list[RunRow]) -> dict[str, tuple[float, ...]]:
        marks = {run.id: (run.attempt, run.step, run.heldout_loss) for run in runs}
        stale = [run_id for run_id, mark in marks.items() if self._kept.get(run_id, (None,))[0] != mark]
        found = connection.execute(
            """SELECT run_id, list(value ORDER BY step) FROM metrics
               WHERE name = 'heldout_loss' AND value IS NOT NULL AND run_id IN (SELECT unnest(?)) GROUP BY 1""",
            [stale],
        ).fetchall()
        losses = dict(found)
        for run_id in stale:
            self._kept[run_id] = (marks[run_id], _thinned(losses.get(run_id, [])))
        self._kept = {run_id: kept for run_id, kept in self._kept.items() if run_id in marks}
        return {run_id: history for run_id, (_, history) in self._kept.items()}


def _thinned(values: list[float]) -> tuple[float, ...]:
    """At most `_HISTORY` of them, evenly spread, the first and the last among them."""
    if len(values) <= _HISTORY:
        return tuple(values)
    return tuple(values[round(i * (len(values) - 1) / (_HISTORY - 1))] for i in range(_HISTORY))


@dataclass
class _Forest:
    """Everything that the tree is put together from."""

    runs: dict[str, RunRow]
    configs: dict[str, dict[str, Any]]
    models: list[ModelRow]
    corpora: list[CorpusRow]
    corpus_of: dict[str, str | None]
    model_loss: dict[str, float | None]
    scores: dict[str, list[ScoreRow]]
    histories: dict[str, tuple[float, ...]]
    tags: dict[str, tuple[str, ...]]
    notes: dict[str, str]
    placed: set[str] = field(default_factory=set)
    below: dict[str, list[RunRow]] = field(default_factory=lambda: defaultdict(list))

    def frozen_from(self, run_id: str) -> tuple[str, ...]:
        return tuple(m.id for m in self.models if m.run_id == run_id and m.version is not None)

    def note(self, *ids: str) -> str:
        return next((self.notes[i] for i in ids if i in self.notes), "")

    def tagged(self, *ids: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for i in ids for tag in self.tags.get(i, ())))

    def scored(self, *ids: str) -> dict[str, Any]:
        rows = [row for i in ids for row in self.scores.get(i, ())]
        return {
            "scores": tuple(row for row in rows if row.task != _LANGUAGE_MODEL),
            "bits_per_byte": tuple(row for row in rows if row.task == _LANGUAGE_MODEL),
        }


def lineage(connection: Connection, histories: Histories) -> Lineage:
    """The whole tree, and what each base cost and saved."""
    forest = _gather(connection, histories)
    roots = [_corpus(forest, corpus) for corpus in forest.corpora]
    bases = [m for m in forest.models if m.version is not None and m.kind == "base" and m.id not in forest.placed]
    roots += [_base(forest, model) for model in bases]
    roots += [_pretrain(forest, run) for run in forest.runs.values() if _is_loose(forest, run, "pretrain")]
    loose = [m for m in forest.models if m.version is not None and m.id not in forest.placed]
    orphans = [m for m in loose if m.run_id not in forest.runs]
    roots += [_imported_variant(forest, model) for model in orphans]
    for run in list(forest.runs.values()):
        if run.id not in forest.placed and _is_loose(forest, run, "branch"):
            roots.append(_variant(forest, run))
    costs = [_base_cost(node) for root in roots for node in _walk(root) if node.kind == "base"]
    return Lineage(roots=tuple(roots), costs=tuple(costs))


def _gather(connection: Connection, histories: Histories) -> _Forest:
    runs = queries.runs(connection)
    scores: dict[str, list[ScoreRow]] = defaultdict(list)
    for row in queries.evals(connection, None):
        scores[row.model_id] += row.scores
    found = connection.execute("SELECT id, corpus_id, heldout_loss FROM models").fetchall()
    configs = connection.execute("SELECT id, config FROM runs").fetchall()
    forest = _Forest(
        runs={run.id: run for run in runs},
        configs={run_id: msgspec.json.decode(config) for run_id, config in configs},
        models=queries.models(connection),
        corpora=queries.corpora(connection),
        corpus_of={model_id: corpus for model_id, corpus, _ in found},
        model_loss={model_id: loss for model_id, _, loss in found},
        scores=scores,
        histories=histories.of(connection, runs),
        tags=queries.tags_by_target(connection),
        notes=queries.notes_by_target(connection),
    )
    for run in runs:
        if run.kind == "branch" and (parent := _parent(run, "model:")):
            forest.below[parent].append(run)
    return forest


def _parent(run: RunRow, prefix: str) -> str | None:
    return next((parent.removeprefix(prefix) for parent in run.parents if parent.startswith(prefix)), None)


def _is_loose(forest: _Forest, run: RunRow, kind: str) -> bool:
    return run.kind == kind and run.id not in forest.placed and not (kind == "pretrain" and forest.frozen_from(run.id))


# --- nodes ----------------------------------------------------------------------------------------


def _corpus(forest: _Forest, corpus: CorpusRow) -> Node:
    bases = [m for m in forest.models if m.kind == "base" and forest.corpus_of.get(m.id) == corpus.id]
    children = [_base(forest, model) for model in bases]
    for run in forest.runs.values():
        if _parent(run, "corpus:") == corpus.id and _is_loose(forest, run, "pretrain"):
            children.append(_pretrain(forest, run))
    run_cost = forest.runs[corpus.run_id].cost if corpus.run_id in forest.runs else Cost()
    return Node(
        id=corpus.id,
        kind="corpus",
        name=corpus.name,
        state="built",
        run_id=corpus.run_id,
        cost=run_cost,
        created=corpus.built,
        children=tuple(sorted(children, key=lambda node: node.created)),
        tags=forest.tagged(corpus.id),
        note=forest.note(corpus.id),
        detail={
            "documents": corpus.documents,
            "held-out documents": corpus.heldout_documents,
            "train tokens": corpus.train_tokens,
            "held-out tokens": corpus.heldout_tokens,
            "bytes": corpus.bytes,
            "vocabulary": corpus.vocab_size,
        },
    )


def _base(forest: _Forest, model: ModelRow) -> Node:
    forest.placed.add(model.id)
    run = forest.runs.get(model.run_id or "")
    if run:
        forest.placed.add(run.id)
    loss = forest.model_loss.get(model.id)
    return Node(
        id=model.id,
        kind="base",
        name=model.name,
        state="frozen",
        run_id=model.run_id,
        heldout_loss=loss if loss is not None or run is None else run.best_heldout_loss,
        loss_history=forest.histories.get(model.run_id or "", ()),
        cost=run.cost if run else Cost(),
        created=model.frozen_at or 0.0,
        children=_variants_of(forest, [model.id]),
        tags=forest.tagged(model.id, model.run_id or ""),
        note=forest.note(model.id, model.run_id or ""),
        detail=_facts(
            parameters=model.parameters, corpus=forest.corpus_of.get(model.id), step=model.step,
            sha256=model.sha256[:12],
        ) | _training_facts(forest, run),
        **forest.scored(model.id, model.run_id or ""),
    )  # fmt: skip


def _pretrain(forest: _Forest, run: RunRow) -> Node:
    forest.placed.add(run.id)
    return _run_node(forest, run, "pretrain", children=())


def _variant(forest: _Forest, run: RunRow) -> Node:
    forest.placed.add(run.id)
    frozen = forest.frozen_from(run.id)
    forest.placed.update(frozen)
    return _run_node(forest, run, "variant", children=_variants_of(forest, [*frozen, run.id]), frozen=frozen)


def _variants_of(forest: _Forest, ids: list[str]) -> tuple[Node, ...]:
    runs = [run for i in ids for run in forest.below.get(i, ()) if run.id not in forest.placed]
    nodes = [_variant(forest, run) for run in sorted(runs, key=lambda run: (run.created, run.id))]
    imported = [
        m for m in forest.models
        if m.kind == "variant" and m.parent_id in ids and m.run_id not in forest.runs and m.id not in forest.placed
    ]  # fmt: skip
    return (*nodes, *(_imported_variant(forest, model) for model in imported))


def _imported_variant(forest: _Forest, model: ModelRow) -> Node:
    """A frozen variant whose run is not here (removed, or from another workspace)."""
    forest.placed.add(model.id)
    return Node(
        id=model.id,
        kind="variant",
        name=model.name,
        state="frozen",
        method=model.method,
        scratch=model.scratch,
        run_id=model.run_id,
        frozen_as=(model.id,),
        heldout_loss=forest.model_loss.get(model.id),
        created=model.frozen_at or 0.0,
        children=_variants_of(forest, [model.id]),
        tags=forest.tagged(model.id),
        note=forest.note(model.id),
        detail=_facts(parameters=model.parameters, step=model.step, sha256=model.sha256[:12]),
        **forest.scored(model.id),
    )


def _run_node(
    forest: _Forest, run: RunRow, kind: str, *, children: tuple[Node, ...], frozen: tuple[str, ...] = ()
) -> Node:
    config = forest.configs.get(run.id, {})
    facts = _facts(what=config.get("what"), base=_parent(run, "model:"), corpus=_parent(run, "corpus:"))
    return Node(
        id=run.id,
        kind=kind,
        name=run.name,
        state=run.state,
        method=run.method,
        scratch=run.scratch,
        run_id=run.id,
        frozen_as=frozen,
        heldout_loss=run.best_heldout_loss,
        loss_history=forest.histories.get(run.id, ()),
        cost=run.cost,
        created=run.created,
        children=children,
        tags=forest.tagged(run.id, *frozen),
        note=forest.note(run.id, *frozen),
        detail=facts | _training_facts(forest, run),
        **forest.scored(run.id, *frozen),
    )


def _training_facts(forest: _Forest, run: RunRow | None) -> dict[str, Any]:
    if run is None:
        return {}
    train = forest.configs.get(run.id, {}).get("train", {})
    classes = forest.configs.get(run.id, {}).get("classes") or ()
    return _facts(
        steps=f"{run.step} of {run.steps}" if run.steps else None, optimizer=train.get("optimizer"),
        device=run.device or None, classes=", ".join(classes) or None, error=run.error,
    )  # fmt: skip


def _facts(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


# --- costs ----------------------------------------------------------------------------------------


def _walk(node: Node) -> list[Node]:
    return [node, *(found for child in node.children for found in _walk(child))]


def _base_cost(base: Node) -> BaseCost:
    """What a base cost beside what all that grew from it cost: finished variants, scratch controls apart."""
    grown = [n for n in _walk(base)[1:] if n.state in ("finished", "frozen") and not n.scratch]
    together = Cost()
    for node in grown:
        together = _sum(together, node.cost)
    count = len(grown)
    return BaseCost(
        base=base.id,
        cost=base.cost,
        branches=count,
        branch_cost=together,
        base_seconds_per_variant=base.cost.seconds / count if count else None,
        from_scratch_seconds=count * base.cost.seconds + together.seconds if count else None,
    )


def _sum(one: Cost, other: Cost) -> Cost:
    money = [cost.money for cost in (one, other) if cost.money is not None]
    return replace(
        one,
        seconds=one.seconds + other.seconds,
        device_seconds=one.device_seconds + other.device_seconds,
        tokens=one.tokens + other.tokens,
        flops=one.flops + other.flops,
        money=sum(money) if money else None,
    )
